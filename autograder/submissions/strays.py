"""What lies among the hand-ins and is graded by nothing: each is named, so that no work is missed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autograder.submissions.handin import NOTEBOOK

IGNORED = (".DS_Store", "Thumbs.db", ".ipynb_checkpoints")


def strays(term: Path, slugs: Iterable[str]) -> list[str]:
    """A sentence for each notebook below ``term/submitted`` that belongs to no assignment of the course."""
    slugs = tuple(slugs)
    near = {slug.casefold(): slug for slug in slugs}
    told = []
    submitted = term / "submitted"
    for child in sorted(submitted.iterdir()) if submitted.is_dir() else ():
        if child.name in IGNORED:
            continue
        if not child.is_dir():
            told.append(
                f"{_shown(child, term)} is graded by nothing: it belongs into <student>/<assignment>/."
            )
            continue
        if child.is_symlink():
            continue  # listed as a hand-in that is not graded
        for inner in sorted(child.iterdir()):
            if inner.name in slugs or inner.name in IGNORED:
                continue
            slug = near.get(inner.name.casefold())
            if inner.is_dir() and slug:
                told.append(f"{_shown(inner, term)} is graded by nothing: the folder must be called {slug}.")
            elif inner.is_dir() and not any(NOTEBOOK.search(one.name) for one in inner.iterdir()):
                continue  # an empty folder, or data
            elif inner.is_dir():
                told.append(f"{_shown(inner, term)} is graded by nothing: {inner.name} is no assignment.")
            elif NOTEBOOK.search(inner.name):
                told.append(f"{_shown(inner, term)} is graded by nothing: it belongs into <assignment>/.")
    return told


def _shown(path: Path, term: Path) -> str:
    return path.relative_to(term).as_posix().encode("utf-8", "backslashreplace").decode()
