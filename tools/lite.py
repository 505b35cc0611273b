"""``make lite``: JupyterLite with the course's notebooks, so that readers start without installing.

It goes into the site's folder ``lite``, one build for all notebooks, which lie there as in the bundle:
``momentum/momentum.ipynb`` with its data beside it. Nothing of it is loaded before a reader asks for it, on
the page ``run.html``. Python itself is Pyodide: from a folder that the publisher names in ``LITE_PYODIDE``
(its full distribution, which the site then carries), from an address named there, or from its own
distribution, in the version that the kernel was made for. No package index is asked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tools.extras import reveal_all

ROOT = Path(__file__).parents[1]
KERNEL = "@jupyterlite/pyodide-kernel-extension"
PYODIDE = "https://cdn.jsdelivr.net/pyodide/v314.0.6/full/pyodide.mjs"  # what the kernel of lite.txt is for
CARRIED = (".ipynb", ".npz", ".py")  # what lies beside an assignment and is a student's


def contents(assignments: Path, folder: Path) -> list[str]:
    """Copy what students get into ``folder``; the notebooks' paths there."""
    for path in sorted(assignments.rglob("*")):
        name = path.relative_to(assignments)
        if (
            path.is_file()
            and path.suffix in CARRIED
            and not any(part.startswith((".", "_")) for part in name.parts)
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb"))


def settings(pyodide: str, title: str) -> dict:
    """``jupyter-lite.json``: where Pyodide is, and that no package index is asked."""
    plugin = {"pyodideUrl": pyodide, "disablePyPIFallback": True}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {"appName": title, "litePluginSettings": {f"{KERNEL}:kernel": plugin}},
    }


def prepare(folder: Path, packages: Path, assignments: Path, pyodide: str, title: str) -> list[str]:
    """Write what JupyterLite is built from; the notebooks' paths.

    Raises:
        ValueError: if ``pyodide`` is neither an address nor a folder with Pyodide's distribution.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not pyodide.startswith(("https://", "http://")):
        if not (Path(pyodide) / "pyodide.mjs").exists():
            raise ValueError(
                f"LITE_PYODIDE is {pyodide!r}, where no pyodide.mjs is; give the folder of Pyodide's full "
                "distribution, or the address of its pyodide.mjs."
            )
        shutil.copytree(pyodide, folder / "static/pyodide")  # a place where the kernel's build looks
        pyodide = "./static/pyodide/pyodide.mjs"
    found = contents(assignments, folder / "contents")
    config = {
        "LiteBuildConfig": {
            "apps": ["notebooks", "lab"],
            "contents": ["contents"],
            "federated_extensions": [str(packages.resolve() / "share/jupyter/labextensions" / KERNEL)],
            "ignore_sys_prefix": True,
            "no_sourcemaps": True,
            "output_dir": "out",
        }
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "jupyter-lite.json").write_text(json.dumps(settings(pyodide, title)), encoding="utf-8")
    return found


def build(folder: Path, packages: Path) -> Path:
    """Build JupyterLite in ``folder``; raises RuntimeError with its last words if it does not come about."""
    environment = os.environ | {"PYTHONPATH": str(packages.resolve()), "PYTHONWARNINGS": "ignore"}
    program = [sys.executable, "-c", "from jupyterlite_core.app import main; main()", "build"]
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"JupyterLite was not built: {(done.stderr or done.stdout).strip()[-600:]}")
    return folder / "out"


def main() -> int:
    parser = argparse.ArgumentParser(description="Put JupyterLite with the course's notebooks into the site.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build/html")
    parser.add_argument("--packages", type=Path, default=ROOT / "_build/lite/packages")
    parser.add_argument("--assignments", type=Path, default=ROOT / "_build/bundle/assignments")
    asked = parser.parse_args()
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    folder = asked.packages.parent / "work"
    try:
        pyodide = os.environ.get("LITE_PYODIDE", PYODIDE)
        found = prepare(folder, asked.packages, asked.assignments, pyodide, title)
        made = build(folder, asked.packages)
    except (RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    target = asked.site / "lite"
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(made, target)
    shown = reveal_all(asked.site, "lite")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 1e6
    print(f"{target}: {len(found)} notebooks, {size:.0f} MB; {shown} pages link it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
