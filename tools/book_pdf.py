"""``make pdf``: the built site's pages as one PDF, in reading order, with an outline and inner links.

The articles are joined into one page, which the site's own styles and scripts make ready for paper
(print.css, ``beforeprint``): everything unfolded, the figures to play with as they stand first, the answers
to each quiz at its chapter's end. Chromium prints it. ``SITE_URL`` gives links to what is no page, such as
the notebooks, their address; without it they are words.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from html import escape, unescape
from pathlib import Path

import yaml

from tools.extras import reveal_all

ROOT = Path(__file__).parents[1]
SECONDS = 900  # at most, for the printing
QUIET = (
    "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--force-prefers-reduced-motion",
    "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip  # a list to read across


def reading_order(toc: str) -> list[str]:
    """The pages of ``_toc.yml``'s text, the front page first.

    >>> reading_order("root: book/index\\nparts: [{chapters: [{file: book/backprop}]}]")
    ['book/index', 'book/backprop']
    """
    told = yaml.safe_load(toc)
    return [told["root"], *(entry["file"] for part in told["parts"] for entry in part["chapters"])]


def place(page: str, name: str = "") -> str:
    """The id in the PDF of a page, or of a place on it."""
    stem = Path(page).name
    return f"{stem}--{name}" if name else stem


def address(href: str, page: str, pages: list[str], site: str) -> str | None:
    """Where a page's link leads in the PDF; None if it leads nowhere without the site.

    >>> address("momentum.html#x", "book/adaptive", ["book/adaptive", "book/momentum"], "")
    '#momentum--x'
    >>> address("../_downloads/a/b.ipynb", "book/adaptive", ["book/adaptive"], "https://nets.example")
    'https://nets.example/_downloads/a/b.ipynb'
    """
    if re.match(r"https?:|mailto:", href):
        return href
    file, _, name = href.partition("#")
    target = os.path.normpath(str(Path(page).parent / file)) if file else f"{page}.html"
    if target.removesuffix(".html") in pages:
        return "#" + place(target.removesuffix(".html"), name)
    return f"{site.rstrip('/')}/{target}" if site else None


def article(html: str, page: str, pages: list[str], site: str, files: str) -> str:
    """A page's text with ids and links that hold in the joined page, and drawings for light paper only.

    ``files`` is the way from the joined page to the folder of the site.
    """
    (inner,) = re.findall(r'<article class="bd-article">(.*)</article>', html, re.S)

    def link(found: re.Match[str]) -> str:
        to = address(unescape(found[1]), page, pages, site)
        return f' href="{escape(to)}"' if to else ""

    inner = re.sub(r"<!--.*?-->", "", inner, flags=re.S)
    inner = re.sub(r'<img\b[^>]*class="on-dark[^>]*>', "", inner)
    inner = re.sub(r' loading="lazy"', "", inner)
    inner = re.sub(
        r'(?<=\s)(id|aria-labelledby)="([^"]+)"', lambda found: f'{found[1]}="{place(page, found[2])}"', inner
    )
    inner = re.sub(r' href="([^"]*)"', link, inner)
    return re.sub(r"(?<=\")\.\./(?=_images/|_static/)", files, inner)


def with_data(html: str, static: Path) -> str:
    """The figures' data in the page itself, where the site has it in files of their own."""

    def data(found: re.Match[str]) -> str:
        code = (static / found[1]).read_text(encoding="utf-8")
        told = json.loads(code.removeprefix("window.figureData = ").rstrip(";\n"))
        return f'<script type="application/json">{told}</script>'

    return re.sub(r'<script type="application/json" data-from="([^"]+)"></script>', data, html)


def heading(html: str) -> str:
    """The words of a page's first heading, its number included."""
    (first, *_) = re.findall(r"<h1>(.*?)<a class=\"headerlink\"", html, re.S)
    return unescape(re.sub(r"<[^>]+>", "", first)).strip()


def join(site: Path, pages: list[str], title: str, address_of_site: str = "") -> str:
    """A cover with the contents, then every page, its heading at the head of the paper."""
    htmls = {page: (site / f"{page}.html").read_text(encoding="utf-8") for page in pages}
    names = {page: heading(html) for page, html in htmls.items()}
    files = f"../{site.name}/"
    (foot, *_) = re.findall(r'<footer class="foot">\s*<p>(.*?)</p>', htmls[pages[0]], re.S)
    said = re.sub(r"</?a\b[^>]*>|<!--.*?-->", "", foot, flags=re.S)
    contents = "".join(
        f'<li><a href="#{place(page)}">{escape(name)}</a></li>' for page, name in names.items()
    )
    heads = "".join(
        f"@page {place(page)} {{ @top-right {{ content: {json.dumps(name, ensure_ascii=False)}; }} }}"
        for page, name in names.items()
    )
    articles = "".join(
        f'<article class="bd-article" id="{place(page)}" style="page: {place(page)}">'
        f"{article(html, page, pages, address_of_site, files)}</article>"
        for page, html in htmls.items()
    )
    front = names[pages[0]]
    return with_data(
        '<!DOCTYPE html><html lang="en" data-theme="light" data-js="yes" '
        f'data-content_root="{files}"><head>'
        f'<meta charset="utf-8"><title>{escape(title)}</title>'
        '<link rel="stylesheet" href="site.css">'
        f"<style>{heads}</style>"
        '<script>try { localStorage.setItem("order", "1"); } catch { }</script>'
        f'<script defer src="{files}_static/figure.js"></script>'
        f'<script defer src="{files}_static/site.js"></script>'
        '<script defer src="ready.js"></script></head>'
        '<body class="joined" data-page="joined"><nav id="contents" hidden></nav><main>'
        f'<section class="cover"><p class="title">{escape(front)}</p><p>{said}</p>'
        f"<ol>{contents}</ol></section>"
        f"{articles}</main></body></html>",
        site / "_static",
    )


# The site makes itself ready for paper before it is measured, with its own faces.
READY = 'document.fonts.ready.then(() => window.dispatchEvent(new Event("beforeprint")));\n'


def prepare(site: Path, folder: Path, pages: list[str], title: str, address_of_site: str = "") -> Path:
    """Write the joined page and what it needs beside the site; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    css = (site / "_static/site.css").read_text(encoding="utf-8")
    css = re.sub(r"url\(\"?((?:katex/)?fonts/[^\")]+)\"?\)", rf"url(../{site.name}/_static/\1)", css)
    css = css.replace("font-display: optional", "font-display: block")
    (folder / "site.css").write_text(css, encoding="utf-8")
    (folder / "ready.js").write_text(READY, encoding="utf-8")
    page = folder / "book.html"
    page.write_text(join(site, pages, title, address_of_site), encoding="utf-8")
    return page


def print_page(page: Path, target: Path) -> None:
    """Print a page into a PDF by this machine's Chromium; raises RuntimeError if none comes of it."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("Chromium prints the book and is missing; type: sudo apt install chromium")
    target.unlink(missing_ok=True)
    command = [
        program, *QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else []), "--no-pdf-header-footer",
        "--generate-pdf-document-outline", "--virtual-time-budget=30000", f"--print-to-pdf={target}",
        page.resolve().as_uri(),
    ]  # fmt: skip  # a command, to read across
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode or not target.exists():
        raise RuntimeError(f"Chromium made no PDF: {done.stderr.strip()[-400:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the built site as one PDF.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build/html")
    asked = parser.parse_args()
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    pages = reading_order((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    target = asked.site / ("-".join(title.lower().split()) + ".pdf")
    try:
        page = prepare(asked.site, asked.site.parent / "pdf", pages, title, os.environ.get("SITE_URL", ""))
        print_page(page, target)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    shown = reveal_all(asked.site, "pdf")
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB; {shown} pages link it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
