"""A function's contract for students: the docstring as a Markdown cell above the code, and a short one in it.

The docstring in the solution module is the only source. Its formula, arguments, returned values, errors and
source become Markdown that Jupyter renders; in the code cell stay its first sentence, what comes back and
an example that runs.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field

SECTIONS = ("Args", "Returns", "Raises", "Example", "Examples", "Yields")
MAX_EXAMPLE_LINES = 6
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):\s*(.*)$")
_ENTRY = re.compile(r"^(\*{0,2}\w[\w, *]*): (.*)$")


@dataclass
class Contract:
    """The parts of one docstring: its first sentence, the sections by name, the paragraphs around them."""

    summary: str
    body: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    below: list[str] = field(default_factory=list)


def read_contract(docstring: str) -> Contract:
    """The parts of a docstring.

    >>> read_contract("F.\\n\\nMore.\\n\\nArgs:\\n    x: a number.\\n\\nSource: a book.").sections
    {'Args': 'x: a number.'}
    """
    lines = inspect.cleandoc(docstring).split("\n")
    blocks = "\n".join(lines).split("\n\n")
    contract = Contract(" ".join(blocks[0].split()))
    name = ""  # of the section that is being read
    held: list[str] = []
    for line in "\n\n".join(blocks[1:]).split("\n"):
        if heading := _HEADING.match(line):
            _keep(contract, name, held)
            name, held = heading[1], [heading[2]] if heading[2] else []
        elif name and line and not line.startswith(" "):  # a paragraph after the sections
            _keep(contract, name, held)
            name, held = "", [line]
        else:
            held.append(line)
    _keep(contract, name, held)
    return contract


def _keep(contract: Contract, name: str, held: list[str]) -> None:
    text = textwrap.dedent("\n".join(held)).strip("\n")
    if name:
        contract.sections[name] = text
    elif text.strip():
        (contract.below if contract.sections else contract.body).append(text)


def markdown(source: str) -> str:
    """The contract of a function or class, given as source, as Markdown; empty without a docstring."""
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)  # a piece that students write
    docstring = ast.get_docstring(node)
    if not docstring:
        return ""
    contract = read_contract(docstring)
    parts = [f"`{_signature(node)}`", _prose(contract.summary), *map(_prose, contract.body)]
    if args := contract.sections.get("Args"):
        parts.append(_table(args))
    for name, word in (("Returns", "Returns"), ("Yields", "Yields"), ("Raises", "Raises")):
        if text := contract.sections.get(name):
            parts.append(f"**{word}** {_prose(' '.join(text.split()))}")
    if example := contract.sections.get("Example", contract.sections.get("Examples")):
        parts.append(f"```python\n{example}\n```")
    parts += map(_prose, contract.below)
    return "\n\n".join(parts)


def _signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"class {node.name}"
    return f"{node.name}({ast.unparse(node.args)})"


def _table(args: str) -> str:
    """The section on arguments as a table of names and meanings."""
    rows: list[list[str]] = []
    for line in args.split("\n"):
        entry = _ENTRY.match(line)
        if entry and not line.startswith(" "):
            rows.append([entry[1], entry[2]])
        elif rows:
            rows[-1][1] += f" {line.strip()}"
        else:
            return _prose(args)
    cells = (f"| `{name}` | {_prose(' '.join(text.split()))} |" for name, text in rows)
    return "\n".join(["| argument | meaning |", "| --- | --- |", *cells])


def _prose(text: str) -> str:
    """A paragraph of a docstring in Markdown: formulas between dollars, code between single backticks."""
    text = re.sub(
        r"^\.\. math::[ \t]*\n?((?:[ \t]*\S.*\n?|[ \t]*\n(?=[ \t]+\S))+)", _displayed, text, flags=re.M
    )
    text = re.sub(r":math:`([^`]+)`", r"$\1$", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text).strip()


def _displayed(found: re.Match[str]) -> str:
    """A directive with formulas as displayed ones, each paragraph of it on its own."""
    formulas = textwrap.dedent(found[1]).strip().split("\n\n")
    return (
        "\n\n".join("$$\n" + "\n".join(line.strip() for line in one.split("\n")) + "\n$$" for one in formulas)
        + "\n"
    )


def shortened(source: str) -> str:
    """A function or class, as source, with a docstring of a few lines.

    It keeps the first sentence, what comes back, and the first example up to its first output.
    """
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)  # a piece that students write
    docstring = ast.get_docstring(node)
    if not docstring:
        return source
    contract, first = read_contract(docstring), node.body[0]
    indent = " " * (first.col_offset)
    lines = [contract.summary]
    if returns := contract.sections.get("Returns"):
        lines += ["", *textwrap.wrap(f"Returns {' '.join(returns.split())}", 100)[:2]]
    if example := _first_example(contract.sections.get("Example", contract.sections.get("Examples", ""))):
        lines += ["", *example]
    quoted = '"""' + f"\n{indent}".join(lines).replace(f"\n{indent}\n", "\n\n")
    quoted = f'{quoted}\n{indent}"""' if len(lines) > 1 else f'{quoted}"""'
    prefix = "r" if "\\" in quoted else ""
    text = source.split("\n")
    text[first.lineno - 1 : first.end_lineno] = [f"{indent}{prefix}{quoted}"]
    return "\n".join(text)


def _first_example(text: str) -> list[str]:
    """The lines up to the first output; none if they are too many."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line and not line.startswith((">>>", "...")):
            end = next(
                (n for n in range(place, len(lines)) if not lines[n] or lines[n].startswith(">>>")),
                len(lines),
            )
            return lines[:end] if end <= MAX_EXAMPLE_LINES else []
    return []
