"""The only package that imports nbgrader: release, gradebook, and the exporters behind its commands.

nbgrader takes a second to load, so each name of this package is loaded at its first use.
"""

import sys
from importlib import import_module
from typing import Any

# jsonschema spends a second on compiling this package's grammar, for a format that notebooks do not use: make
# the package look as if it were not installed.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not to be imported

_MODULES = {
    "generate_assignment": "assignment",
    "create_database": "gradebook",
    "database_url": "gradebook",
    "ensure_assignment": "gradebook",
    "enter_marks": "marks_in",
    "write_gradebook": "gradebook",
    "write_students": "gradebook",
    "read_overrides": "overrides",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
