"""Executed chapters are kept: a change in anything that outputs depend on runs a chapter again, no other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / "book/_ext"))
from inputs import inputs_of

ROOT = Path(__file__).parents[2]
CELL = "```{code-cell}\n"
FRONT = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
FILES = {
    "index.md": "# A book\n\n```{toctree}\none\ntwo\n```\n",
    "one.md": f"{FRONT}# One\n\nSo it is.\n\n{CELL}import lab\nprint('value', lab.number())\n```\n",
    "two.md": f"{FRONT}# Two\n\n{CELL}print('six times seven is', 6 * 7)\n```\n",
    "lab.py": "import helper\n\ndef number():\n    return helper.VALUE + 1\n",
    "helper.py": "import json\nfrom pathlib import Path\nVALUE = json.loads(Path('data.json').read_text())\n",
    "data.json": "10",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book: ``one`` depends on two modules and a data file, ``two`` on nothing but its own cell."""
    book = tmp_path_factory.mktemp("book")
    for name, text in FILES.items():
        (book / name).write_text(text, encoding="utf-8")
    return book


def build(book: Path, *options: str) -> tuple[set[str], str]:
    """Build the book with the course's extension; the chapters that ran, and all that was said."""
    out = book.with_name(f"{book.name}-out")
    values = {
        "extensions": "myst_nb,kept",
        "nb_execution_mode": "cache",
        "nb_execution_cache_path": out / "cache",
    }
    settings = [f"-D{name}={value}" for name, value in values.items()]
    command = [sys.executable, "-m", "sphinx", "-C", "-b", "text", *settings, *options, book, out]
    environment = {
        "PYTHONPATH": str(ROOT / "book/_ext"),
        "PATH": str(Path(sys.executable).parent),
        "HOME": str(book),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if "cells failed" not in said:
        assert done.returncode == 0, said
    return set(re.findall(r"executed \d+ of \d+: (\w+)", said)), said


def change(book: Path, name: str, old: str, new: str) -> None:
    path = book / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def page(book: Path, name: str) -> str:
    return (book.with_name(f"{book.name}-out") / f"{name}.txt").read_text(encoding="utf-8")


def test_each_kind_of_change_runs_what_depends_on_it_and_nothing_else(book: Path) -> None:
    """Cell, module, module of a module, data, packages: its chapters run. Sentence, caption: none does."""
    assert build(book)[0] == {"one", "two"} and "value 11" in page(book, "one")
    assert build(book)[0] == set()
    change(book, "one.md", "So it is.", "So it was.")
    assert build(book)[0] == set() and "So it was." in page(book, "one") and "value 11" in page(book, "one")
    change(book, "one.md", "import lab", ":tags: [a-name]\nimport lab")
    ran, said = build(book)
    assert ran == set() and "value 11" in page(book, "one") and "WARNING" not in said
    change(book, "lab.py", "+ 1", "+ 2")
    assert build(book)[0] == {"one"} and "value 12" in page(book, "one")
    change(book, "helper.py", "VALUE = ", "VALUE = 10 * ")
    assert build(book)[0] == {"one"} and "value 102" in page(book, "one")
    change(book, "data.json", "10", "20")
    assert build(book)[0] == {"one"} and "value 202" in page(book, "one")
    change(book, "one.md", "'value'", "'the value'")
    assert build(book)[0] == {"one"} and "the value 202" in page(book, "one")
    assert build(book, "-Dkept_packages=another numpy")[0] == {"one", "two"}
    change(book, "data.json", "20", "10")  # as it was before, but with other packages
    assert build(book, "-Dkept_packages=another numpy")[0] == {"one"}
    assert not re.search(r"\b[0-9a-f]{64}\b|inputs", page(book, "one"))  # the key is on no page


def test_a_cell_that_fails_stops_each_build(tmp_path: Path) -> None:
    """The traceback shows the cell's line; the other chapter is kept, nothing of this one is."""
    book = tmp_path / "book"
    book.mkdir()
    for name, text in FILES.items():
        (book / name).write_text(text, encoding="utf-8")
    change(book, "two.md", "6 * 7", "6 / 0")
    for expected in ({"one", "two"}, {"two"}):
        ran, said = build(book)
        assert ran == expected
        assert "two.md" in said and "ZeroDivisionError" in said and "6 / 0" in said
        assert not (tmp_path / "book-out/two.txt").exists()


NAMED = {
    "an import": "import part",
    "an import in a function": "def f():\n    from part import value",
    "one of several": "import json, part as p",
    "a module of a package": "from package import part",
    "an import by a name in a string": "import importlib\nimportlib.import_module('part')",
    "a magic": "%matplotlib inline\nimport part",
    "a script that is run": "%run part.py",
    "a file": "open('data/table.csv')",
    "a file by its parts": "from pathlib import Path\nPath('data') / 'table.csv'",
    "a file with a blank": "name = 'table'\nopen(f'data/{name}.csv')",
    "a file with another blank": "open('data/%s.csv' % 'table')",
    "files by a pattern": "from pathlib import Path\nPath('data').glob('*.csv')",
    "through a module": "import through",
}


@pytest.mark.parametrize("form", NAMED)
def test_an_input_is_found_however_it_is_named(form: str, tmp_path: Path) -> None:
    """Modules and files are found in every form in which code asks for them."""
    for name in (
        "part.py",
        "package/__init__.py",
        "package/part.py",
        "data/table.csv",
        "other.py",
        "other.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "through.py").write_text("import part\nopen('data/table.csv')\n", encoding="utf-8")
    found = {path.relative_to(tmp_path.resolve()).as_posix() for path in inputs_of([NAMED[form]], tmp_path)}
    wanted = (
        {"package/part.py"} if "package" in form else {"data/table.csv"} if "file" in form else {"part.py"}
    )
    assert wanted <= found and not found & {"other.py", "other.txt"}, found


def test_words_of_a_text_are_no_files(tmp_path: Path) -> None:
    """A marker, an empty string and emphasis in a printed table ask for nothing."""
    (tmp_path / "notes.md").write_text("", encoding="utf-8")
    cell = "plot('.', '*')\nprint('**bold**', '', '..', '/')\nprint(f'{1}{2}')\n"
    assert inputs_of([cell], tmp_path) == set()


def test_the_course_keeps_its_chapters_by_this() -> None:
    """The configuration loads the extension wherever it lets Jupyter Book keep outputs."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["execute"]["execute_notebooks"] == "cache"
    assert config["sphinx"]["local_extensions"]["kept"] == "book/_ext"
