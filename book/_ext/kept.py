"""Executed chapters are kept by what they depend on, and those that must run again run side by side.

Jupyter Book's own cache compares the cells alone. Here a chapter's key also covers the files that its code
imports or names (``inputs.py``), Python, and the installed packages. The key stands in the metadata of the
notebook's kernel, which the cache compares too. Where only the options of cells have changed, such as a
caption, the outputs are kept.

Before Sphinx reads the pages, the chapters that are not in the cache are executed, one on each core. Each has
one thread for its arithmetic, so that more cores do not compute other numbers. A chapter that fails stops the
build with the traceback of its cell.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from inputs import inputs_of
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_nb.sphinx_ import SphinxEnvType
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from traitlets.config import Config

FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.S)
KEY = "inputs"  # in the metadata of the kernel
PYTHON = {"name": "python3", "display_name": "Python 3"}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
RUNNING = ("raises-exception", "skip-execution")  # the tags that change how a cell runs
MOST = 8  # chapters at a time: each holds torch in memory
KEPT = 200  # executed notebooks


def packages() -> str:
    """Python, and every installed package with its version."""
    names = {path.name for folder in sys.path for path in Path(folder).glob("*.dist-info")}
    return "\n".join([sys.version, *sorted(names)])


def extensions() -> str:
    """The book's own extensions: Sphinx reads all pages anew when one has changed."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def sources(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def keyed(text: str, page: Path, packages: str) -> tuple[str, set[Path]]:
    """A chapter's text with its key in the front matter, which keeps its lines; and the key's files."""
    files = inputs_of(sources(read_myst_markdown_notebook(text, path=page)), page.parent)
    key = hashlib.sha256(packages.encode())
    for path in sorted(files):
        key.update(f"\0{os.path.relpath(path, page.parent)}\0".encode() + path.read_bytes())
    front = FRONT.match(text)
    if front is None:
        raise ExtensionError(f"{page.name}: the front matter of a chapter stands between two lines '---'.")
    data = yaml.safe_load(front[1])
    data["kernelspec"] = {**PYTHON, **data.get("kernelspec", {}), KEY: key.hexdigest()}
    head = json.dumps(data, default=str) + "\n" * front[1].count("\n")
    return f"---\n{head}---\n{text[front.end() :]}", files


def code_key(notebook: NotebookNode) -> str:
    """What the outputs depend on: the key of the inputs, the code, and no other option of a cell."""
    tags = [[tag for tag in cell.metadata.get("tags", []) if tag in RUNNING] for cell in notebook.cells]
    parts = [notebook.metadata.kernelspec, sources(notebook), tags, notebook.metadata.get("execution")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def in_cache(cache: JupyterCacheAbstract, notebook: NotebookNode, page: Path) -> bool:
    """Whether the outputs are kept; those of a notebook with other options become this one's too."""
    try:
        cache.match_cache_notebook(notebook)
        return True
    except KeyError:
        key = code_key(notebook)
    for record in cache.list_cache_records():
        if record.data.get("code") == key:
            kept, code = (
                cache.get_cache_bundle(record.pk).nb,
                [c for c in notebook.cells if c.cell_type == "code"],
            )
            for cell, known in zip(code, kept.cells, strict=True):
                cell.outputs, cell.execution_count = known.outputs, known.execution_count
            notebook.metadata["language_info"] = kept.metadata["language_info"]  # which highlights its code
            keep(cache, notebook, page, key, record.data["execution_seconds"])
            return True
    return False


def keep(cache: JupyterCacheAbstract, notebook: NotebookNode, page: Path, key: str, seconds: float) -> None:
    data = {"execution_seconds": seconds, "code": key}
    cache.cache_notebook_bundle(
        CacheBundleIn(notebook, str(page), data=data), check_validity=False, overwrite=True
    )


def execute(notebook: NotebookNode, page: Path, config: NbParserConfig) -> ExecutionResult:
    """Run the cells in a kernel beside the page.

    The kernel is spoken to over files of its own: two that start at once may choose the same port.
    """
    with TemporaryDirectory() as folder:
        place = {"transport": "tcp" if os.name == "nt" else "ipc", "connection_file": f"{folder}/kernel.json"}
        return single_nb_execution(
            notebook,
            cwd=str(page.parent),
            timeout=config.execution_timeout,
            allow_errors=False,
            config=Config({"KernelManager": place}),
        )


def fill(app: Sphinx, env: SphinxEnvType, names: Sequence[str]) -> None:
    """Execute those of the pages about to be read that are chapters and not in the cache."""
    config: NbParserConfig = env.mystnb_config
    if config.execution_mode != "cache":
        return
    cache = get_cache(config.execution_cache_path)
    cache.change_cache_limit(KEPT)
    waiting: dict[Path, NotebookNode] = {}
    for page in (Path(env.doc2path(name)) for name in names):
        text = page.read_text(encoding="utf-8")
        if is_myst_markdown_notebook(text):
            text, _ = keyed(text, page, app.config.kept_packages)
            notebook = read_myst_markdown_notebook(text, env.myst_config, add_source_map=True, path=page)
            if not in_cache(cache, notebook, page):
                waiting[page] = notebook
    for name in THREADS:
        os.environ.setdefault(name, "1")
    failed = []
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST)) as pool:
        runs = {pool.submit(execute, notebook, page, config): page for page, notebook in waiting.items()}
        try:
            for count, run in enumerate(as_completed(runs), start=1):
                page, result = runs[run], run.result()
                print(f"executed {count} of {len(runs)}: {page.stem}, {result.time:.1f} s", flush=True)
                if result.err is None:
                    keep(cache, result.nb, page, code_key(result.nb), result.time)
                else:
                    failed.append(f"{page}\n{result.err}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        raise ExtensionError("cells failed in " + "\n".join(sorted(failed)))


def give_key(app: Sphinx, docname: str, text: list[str]) -> None:
    """Put a chapter's key into what is about to be parsed, and tell Sphinx which files it depends on."""
    env: SphinxEnvType = app.env
    if env.mystnb_config.execution_mode == "cache" and is_myst_markdown_notebook(text[0]):
        text[0], files = keyed(text[0], Path(env.doc2path(docname)), app.config.kept_packages)
        for path in files:
            env.note_dependency(str(path))


def setup(app: Sphinx) -> dict:
    gc.set_threshold(100_000)  # a page's tree has many objects and little garbage: a quarter less time
    app.add_config_value("kept_packages", packages(), "env", str)
    app.add_config_value("kept_extensions", extensions(), "env", str)
    app.connect("env-before-read-docs", fill)
    app.connect("source-read", give_key)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
