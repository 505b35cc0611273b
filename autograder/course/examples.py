"""The public examples of an exercise: small calls whose answers may be shown to everybody.

They are the examples in the docstrings of the exercise's functions, which students have in their notebooks,
and after them those that the chapter adds as ``EXAMPLES``. Each is source text that a student can paste into
a cell; its last line is an expression.
"""

from __future__ import annotations

import ast
import doctest
import textwrap
from collections.abc import Sequence
from pathlib import Path

from autograder.course.chapter import load_chapter
from autograder.course.course import CourseError

PARSER = doctest.DocTestParser()


def examples(exercise: str, *sources: str) -> tuple[tuple[str, str], ...]:
    """More examples of one exercise, smallest first; each ends with an expression, else CourseError."""
    for source in sources:
        if not _ends_with_expression(textwrap.dedent(source)):
            raise CourseError(f"an example of {exercise} must end with an expression, got {source!r}")
    return tuple((exercise, textwrap.dedent(source).strip()) for source in sources)


def load_examples(folder: Path, exercises: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(exercise, source) of what the chapter in ``folder`` adds."""
    modules = load_chapter(folder, exercises).values()
    return tuple(one for module in modules for one in vars(module).get("EXAMPLES", ()))


def in_docstring(function: str) -> tuple[str, ...]:
    """The examples in a function's docstring, each with the statements above it that it may need.

    A call without an answer below it is such a statement.

    >>> in_docstring('def f(x):\\n    \"\"\"F.\\n\\n    >>> y = 2\\n    >>> f(y)\\n    2\\n    \"\"\"')
    ('y = 2\\nf(y)',)
    """
    node = ast.parse(function).body[0]
    text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
    found, above = [], ""
    for example in PARSER.get_examples(text or ""):
        if example.exc_msg is not None:  # that the argument checks refuse something, which is given
            continue
        if example.want and _ends_with_expression(example.source):
            found.append((above + example.source).strip())
        else:
            above += example.source
    return tuple(found)


def _ends_with_expression(source: str) -> bool:
    try:
        body = ast.parse(source.strip()).body
    except SyntaxError:
        return False
    return bool(body) and isinstance(body[-1], ast.Expr)
