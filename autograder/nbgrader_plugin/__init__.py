"""The only package that imports nbgrader: release, gradebook, and the exporters behind its commands.

nbgrader takes a second to load: what is asked for here is loaded when it is asked for.
"""

import sys
from importlib import import_module
from typing import Any

# With this package, if it is there, jsonschema builds a grammar for a second, of addresses in no notebook.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not to be imported

_HOMES = {
    "generate_assignment": "assignment",
    "create_database": "gradebook",
    "database_url": "gradebook",
    "ensure_assignment": "gradebook",
    "write_gradebook": "gradebook",
    "read_overrides": "overrides",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
