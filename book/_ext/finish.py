"""After the pages are written: one stylesheet, one script, images that keep their place, nothing left over.

* The styles of the theme's folder and ``_static/course.css`` become ``site.css``, its scripts ``site.js``.
* Every image gets its width and height, so that no text moves when it comes, and is fetched when it is near.
* A drawing of Matplotlib loses its white ground and its needless decimals, and gets a twin in the colours of
  dark pages (``INK_DARK`` of ``lab.py``); a page shows one of the two.
* Much data of a figure goes into a file of its own, which ``figure.js`` fetches when the reader comes near.
* What no page, style or script of the site names is deleted from ``_static``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from html import escape
from pathlib import Path

from drawings import darken, lighten, place_images
from sphinx.application import Sphinx

STYLES = ("base", "page", "pieces", "question", "front", "print")  # in this order, behind course.css
SCRIPTS = ("page", "question", "notes", "hero")
MUCH = 40_000  # characters of data that a page does not carry itself
THEME = "book/_theme/course/static"


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
            names += [f"_static/{name}" for name in re.findall(r'data-from="([^"]+)"', text)]
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


def part_data(page: Path, html: str, static: Path) -> str:
    """The page with much data of a figure in a file of its own, which is fetched near the figure."""

    def part(found: re.Match[str]) -> str:
        if len(found[1]) < MUCH:
            return found[0]
        name = f"data/{page.stem}-{hashlib.sha256(found[1].encode()).hexdigest()[:8]}.js"
        (static / "data").mkdir(exist_ok=True)
        (static / name).write_text(f"window.figureData = {json.dumps(found[1])};\n", encoding="utf-8")
        return f'<script type="application/json" data-from="{name}"></script>'

    return re.sub(r'<script type="application/json">(.*?)</script>', part, html, flags=re.S)


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
            html = part_data(page, page.read_text(encoding="utf-8"), static)
            page.write_text(place_images(page, html), encoding="utf-8")
    write_first(app, out)
    map_site(app, out)
    prune(out)


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", finish, priority=950)  # the theme writes its colours of code at 500
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
