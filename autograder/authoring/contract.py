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
MAX_DOCSTRING_LINES, MAX_EXAMPLE_LINES = 8, 6
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


def markdown(source: str, helper: bool = False) -> str:
    """The contract of a function or class, given as source, as Markdown; empty without a docstring.

    A ``helper`` is a second function of an exercise and stands under its own name; an init has one paragraph.
    The example is here only if the short docstring does not hold all of it.
    """
    node = _definition(source)
    docstring = ast.get_docstring(node)
    if not docstring:
        return ""
    contract = read_contract(docstring)
    if helper and _is_init(node):
        returns = contract.sections.get("Returns", "")
        told = [f"**`{_signature(node)}`**", contract.summary, f"Returns {returns}" if returns else ""]
        return _prose(" ".join(" ".join(told).split()))
    parts = [f"**`{_signature(node)}`**"] if helper else []
    parts += [_prose(contract.summary), *map(_prose, contract.body), _in_and_out(contract)]
    example = contract.sections.get("Example", contract.sections.get("Examples", ""))
    if example and example not in "\n".join(_short(contract, with_example=not _is_init(node))):
        parts.append(f"```python\n{example}\n```")
    parts += map(_origin, contract.below)
    return "\n\n".join(filter(None, parts))


def _definition(source: str) -> ast.FunctionDef | ast.ClassDef:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)  # a piece that students write
    return node


def _is_init(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether it makes the state of an exercise: its example is that of the step."""
    return node.name.endswith("_init")


def _signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"class {node.name}"
    return f"{node.name}({ast.unparse(node.args)})"


def _in_and_out(contract: Contract) -> str:
    """One table: the arguments, what comes back, what is refused."""
    args = contract.sections.get("Args", "")
    rows = [(f"`{name}`", text) for name, text in _entries(args)]
    above = "" if rows or not args else _prose(args)
    for section, word in (("Returns", "returns"), ("Yields", "yields"), ("Raises", "raises")):
        if text := contract.sections.get(section):
            rows.append((f"**{word}**", text))
    if not rows:
        return above
    cells = (f"| {name} | {_barred(_prose(' '.join(text.split())))} |" for name, text in rows)
    table = "\n".join(["| in and out | what it is |", "| --- | --- |", *cells])
    return "\n\n".join(filter(None, (above, table)))


def _barred(text: str) -> str:
    """The text of a table's cell: a bar in it would end the cell.

    >>> _barred("added to |g|, and $|x|$")
    'added to \\\\|g\\\\|, and $\\\\vert x\\\\vert $'
    """
    parts = text.split("$")  # every second one is a formula
    return "$".join(part.replace("|", r"\vert " if place % 2 else r"\|") for place, part in enumerate(parts))


def _entries(args: str) -> list[tuple[str, str]]:
    """The names and meanings in a section on arguments; none if it is written in another way."""
    rows: list[tuple[str, str]] = []
    for line in args.split("\n"):
        entry = _ENTRY.match(line)
        if entry and not line.startswith(" "):
            rows.append((entry[1], entry[2]))
        elif rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}")
        else:
            return []
    return rows


def _origin(paragraph: str) -> str:
    """A paragraph below the sections; the one on the source says first what it is about."""
    text = _prose(paragraph)
    if not text.startswith("Source: "):
        return text
    told = text.removeprefix("Source: ")
    more = re.search(r"[.;:] \w", re.sub(r"\b(ch|eq|et al|sec|fig|p)\.", "", told))
    if not re.match(r"\w+\.\w", told):  # a dotted name stays as it is written
        told = told[0].upper() + told[1:]
    return f"**{'Source, and where books differ' if more else 'Source'}.** {told}"


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
    """A function or class, as source, with a docstring of at most MAX_DOCSTRING_LINES.

    It keeps the first sentence, what comes back, and the first example up to its first output: those that
    fit, in this order. An init has no example, for it is called in that of the step.
    """
    node = _definition(source)
    docstring = ast.get_docstring(node)
    if not docstring:
        return source
    contract, first = read_contract(docstring), node.body[0]
    indent = " " * first.col_offset
    lines = _short(contract, with_example=not _is_init(node))
    quoted = '"""' + f"\n{indent}".join(lines).replace(f"\n{indent}\n", "\n\n")
    quoted = f'{quoted}\n{indent}"""' if len(lines) > 1 else f'{quoted}"""'
    prefix = "r" if "\\" in quoted else ""
    text = source.split("\n")
    text[first.lineno - 1 : first.end_lineno] = [f"{indent}{prefix}{quoted}"]
    return "\n".join(text)


def _short(contract: Contract, with_example: bool) -> list[str]:
    """The lines of a short docstring; empty lines between its parts go first when there are too many."""
    returns = " ".join(contract.sections.get("Returns", "").split())
    told = _cut(f"Returns {returns}") if returns else []
    example = _first_example(contract.sections.get("Example", contract.sections.get("Examples", "")))
    parts = [[contract.summary], told, example if with_example else []]
    for separator in ([""], []):
        lines = [line for part in filter(None, parts) for line in (*part, *separator)]
        lines = lines[: len(lines) - len(separator)]
        if len(lines) <= MAX_DOCSTRING_LINES:
            return lines
    return lines[: 1 + len(parts[1])]  # the example stands in the contract above


def _cut(text: str, width: int = 100, most: int = 2) -> list[str]:
    """The text in lines; of one that is too long, its first sentences, or its first members and an ellipsis.

    >>> _cut("Returns a dict: one (a number, or two), and then three more", width=24)
    ['Returns a dict: one (a', 'number, or two) …']
    >>> _cut("Returns a number. It is never below zero, whatever the rest.", width=24)
    ['Returns a number.']
    """
    lines = textwrap.wrap(text, width)
    if len(lines) <= most:
        return lines
    room = " ".join(lines[:most])
    ends = [found.end() for found in re.finditer(r"\.(?= |$)", room)]
    if ends:
        return textwrap.wrap(room[: ends[-1]], width)
    whole = [
        place
        for place, letter in enumerate(room)
        if letter in ",;" and room[:place].count("(") == room[:place].count(")")
    ]
    return textwrap.wrap(f"{room[: whole[-1]] if whole else room.rpartition(' ')[0]} …", width)


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
