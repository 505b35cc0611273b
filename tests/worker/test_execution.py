"""A cell by itself: imports that fail, await, names that are bound again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.worker.execution import execute


def run(*sources: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    names: dict[str, Any] = {"__name__": "__main__"}
    functions: dict[str, Any] = {}
    passed = [line for source in sources for line in execute(source, "<cell 1>", names, functions)]
    return names, functions, passed


def test_an_import_that_fails_costs_its_line() -> None:
    """Each name by itself; the rest of the cell runs, and what the name would be says what is wrong."""
    names, _, passed = run(
        "import nothing_here, numpy as np\nfrom numpy import nope, sin\nfrom helpers import *\n"
        "def f(x):\n    return sin(x)\ndef g(x):\n    return nothing_here.run(x)"
    )
    assert names["f"](0.0) == 0.0 and names["np"] is np
    assert [line.partition(" (")[0] for line in passed] == [
        "import nothing_here",
        "from numpy import nope",
        "from helpers import *",
    ]
    assert "ModuleNotFoundError: No module named 'nothing_here'" in passed[0]
    with pytest.raises(ModuleNotFoundError, match="nothing_here was used, which could not be imported"):
        names["g"](1)


def test_a_name_that_is_there_is_not_taken_by_a_failed_import() -> None:
    """What `%%writefile` put into a module stays where it was defined."""
    names, _, _ = run("def helper():\n    return 1", "from my_module import helper\nx = helper()")
    assert names["x"] == 1


def test_other_errors_end_the_cell_where_they_are() -> None:
    """The line is the notebook's, also below an import."""
    with pytest.raises(ZeroDivisionError) as caught:
        run("import numpy\nx = 1\n1 / 0\ny = 2")
    assert caught.traceback[-1].lineno + 1 == 3
    with pytest.raises(ImportError):
        run("if True:\n    import nothing_here")


def test_future_imports_hold_for_the_cell() -> None:
    """And syntax errors are the whole cell's, before anything runs."""
    names, _, _ = run("from __future__ import annotations\nimport numpy\ndef f(x: nope): ...")
    assert names["f"].__annotations__ == {"x": "nope"}
    with pytest.raises(SyntaxError):
        run("import numpy\nx = 1\ndef f(:")


@pytest.mark.parametrize(
    "sources",
    [
        ("def f(x):\n    return x + 1\nf = f(1)",),
        ("def f(x):\n    return x + 1", "f = f(1)"),
        ("import numpy\ndef f(x):\n    return x + 1\nf = f(1)\nf = 3",),
        ("def f(x):\n    return x - 1", "def f(x):\n    return x + 1", "del f"),
        ("def f(x):\n    return x - 1\nf = 2\nf = lambda x: x + 1\nf = 3",),
        ("def f(x):\n    return x + 1\nf = f(1)\n1 / 0",),
    ],
)
def test_the_last_function_of_a_name_is_kept(sources: tuple[str, ...]) -> None:
    """In the same cell or in another one, also where the cell ends in an error."""
    names: dict[str, Any] = {}
    functions: dict[str, Any] = {}
    for source in sources:
        try:
            execute(source, "<cell 1>", names, functions)
        except ZeroDivisionError:
            assert source.endswith("1 / 0")
    assert not callable(names.get("f")) and functions["f"](1) == 2


def test_a_cell_may_await() -> None:
    """Outside of functions, in one loop for the notebook; what never comes is an error, not a standstill."""
    names, _, _ = run(
        "import asyncio\nasync def one(x):\n    await asyncio.sleep(0.001)\n    return x\n"
        "task = asyncio.ensure_future(one(2)) if False else None\nx = await one(1)",
        "y, z = await asyncio.gather(one(2), one(3))",
    )
    assert (names["x"], names["y"], names["z"]) == (1, 2, 3)
    with pytest.raises(RuntimeError, match="never comes"):
        run("import asyncio\nawait asyncio.Event().wait()")
