"""A seeded fuzzer that knows what a notebook is made of: it damages structure, then text, then bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable

ODD = (None, True, -1, 10**30, 1.5, "", "x", "../../x", "\0", "\ud800", [], {}, [[]], {"a": None}, "def f(:")
CODE = (
    "x = 1",
    "%matplotlib inline",
    "!rm -rf /\n%%bash\nls",
    "def helper(a):\n    return a",
    "def heavy_step(",
    "raise ValueError('mine')",
    "import sys; sys.exit()",
    "print('x' * 1000)",
    "return 3",
    "x = '\ud800'",
    "\ufeffx = 1",
    "# \0",
    "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b",
    "x = " + "(" * 300,
    "x = " + "-" * 5000 + "1",
    "f(" * 90 + ")" * 90,
    "class fit_line: pass",
    "fit_line = 3",
    "del heavy_init",
    "np = None",
    "loss_and_grad = None",
    "async def fit_line(): pass",
    "lambda: (yield)",
    "\t x = 1",
    "?",
    "heavy_step??",
)
TOKENS = ("return", "(", ")", ":", "\n", "    ", "0", "None", "lr", "params", '"', "#", "\\", "é", "\0", "**")


def damaged(notebook: dict, seed: int) -> tuple[bytes, tuple[str, ...], bool]:
    """A damaged notebook's bytes, the damages' names, and whether they leave every answer standing."""
    rng = random.Random(seed)
    made = json.loads(json.dumps(notebook))  # a copy, in C
    gentle = rng.random() < 0.3
    steps = [rng.choice(GENTLE if gentle else GENTLE + HARSH) for _ in range(rng.randint(1, 5))]
    for step in steps:
        step(rng, made)
    text = json.dumps(made, ensure_ascii=gentle or rng.random() < 0.5, indent=1 if rng.random() < 0.1 else None)
    content = text.encode("utf-8", "surrogatepass")
    names = [step.__name__ for step in steps]
    if not gentle and rng.random() < 0.25:
        step = rng.choice(BYTES)
        content = step(rng, content)
        names.append(step.__name__)
    return content, tuple(names), gentle


def cells_of(made: dict) -> list:
    found = made.get("cells")
    sheets = made.get("worksheets")
    if found is None and isinstance(sheets, list) and sheets and isinstance(sheets[0], dict):
        found = sheets[0].get("cells")
    return found if isinstance(found, list) else []


def a_cell(rng: random.Random, made: dict) -> dict:
    found = [cell for cell in cells_of(made) if isinstance(cell, dict)]
    return rng.choice(found) if found else {}


def text_of(cell: dict) -> str:
    source = cell.get("source", "")
    if not isinstance(source, list):
        return str(source)
    lines = [part for part in source if isinstance(part, str)]
    return ("" if any("\n" in line for line in lines) else "\n").join(lines)


# --- What leaves every answer standing ----------------------------------------------------------------------


def shuffle(rng: random.Random, made: dict) -> None:
    rng.shuffle(cells_of(made))


def duplicate(rng: random.Random, made: dict) -> None:
    if cells_of(made):
        cells_of(made).insert(rng.randint(0, len(cells_of(made))), copy.deepcopy(a_cell(rng, made)))


def drop_marks(rng: random.Random, made: dict) -> None:
    for cell in cells_of(made):
        if isinstance(cell, dict) and rng.random() < 0.7:
            cell["metadata"] = rng.choice(({}, None, [], "x", {"nbgrader": None}, {"nbgrader": []}))


def swap_marks(rng: random.Random, made: dict) -> None:
    one, other = a_cell(rng, made), a_cell(rng, made)
    one["metadata"], other["metadata"] = other.get("metadata"), one.get("metadata")


def odd_marks(rng: random.Random, made: dict) -> None:
    mark = a_cell(rng, made).get("metadata")
    if isinstance(mark, dict) and isinstance(mark.get("nbgrader"), dict):
        mark["nbgrader"][rng.choice(("points", "locked", "solution", "checksum", "grade_id"))] = rng.choice(ODD)


def odd_frame(rng: random.Random, made: dict) -> None:
    made[rng.choice(("metadata", "nbformat", "nbformat_minor", "extra"))] = rng.choice(ODD)


def odd_fields(rng: random.Random, made: dict) -> None:
    a_cell(rng, made)[rng.choice(("id", "outputs", "execution_count", "attachments"))] = rng.choice(ODD)


def as_lines(rng: random.Random, made: dict) -> None:
    for cell in cells_of(made):
        if isinstance(cell, dict) and "source" in cell:
            cell["source"] = text_of(cell).splitlines(keepends=rng.random() < 0.8)


def odd_neighbours(rng: random.Random, made: dict) -> None:
    cells_of(made).insert(rng.randint(0, len(cells_of(made))), rng.choice(ODD))


def as_worksheets(rng: random.Random, made: dict) -> None:
    if "cells" in made:
        made["worksheets"] = [{"cells": made.pop("cells")}]


def drop_given(rng: random.Random, made: dict) -> None:
    for cell in list(cells_of(made)):
        if isinstance(cell, dict) and "def " not in text_of(cell) and rng.random() < 0.5:
            cells_of(made).remove(cell)


# --- What may cost an answer --------------------------------------------------------------------------------


def delete(rng: random.Random, made: dict) -> None:
    if cells_of(made):
        cells_of(made).pop(rng.randrange(len(cells_of(made))))


def convert(rng: random.Random, made: dict) -> None:
    a_cell(rng, made)["cell_type"] = rng.choice(("markdown", "raw", "code", "heading", None, 3, []))


def split(rng: random.Random, made: dict) -> None:
    cell = a_cell(rng, made)
    lines = text_of(cell).splitlines(keepends=True)
    if len(lines) > 1 and cell in cells_of(made):
        place = rng.randrange(1, len(lines))
        second = copy.deepcopy(cell) if rng.random() < 0.5 else {"cell_type": "code", "metadata": {}}
        cell["source"], second["source"] = "".join(lines[:place]), "".join(lines[place:])
        cells_of(made).insert(cells_of(made).index(cell) + 1, second)


def merge(rng: random.Random, made: dict) -> None:
    one, other = a_cell(rng, made), a_cell(rng, made)
    if one is not other:
        one["source"] = text_of(one) + "\n\n" + text_of(other)
        if other in cells_of(made):
            cells_of(made).remove(other)


def insert(rng: random.Random, made: dict) -> None:
    cell = {"cell_type": "code", "metadata": {}, "source": rng.choice(CODE)}
    cells_of(made).insert(rng.randint(0, len(cells_of(made))), cell)


def replace(rng: random.Random, made: dict) -> None:
    a_cell(rng, made)["source"] = rng.choice((*ODD, *CODE))


def mangle(rng: random.Random, made: dict) -> None:
    cell = a_cell(rng, made)
    source = text_of(cell)
    place = rng.randint(0, len(source))
    cell["source"] = source[:place] + rng.choice(TOKENS) + source[place + rng.randint(0, 6) :]


def drop_key(rng: random.Random, made: dict) -> None:
    place = rng.choice((made, a_cell(rng, made)))
    if place:
        place.pop(rng.choice(list(place)))


def retype(rng: random.Random, made: dict) -> None:
    place = rng.choice((made, a_cell(rng, made)))
    if place:
        place[rng.choice(list(place))] = rng.choice(ODD)


# --- Bytes --------------------------------------------------------------------------------------------------


def cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randint(0, len(content))]


def flip(rng: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(rng.randint(1, 20)):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


def recode(rng: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1")), "replace")


def conflict(rng: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    lines[place:place] = [b"<<<<<<< HEAD", lines[place], b"=======", lines[place], b">>>>>>> x"]
    return b"\n".join(lines)


def splice(rng: random.Random, content: bytes) -> bytes:
    one, other = (rng.randrange(len(content)) for _ in range(2))
    return content[:one] + content[other:]


GENTLE: list[Callable] = [
    shuffle,
    duplicate,
    drop_marks,
    swap_marks,
    odd_marks,
    odd_frame,
    odd_fields,
    as_lines,
    odd_neighbours,
    as_worksheets,
    drop_given,
]
HARSH: list[Callable] = [delete, convert, split, merge, insert, replace, mangle, drop_key, retype]
BYTES: list[Callable] = [cut, flip, recode, conflict, splice]
