"""A safe copy of a student's own cells for the person who marks them: text, code, prints and pictures.

The notebook is opened in the browser of somebody who may change marks. Therefore text stays plain text
whatever it contains, pictures are shown only if they are PNGs, and other kinds of output are dropped.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autograder.safe_text import output
from autograder.submissions.notebook_file import Cell

MAX_CELLS = 300
MAX_SOURCE_CHARS = 20_000
MAX_TEXT_CHARS = 20_000
MAX_PICTURE_BYTES = 2 * 2**20
MAX_PICTURES_BYTES = 16 * 2**20
PNG = b"\x89PNG\r\n\x1a\n"
CUT = "\n… the rest is in the file that was handed in …"


@dataclass(frozen=True)
class Shown:
    """A cell as it is shown; ``kind`` is code or markdown, and ``grade_id`` may be empty."""

    kind: str
    grade_id: str
    source: str
    outputs: tuple[dict, ...] = ()


def shown_cells(cells: Iterable[Cell]) -> tuple[Shown, ...]:
    """The cells in order, limited in number and size."""
    found, left = [], MAX_PICTURES_BYTES
    for cell in list(cells)[:MAX_CELLS]:
        if cell.kind == "code":
            outputs, left = _outputs(cell.outputs, left)
            found.append(Shown("code", cell.grade_id, shortened(cell.source, MAX_SOURCE_CHARS), outputs))
        else:
            found.append(Shown("markdown", cell.grade_id, shortened(cell.source, MAX_SOURCE_CHARS)))
    return tuple(found)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + CUT


def _outputs(outputs: Any, left: int) -> tuple[tuple[dict, ...], int]:
    """The outputs that can be shown, and how many bytes of pictures are still allowed."""
    shown: list[dict] = []
    for one in outputs if isinstance(outputs, list) else []:
        if not isinstance(one, dict):
            continue
        data = one.get("data")
        if not isinstance(data, dict):
            data = {}
        picture = _picture(data.get("image/png"), min(left, MAX_PICTURE_BYTES))
        if picture:
            left -= len(picture)
            shown.append(_display({"image/png": picture}))
            continue
        text = _text(data.get("text/plain", one.get("text", one.get("traceback"))))
        if text:
            shown.append(_display({"text/plain": text}))
    return tuple(shown), left


def _display(data: dict[str, str]) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return output(shortened(value, MAX_TEXT_CHARS)) if isinstance(value, str) else ""


def _picture(value: Any, limit: int) -> str:
    """The base64 text of a PNG of at most ``limit`` bytes, or an empty string."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str) or len(value) > limit:
        return ""
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(content).decode("ascii") if content.startswith(PNG) else ""
