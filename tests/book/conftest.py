"""The built site, for the tests that read or open its pages."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("book", "assignments", "environment.yml", "_config.yml", "_toc.yml")  # the public bundle


@pytest.fixture(scope="session")
def site() -> Path:
    """The site that `make` built strictly from the bundle; as new as what it is built from."""
    html = ROOT / "_build" / "html"
    built = html / "index.html"
    parts = [path for part in PARTS for path in [ROOT / part, *(ROOT / part).rglob("*")]]
    changed = [
        path.name
        for path in parts
        if path.is_file()
        and path.suffix not in (".pyc", "")
        and not path.name.startswith(".")
        and (not built.exists() or path.stat().st_mtime > built.stat().st_mtime)
    ]
    assert not changed, f"the site is older than {changed[0]}: run `make _build/html/index.html` first"
    return html
