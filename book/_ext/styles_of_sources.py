"""Looks up once how sources are set; pybtex would search all installed packages again for every citation."""

from __future__ import annotations

from importlib.metadata import entry_points

from pybtex.plugin import register_plugin
from sphinx.application import Sphinx

GROUPS = (
    "pybtex.backends",
    "pybtex.style.formatting",
    "pybtex.style.labels",
    "pybtex.style.names",
    "pybtex.style.sorting",
)


def setup(app: Sphinx) -> dict:
    for group in GROUPS:
        for entry in entry_points(group=group):
            register_plugin(group, entry.name, entry.load(), force=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
