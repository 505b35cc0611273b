"""The book: its strict build, what its pages ask for, and what the strictness catches."""

from __future__ import annotations

import ast
import gzip
import importlib
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("jupyter-book")
    command = [tool, "build", "-W", "-n", "--keep-going", source, "--path-output", target]
    return subprocess.run(command, capture_output=True, text=True, check=False)


ASKS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
        "embed": "src", "object": "data", "track": "src", "input": "src"}  # fmt: skip  # pairs to read across


class Page(HTMLParser):
    """What a page asks for on being opened, its images, its ids, its links and its inline code."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.requests, self.images, self.links = path, [], [], []
        self.ids, self.inline, self._raw = [], [], False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        if tag in ASKS and values.get(ASKS[tag]):
            self.requests.append(values[ASKS[tag]])
        if tag == "link" and set((values.get("rel") or "").split()) & {
            "stylesheet",
            "preload",
            "prefetch",
            "preconnect",
            "dns-prefetch",
            "icon",
            "modulepreload",
        }:
            self.requests.append(values["href"])
        if tag == "img":
            self.images.append(values)
        if tag == "a":
            self.links.append(values)
        if values.get("style"):
            self.inline.append(values["style"])
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.inline.append(data)


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Page]:
    return [Page(path) for path in sorted(site.rglob("*.html")) if not {"_static", "lite"} & {*path.parts}]


def outside(address: str) -> bool:
    return bool(urlsplit(address).netloc) or urlsplit(address).scheme in ("http", "https", "ws", "wss")


def local(page: Page, address: str) -> Path:
    return (page.path.parent / unquote(urlsplit(address).path)).resolve()


def test_every_page_of_the_toc_is_in_the_site(site: Path) -> None:
    """A build that succeeds has one HTML file for each entry of _toc.yml; its first page leads there."""
    files = re.findall(r"(?:root|file):\s*(\S+)", (ROOT / "_toc.yml").read_text())
    assert files
    for name in files:
        assert (site / f"{name}.html").exists(), name
    assert "book/index.html" in (site / "index.html").read_text()
    assert (site / ".nojekyll").exists()


def test_chapters_were_executed(site: Path) -> None:
    """A chapter's page holds its cells' outputs: text, and figures."""
    text = (site / "book/adaptive.html").read_text()
    assert text.count("cell_output") >= 8 and "over five seeds" in text


def test_no_page_asks_another_host(site: Path, pages: list[Page]) -> None:
    """Opening any page makes no outside request: not by its tags, its stylesheets, or its inline code."""
    found = []
    for page in pages:
        found += [(page.path.name, address) for address in page.requests if outside(address)]
        for code in page.inline:
            remote = re.findall(r"https?://[^\s\"'<>)]+", code)
            found += [(page.path.name, address) for address in remote if "www.w3.org" not in address]
        for address in page.requests:
            if outside(address) or address.startswith("data:"):
                continue
            target = local(page, address)
            assert target.exists(), f"{page.path.name} asks for {address}, which is not in the site"
            if target.suffix == ".css":
                css = re.sub(r"/\*.*?\*/", "", target.read_text(encoding="utf-8"), flags=re.S)
                asked = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", css)
                found += [(target.name, a or b) for a, b in asked if outside(a or b)]
    assert not found


def test_the_check_for_outside_requests_sees_them(tmp_path: Path) -> None:
    """The parser sees a remote script, a remote stylesheet, a font link and a request written in a script."""
    path = tmp_path / "x.html"
    path.write_text(
        '<script src="//cdn.example/x.js"></script><link rel="stylesheet" href="https://a.example/x.css">'
        '<link rel="preconnect" href="https://fonts.example"><script>fetch("https://b.example")</script>'
        '<a href="https://fine.example">a link is no request</a>'
    )
    page = Page(path)
    assert [outside(address) for address in page.requests] == [True] * 3
    assert any("https://b.example" in code for code in page.inline)


def test_nothing_of_thebe_require_or_widgets_is_loaded(pages: list[Page]) -> None:
    """What Jupyter Book adds for live cells and widgets is gone from every page."""
    for page in pages:
        text = page.path.read_text(encoding="utf-8")
        for name in ("thebe", "require.js", "requirejs", "embed-amd", "binderhub", "unpkg"):
            assert name not in text, f"{page.path.name}: {name}"


def test_formulas_are_set_when_the_book_is_built(site: Path) -> None:
    """A page holds its formulas as HTML with MathML inside, and no script that would set them."""
    text = (site / "book/adaptive.html").read_text(encoding="utf-8")
    assert text.count('class="katex"') == text.count("<math ") > 50
    assert "mathjax" not in text.lower()
    css = (site / "_static/site.css").read_text(encoding="utf-8")
    fonts = set(re.findall(r"url\((katex/fonts/[\w-]+\.woff2)\)", css))
    assert fonts and all((site / "_static" / font).exists() for font in fonts)


def test_the_stylesheet_of_formulas_fits_what_sets_them() -> None:
    """The vendored stylesheet of KaTeX has the version of the KaTeX that sphinxcontrib-katex carries."""
    css = (ROOT / "book/_theme/course/static/katex/katex.css").read_text(encoding="utf-8")
    katex = importlib.import_module("sphinxcontrib.katex")
    assert re.findall(r'\.katex-version:{1,2}after\{content:"([\d.]+)"\}', css) == [katex.katex_version]


def test_every_figure_says_what_it_shows(pages: list[Page]) -> None:
    """Each image has an alternative text of its own, which is not a file's name."""
    for page in pages:
        for image in page.images:
            alt = image.get("alt", "")
            assert len(alt) >= 40, f"{page.path.name}: {image}"
            assert not re.search(r"\.(svg|png)$|_build", alt), f"{page.path.name}: {alt}"


def test_links_within_the_site_lead_somewhere(pages: list[Page]) -> None:
    """Every link to a page, a file or a section of the site has its target."""
    ids = {page.path.resolve(): set(page.ids) for page in pages}
    for page in pages:
        for link in page.links:
            address = link.get("href") or ""
            if not address or outside(address) or address.startswith(("mailto:", "data:", "#!")):
                continue
            target = local(page, address) if urlsplit(address).path else page.path.resolve()
            assert target.exists(), f"{page.path.name}: {address}"
            mark = unquote(urlsplit(address).fragment)
            if mark and target in ids:
                assert mark in ids[target], f"{page.path.name}: no section {address}"


def test_tables_that_cells_print_are_tables(site: Path) -> None:
    """A table printed by a cell is rendered: no page shows a row of bars and dashes."""
    for path in (site / "book").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "| --- |" not in text and "| — |" not in text, path.name
    assert (site / "book/adaptive.html").read_text().count("<table") >= 8


def test_no_output_is_the_address_of_an_object(pages: list[Page]) -> None:
    """A cell whose last line is a call shows what it returned; an address differs at each build."""
    shown = {page.path.name: re.findall(r"&lt;[\w.]+ [^&]*at 0x\w+", page.path.read_text()) for page in pages}
    assert {name: found for name, found in shown.items() if found} == {}


def test_what_axe_refuses_is_mended(site: Path) -> None:
    """Roles that docutils misuses and labels that hide a button's words are in no page."""
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for wrong in ("doc-biblioentry", 'role="list" class="citation-list"', "Toggle hidden content"):
            assert wrong not in text, f"{path.name}: {wrong}"


def test_the_race_is_on_the_page(site: Path) -> None:
    """The page holds the race's data: four tracks, twelve methods, three starts, 121 points a path."""
    text = (site / "book/adaptive.html").read_text(encoding="utf-8")
    name = re.search(r'<script type="application/json" data-from="(data/[\w-]+\.js)">', text)[1]
    code = (site / "_static" / name).read_text(encoding="utf-8")
    data = json.loads(json.loads(code.removeprefix("window.figureData = ").removesuffix(";\n")))
    assert len(data["looks"]) == 12 and len(data["tracks"]) == 4
    for track in data["tracks"]:
        for method in data["looks"]:
            assert len(track["paths"][method]) == len(track["losses"][method]) == len(track["starts"]) == 3
            assert {len(path) for path in track["paths"][method]} == {2 * 121}


def test_ids_are_unique_on_a_page(pages: list[Page]) -> None:
    """No page uses one id twice, so that links and labels name one thing."""
    for page in pages:
        twice = {name for name in page.ids if page.ids.count(name) > 1}
        assert not twice, f"{page.path.name}: {twice}"


def weight(site: Path, page: Page) -> int:
    """The bytes of a page over the wire before anything is played: itself, what it asks for, and its faces.

    Of the two drawings of a figure, one for light and one for dark pages, a browser fetches one.
    """
    text = page.path.read_text(encoding="utf-8")
    wanted = {local(page, a) for a in page.requests if not outside(a) and not a.startswith("data:")}
    wanted = {path for path in wanted if not path.name.endswith(".dark.svg")} | {page.path}
    faces = ["text", "text-italic", "text-greek", "sans", "sans-greek", "code"]
    if "katex" in text:
        faces += [
            "Main-Regular",
            "Math-Italic",
            "Main-Bold",
            "Size1-Regular",
            "Size2-Regular",
            "Size3-Regular",
        ]
    paths = [
        path for path in (site / "_static").rglob("*.woff2") if path.stem.removeprefix("KaTeX_") in faces
    ]
    packed = sum(len(gzip.compress(path.read_bytes(), 6)) for path in wanted if path.suffix != ".woff2")
    return packed + sum(path.stat().st_size for path in paths)


def test_a_page_weighs_at_most_350_kilobytes(site: Path, pages: list[Page]) -> None:
    """A page with all its images, scripts, styles and faces weighs at most 350 KB compressed."""
    heavy = {page.path.name: weight(site, page) for page in pages}
    assert {name: size for name, size in heavy.items() if size > 350_000} == {}


def test_nothing_in_static_is_unused(site: Path) -> None:
    """Every file of _static is named by a page, by the site's stylesheet or by its scripts."""
    texts = [
        path.read_text(encoding="utf-8") for kind in ("html", "css", "js") for path in site.rglob(f"*.{kind}")
    ]
    names = {path.name for path in (site / "_static").rglob("*") if path.is_file()}
    assert names and {name for name in names if not any(name in text for text in texts)} == set()


def code_cells(text: str) -> list[str]:
    """The sources of a chapter's code cells, without their options."""
    cells = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.M | re.S)
    return [re.sub(r"\A(?:---\n.*?\n---\n|(?::[^\n]*\n)+)", "", cell, flags=re.S) for cell in cells]


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("*.md")), ids=lambda path: path.stem)
def test_chapters_import_libraries_and_lab_only(path: Path) -> None:
    """A public page imports nothing of the instructor's rooms."""
    for cell in code_cells(path.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(cell)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in ("solutions", "autograder", "nbgrader", "tests"), name


FINE = "```{code-cell}\nprint(6 * 7)\n```"
BROKEN = {  # what stands on the page, what the build says about it
    "a cell raises": ("```{code-cell}\nassert 1 == 2\n```", "AssertionError"),
    "a cell warns": (
        "```{code-cell}\nimport warnings\nwarnings.warn('look here')\n```",
        "stderr was found in the cell outputs",
    ),
    "a reference leads nowhere": ("See {ref}`nowhere`.", "undefined label: 'nowhere'"),
    "a formula has an unknown command": (
        r"The slope $\slopeof{w}$.",
        r"Undefined control sequence: \slopeof",
    ),
    "a paper is not in the list": ("See {cite}`nobody1900`.", 'could not find bibtex key "nobody1900"'),
}


@pytest.mark.parametrize("fault", [None, *BROKEN])
def test_the_build_refuses_a_broken_chapter(fault: str | None, tmp_path: Path) -> None:
    """With the course's configuration a build fails on each of these faults, and passes without one."""
    (tmp_path / "in/book").mkdir(parents=True)
    shutil.copyfile(ROOT / "_config.yml", tmp_path / "in/_config.yml")
    for part in ("_ext", "_static", "_theme"):
        shutil.copytree(ROOT / "book" / part, tmp_path / "in/book" / part)
    shutil.copyfile(ROOT / "book/references.bib", tmp_path / "in/book/references.bib")
    (tmp_path / "in/_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "in/solutions").mkdir()
    (tmp_path / "in/solutions/notes.md").write_text("# never published\n")
    body, complaint = BROKEN[fault] if fault else (FINE, "")
    (tmp_path / "in/book/index.md").write_text(
        "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
        f"# Page\n\n{body}\n"
    )
    result = build(tmp_path / "in", tmp_path / "out")
    assert (result.returncode == 0) == (fault is None), result.stdout[-2000:] + result.stderr[-2000:]
    assert complaint in result.stderr, result.stderr[-2000:]
    assert not list((tmp_path / "out").rglob("notes*"))


def test_titles_of_sources_show_no_dollars(site: Path) -> None:
    """A formula in a title from BibTeX is set like any other."""
    found = 0
    for path in (site / "book").glob("*.html"):
        for source in re.findall(r'<div class="citation".*?</div>', path.read_text(encoding="utf-8"), re.S):
            assert "$" not in re.sub(r"<annotation.*?</annotation>", "", source), path.name
            found += 'class="katex"' in source
    assert found
