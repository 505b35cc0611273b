"""After the pages are written: one stylesheet, one script, images that keep their place, nothing left over.

* The styles of the theme's folder and ``_static/course.css`` become ``site.css``, its scripts ``site.js``.
* Every image gets its width and height, so that no text moves when it comes, and is fetched when it is near.
* A drawing of Matplotlib loses its white ground and its needless decimals, and gets a twin in the colours of
  dark pages (``INK_DARK`` of ``lab.py``); a page shows one of the two.
* What no page, style or script of the site names is deleted from ``_static``.
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
from html import escape
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx

STYLES = ("base", "page", "pieces", "question", "front", "print")  # in this order, behind course.css
SCRIPTS = ("page", "question", "notes", "hero")
THEME = "book/_theme/course/static"
INK = {  # the course's colours on light pages and on dark ones; a test compares them with lab.py
    "#595959": "#b8b8b8", "#8a6100": "#dcb761", "#117733": "#7fd49a", "#b33600": "#ffa77f",
    "#0b5fa5": "#8cc4ff", "#882255": "#f0a0c8",
}  # fmt: skip  # pairs to read across
TEXT, GROUND = (0xE6, 0xE2, 0xD9), (0x14, 0x18, 0x1E)  # of a dark page, base.css


# ------------------------------------------------------------------------------------------ drawings


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
    return re.sub(r' (?:d|x|y|points|transform)="[^"]*"', lambda found: number.sub(short, found[0]), svg)


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


# ------------------------------------------------------------------------------------------- the site


def squeeze(css: str) -> str:
    """A stylesheet without comments and needless spaces.

    >>> squeeze("/* note */ a { b: c; }\\n\\nd { e: f }")
    'a{b:c;}d{e:f}'
    """
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", css)).strip()


def join(app: Sphinx, static: Path) -> None:
    """Write ``site.css`` and ``site.js`` from their parts."""
    theme = Path(app.srcdir) / THEME
    sheets = [
        static / "pygments.css",
        theme / "katex/katex.css",
        Path(app.srcdir) / "book/_static/course.css",
    ]
    sheets += [theme / f"{name}.css" for name in STYLES]
    css = "\n".join(path.read_text(encoding="utf-8") for path in sheets if path.exists())
    (static / "site.css").write_text(squeeze(css), encoding="utf-8")
    scripts = [theme / f"{name}.js" for name in SCRIPTS]
    (static / "site.js").write_text(
        "\n".join(path.read_text(encoding="utf-8") for path in scripts), encoding="utf-8"
    )


def named(out: Path) -> set[Path]:
    """The files of the site that its pages, styles and scripts name, directly or by what they name."""
    found: set[Path] = set()
    waiting = sorted(out.rglob("*.html"))
    while waiting:
        path = waiting.pop()
        text = path.read_text(encoding="utf-8", errors="ignore")
        if path.suffix == ".css":
            names = re.findall(r"url\(\"?([^\")]+)", text)
        else:
            names = re.findall(r"(?:src|href|content)=\"([^\"?#]+)", text) if path.suffix == ".html" else []
            names += re.findall(r"\"(_static/[\w./-]+)\"", text)
            names += [f"_static/{name}" for name in re.findall(r"\bload\(\"([\w-]+\.js)\"\)", text)]
        for name in names:
            for base in (path.parent, out):
                target = (base / name.removeprefix("file:")).resolve()
                if target.is_file() and target not in found and out in target.parents:
                    found.add(target)
                    if target.suffix in (".css", ".js"):
                        waiting.append(target)
    return found


def prune(out: Path) -> None:
    """Delete from ``_static`` what nothing names, and the sources that no page links."""
    kept = named(out)
    for path in sorted((out / "_static").rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.resolve() not in kept:
            path.unlink()
    for name in ("searchindex.js", "genindex.html", "_sources", ".buildinfo"):
        target = out / name
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)


def map_site(app: Sphinx, out: Path) -> None:
    """``sitemap.xml`` and ``robots.txt`` where the publisher has said the site's address."""
    site = os.environ.get("SITE_URL", "").rstrip("/")
    if not site:
        return
    pages = sorted(app.env.found_docs)
    rows = "".join(f"<url><loc>{site}/{page}.html</loc></url>" for page in pages)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n'
    (out / "sitemap.xml").write_text(text, encoding="utf-8")
    (out / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {site}/sitemap.xml\n", encoding="utf-8"
    )


def licences(app: Sphinx, static: Path) -> None:
    """The licence of the course and those of the parts that the site carries."""
    own = Path(app.srcdir) / "LICENSE"
    (static / "licence.txt").write_text(
        own.read_text(encoding="utf-8") if own.exists() else "", encoding="utf-8"
    )
    theme = Path(app.srcdir) / THEME
    parts = [theme / "fonts/LICENSE.txt", theme / "katex/LICENSE.txt"]
    text = "\n\n".join(
        f"{path.parent.name}\n{'=' * 40}\n\n{path.read_text(encoding='utf-8')}" for path in parts
    )
    (static / "licences-of-parts.txt").write_text(text, encoding="utf-8")


def write_first(app: Sphinx, out: Path) -> None:
    """``index.html``, which Jupyter Book leaves without a title, a language and a link."""
    page, title = f"{app.config.root_doc}.html", escape(app.config.html_title)
    (out / "index.html").write_text(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}">'
        f'<link rel="icon" href="_static/favicon.svg" type="image/svg+xml"></head>'
        f'<body><main><h1>{title}</h1><p><a href="{page}">To the front page</a></p></main></body></html>\n',
        encoding="utf-8",
    )


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir).resolve()
    static = out / "_static"
    join(app, static)
    licences(app, static)
    for path in sorted((out / "_images").glob("*.svg")):
        if path.name.endswith(".dark.svg"):
            continue
        drawing = lighten(path.read_text(encoding="utf-8"))
        path.write_text(drawing, encoding="utf-8")
        path.with_suffix(".dark.svg").write_text(darken(drawing), encoding="utf-8")
    for page in sorted(out.rglob("*.html")):
        if static not in page.parents:
            page.write_text(place_images(page, page.read_text(encoding="utf-8")), encoding="utf-8")
    write_first(app, out)
    map_site(app, out)
    prune(out)


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", finish, priority=950)  # the theme writes its colours of code at 500
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
