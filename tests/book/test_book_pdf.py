"""The book as one PDF: what is joined, where its links lead, and that Chromium prints it."""

from __future__ import annotations

import doctest
import json
import re
import shutil
from pathlib import Path

import pytest

from tools import book_pdf, extras

THEME = Path(__file__).parents[2] / "book/_theme/course/static"
PAGES = ["book/index", "book/adaptive"]
PAGE = """<main><article class="bd-article"><section id="top">
<h1>{name}<a class="headerlink" href="#top">#</a></h1><p><a href="{other}.html#top">there</a>
<a href="../_downloads/n.ipynb">file</a> <a href="https://a.example/">far</a>
<!--when:lite <a href="lite/">play</a> --></p><img class="on-light" src="../_images/a.svg" loading="lazy">
<img class="on-dark x" src="../_images/a.dark.svg"><details><summary>More</summary><p>Folded.</p></details>
<script type="application/json" data-from="data/a.js"></script></section></article></main>
<footer class="foot"><p>The course, by <a href="x">us</a>.<!--when:pdf PDF--></p></footer>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of two pages that link each other, with a drawing and a figure's data."""
    html = tmp_path / "html"
    for folder in ("book", "_static/data", "_images"):
        (html / folder).mkdir(parents=True)
    for page, other in (PAGES, PAGES[::-1]):
        text = PAGE.format(name=f"3. {Path(page).name} &amp; more", other=Path(other).name)
        (html / f"{page}.html").write_text(text, encoding="utf-8")
    data = f"window.figureData = {json.dumps(json.dumps({'a': 1}))};\n"
    (html / "_static/data/a.js").write_text(data, encoding="utf-8")
    (html / "_images/a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    for name in ("page.js", "print.css"):
        kind = Path(name).suffix
        shutil.copy(THEME / name, html / f"_static/site{kind}")
    (html / "_static/figure.js").write_text("", encoding="utf-8")
    return html


@pytest.mark.parametrize("module", [book_pdf, extras])
def test_the_docstrings_examples_run(module: object) -> None:
    """Every example of the two tools gives what it shows."""
    results = doctest.testmod(module)  # type: ignore[arg-type]  # a module, which pytest gives as an object
    assert results.attempted and not results.failed


def test_links_lead_to_pages_inside_and_to_files_of_the_site(site: Path) -> None:
    """A link to a page is one inside of the PDF and hits an id; a file needs the site's address."""
    for address, files in (("", []), ("https://nets.example/", ["https://nets.example/_downloads/n.ipynb"])):
        joined = book_pdf.join(site, PAGES, "Nets", address)
        inner = re.findall(r'href="#([^"]+)"', joined)
        assert {"index--top", "adaptive--top", "index", "adaptive"} == set(inner)
        assert set(inner) <= set(re.findall(r' id="([^"]+)"', joined))
        found = [to for to in re.findall(r'<a href="([^"#]+)"', joined) if "a.example" not in to]
        assert sorted(set(found)) == files
        assert len(re.findall(r' id="([^"]+)"', joined)) == len(set(re.findall(r' id="([^"]+)"', joined)))


def test_the_paper_has_one_form_of_each_drawing_and_the_figures_data(site: Path) -> None:
    """Drawings for dark pages and links that wait for something go; a figure's data stands in the page."""
    joined = book_pdf.join(site, PAGES, "Nets")
    assert joined.count('src="../html/_images/a.svg"') == 2 and "a.dark.svg" not in joined
    assert "lazy" not in joined and "when:" not in joined and "play" not in joined
    assert joined.count('<script type="application/json">{"a": 1}</script>') == 2
    assert '@page adaptive { @top-right { content: "3. adaptive & more"; } }' in joined


def test_chromium_prints_it_with_an_outline(site: Path) -> None:
    """A PDF of a cover and two pages, headings as its outline; pages of the site then name it."""
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("Chromium is not installed (apt install chromium)")
    target = site / "nets.pdf"
    book_pdf.print_page(book_pdf.prepare(site, site.parent / "pdf", PAGES, "Nets"), target)
    content = target.read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") == 3
    titles = [b"/Title (3. index & more)", b"/Title (3. adaptive & more)"]
    assert b"/Outlines" in content and [content.count(title) for title in titles] == [1, 1]
    assert extras.reveal_all(site, "pdf") == 2
    assert ">us</a>.PDF</p>" in (site / "book/adaptive.html").read_text(encoding="utf-8")


def test_a_machine_without_chromium_is_told_what_to_type(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the package."""
    monkeypatch.setenv("PATH", str(site))
    with pytest.raises(RuntimeError, match="apt install chromium"):
        book_pdf.print_page(site / "book/index.html", site / "nets.pdf")
