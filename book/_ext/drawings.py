"""Drawings of Matplotlib: lighter, without a white ground, with a twin in the colours of dark pages."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from PIL import Image

INK = {  # the course's colours on light pages and on dark ones; a test compares them with lab.py
    "#595959": "#b8b8b8", "#8a6100": "#dcb761", "#117733": "#7fd49a", "#b33600": "#ffa77f",
    "#0b5fa5": "#8cc4ff", "#882255": "#f0a0c8",
}  # fmt: skip  # pairs to read across
TEXT, GROUND = (0xE6, 0xE2, 0xD9), (0x14, 0x18, 0x1E)  # of a dark page, base.css


def short(found: re.Match[str]) -> str:
    """A number of a drawing, in points: two decimals below 10, else one."""
    value = float(found[0])
    return f"{value:.{1 if abs(value) >= 10 else 2}f}".rstrip("0").rstrip(".")


def fewer_colours(found: re.Match[str]) -> str:
    """A picture inside of a drawing, such as a heat map, with 128 colours, where that makes it smaller."""
    picture = Image.open(io.BytesIO(base64.b64decode(found[0])))
    packed = io.BytesIO()
    picture.convert("RGBA").quantize(128, method=Image.Quantize.FASTOCTREE).save(packed, "PNG", optimize=True)
    return min(base64.b64encode(packed.getvalue()).decode("ascii"), re.sub(r"\s", "", found[0]), key=len)


def lighten(svg: str) -> str:
    """A drawing without its comments, its own description, its white ground and decimals that nobody sees.

    >>> lighten('<svg><metadata>x</metadata><path d="M 1.23456 2"/></svg>')
    '<svg><path d="M 1.23 2"/></svg>'
    """
    svg = re.sub(
        r"<\?xml.*?\?>\s*|<!DOCTYPE.*?>\s*|<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", svg, flags=re.S
    )
    svg = re.sub(r'(<g id="patch_[12]">\s*<path [^>]*?style="fill: )#ffffff(?=")', r"\1none", svg, count=2)
    svg = re.sub(r'(?<=data:image/png;base64,)[^"]+', fewer_colours, svg)
    number = re.compile(r"-?\d+\.\d{2,}")
    # places only: a scale, such as that of a label's letters, is small and stays as it is
    places = r' (?:d|x|y|points)="[^"]*"|\btranslate\([^)]*\)'
    return re.sub(places, lambda found: number.sub(short, found[0]), svg)


def dark_colour(found: re.Match[str]) -> str:
    """A colour on dark pages: the course's by the table, greys between the page's ground and its ink."""
    colour = found[0]
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    if colour in INK or not red == green == blue:
        return INK.get(colour, colour)
    return "#" + "".join(
        f"{round(ink + (ground - ink) * red / 255):02x}" for ink, ground in zip(TEXT, GROUND, strict=True)
    )


def darken(svg: str) -> str:
    """The drawing in the colours of dark pages; text, which has no colour of its own, becomes light."""
    mapped = re.sub(r"#[0-9a-f]{6}\b", dark_colour, svg)
    return re.sub(r"<svg\b", '<svg fill="#e6e2d9"', mapped, count=1)


def size(svg: str) -> tuple[int, int] | None:
    """Width and height of a drawing in CSS pixels.

    >>> size('<svg width="72pt" height="36pt" viewBox="0 0 72 36">')
    (96, 48)
    """
    found = re.search(r'<svg[^>]*?width="([\d.]+)(pt|px)?" height="([\d.]+)', svg)
    if not found:
        return None
    scale = 4 / 3 if found[2] == "pt" else 1
    return round(float(found[1]) * scale), round(float(found[3]) * scale)


def place_images(page: Path, html: str) -> str:
    """The page with a size for each drawing and its dark twin beside it."""

    def image(found: re.Match[str]) -> str:
        tag = re.sub(r' (?:width|height|loading|style)="[^"]*"', "", found[0]).rstrip("/ >")
        source = re.search(r' src="([^"]+\.svg)"', tag)
        path = (page.parent / source[1]).resolve() if source else None
        if source is None or path is None or not path.exists():
            return found[0]
        twin = path.with_suffix(".dark.svg")
        measured = size(path.read_text(encoding="utf-8"))
        place = f' width="{measured[0]}" height="{measured[1]}"' if measured else ""
        if not twin.exists():
            return f'{tag}{place} loading="lazy">'
        dark = tag.replace(source[1], source[1].removesuffix(".svg") + ".dark.svg")
        both = [(tag, "on-light"), (dark, "on-dark")]
        return "".join(f'{add_class(one, name)}{place} loading="lazy">' for one, name in both)

    return re.sub(r"<img\b[^>]*>", image, html)


def add_class(tag: str, name: str) -> str:
    if ' class="' in tag:
        return tag.replace(' class="', f' class="{name} ', 1)
    return tag.replace("<img", f'<img class="{name}"', 1)
