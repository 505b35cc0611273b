"""How long the book takes to build: from nothing, and after each kind of change; beside a stock Jupyter Book.

    python tests/bench/builds.py             # five runs of each, an hour; --runs 1 for a try

Both build a copy of the same book with the same pages. Ours is `make _build/html/index.html`. The stock
one is `jupyter-book build` with its own cache of executed notebooks, without ``book/_ext/kept.py``. The
table goes into ``tests/bench/BUILDS.md``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from meter import Used, measure  # noqa: E402 - from beside this file, now on the path
from run import machine  # noqa: E402 - from beside this file, now on the path

WORK = ROOT / "_build" / "bench" / "builds"
PAGE = HERE / "BUILDS.md"
CHAPTER = "book/schedules.md"
SENTENCE = re.compile(r"^[A-Z][a-z ,]+\.$", re.M)  # a line of plain prose

PAGE_TEXT = """\
# How long the book takes to build

For whoever writes it; written by `python tests/bench/builds.py`. Medians of {runs} runs on one machine:
{on}, {date}, load {load:.1f} before.

| | changed | seconds | processor seconds | chapters executed |
| --- | --- | ---: | ---: | ---: |
{table}

The stock build keeps executed chapters by the text of their cells alone. When `lab.py` changes, it
executes none and shows what the old one computed; ours executes those that import it. The stock build
executes one chapter after the other and writes only the pages that changed. Ours executes a chapter on
each core, stops at warnings, and writes all pages, because their links, contents and search data depend
on each other.
"""


@dataclass
class Way:
    """One way of building: its name, its folder and command, and what it says of an executed chapter."""

    name: str
    folder: Path
    command: list[str]
    said: str

    def build(self) -> tuple[Used, int]:
        """What the build used, and how many chapters it executed."""
        used = measure(self.command, self.folder, {"PYTHONPATH": str(self.folder)})
        log = (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
        return used, len(re.findall(self.said, log))


def prepare(folder: Path) -> None:
    """A copy of the files that are in git, with this Python's environment, and nothing built."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for path in ROOT.glob("assignments/*/digits.npz"):
        shutil.copy2(path, folder / path.relative_to(ROOT))
    (folder / ".venv").symlink_to(sys.prefix)


def ours(folder: Path) -> Way:
    prepare(folder)
    command = ["make", "--old-file=.venv/.ready", "_build/html/index.html"]
    return Way("this course", folder, command, r"executed \d+ of \d+")


def stock(folder: Path) -> Way:
    """The same book, kept by Jupyter Book alone."""
    prepare(folder)
    config = folder / "_config.yml"
    text = re.sub(r"kept: book/_ext, ", "", config.read_text(encoding="utf-8"))
    config.write_text(text, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--path-output", "_build"]
    return Way("stock Jupyter Book", folder, command, r"Executed notebook in")


def word(folder: Path, run: int) -> None:
    """Change one word of a sentence."""
    _replace(folder / CHAPTER, SENTENCE, lambda found: f"{found[0][:-1]}, again{' and again' * run}.")


def cell(folder: Path, run: int) -> None:
    """Change a line of the first cell."""
    _replace(
        folder / CHAPTER, re.compile(r"^import matplotlib.*$", re.M), lambda found: f"{found[0]}  # {run}"
    )


def module(folder: Path, run: int) -> None:
    """Change a value that stands in ``lab.py``."""
    path = folder / "book/lab.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nCHANGED = {run}\n", encoding="utf-8")


def _replace(path: Path, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> None:
    text, count = pattern.subn(new, path.read_text(encoding="utf-8"), count=1)
    if not count:
        raise RuntimeError(f"{path} has nothing like {pattern.pattern}")
    path.write_text(text, encoding="utf-8")


CHANGES: dict[str, Callable[[Path, int], None]] = {
    "nothing": lambda folder, run: os.utime(folder / CHAPTER),
    "one word": word,
    "one cell": cell,
    "`lab.py`": module,
}


def rows(make: Callable[[Path], Way], runs: int) -> list[str]:
    """The rows of one way of building."""
    found: dict[str, list[tuple[Used, int]]] = {"from nothing": []}
    for _ in range(runs):
        way = make(WORK / make.__name__)
        found["from nothing"].append(way.build())
    for name, change in CHANGES.items():
        found[name] = []
        for run in range(runs):
            change(way.folder, run)
            found[name].append(way.build())
            print(way.name, name, found[name][-1], flush=True)
    return [_row(way.name, name, measured) for name, measured in found.items()]


def _row(way: str, change: str, measured: list[tuple[Used, int]]) -> str:
    wall, cpu = (median(getattr(used, what) for used, _ in measured) for what in ("wall", "cpu"))
    executed = " or ".join(map(str, sorted({count for _, count in measured})))
    return f"| {way} | {change} | {wall:.1f} | {cpu:.1f} | {executed} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="of each build; the table has their medians")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the table goes")
    options = parser.parse_args()
    load, about = os.getloadavg()[0], machine()
    table = [*rows(ours, options.runs), *rows(stock, options.runs)]
    on = f"{about['processor']}, {about['cores']} cores, Python {about['python']}, commit {about['commit']}"
    text = PAGE_TEXT.format(runs=options.runs, on=on, date=about["date"], load=load, table="\n".join(table))
    options.page.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
