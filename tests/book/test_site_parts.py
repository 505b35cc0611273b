"""What makes the site out of the pages: minutes, drawings, styles, formulas, search; without a build."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from docutils.utils import new_document
from figures import node

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
sys.path.insert(0, str(Path(__file__).parents[2] / "book/_ext"))
import drawings
import finish
import formula_words
import hero
import lab
import maths
import minutes
import offline
import page_head
import search_data

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "book/_theme/course/static"
CHAPTERS = sorted(path for path in (ROOT / "book").glob("*.md") if ":class: path" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_says_its_minutes(path: Path) -> None:
    """The minutes that a chapter names for its core are those counted in its source."""
    text = path.read_text(encoding="utf-8")
    (told,) = re.findall(r"^\*\*Core\*\*: .*?\babout (\d+) minutes", text, re.M)
    assert int(told) == minutes.core_minutes(text)


def test_every_figure_to_play_with_has_a_caption() -> None:
    """A cell that shows one gives it a caption, and so the page a number; each chapter has one."""
    shows = re.compile(r'_static/\w+\.js" defer|^race\.widget\(|^\)\.show\(\)$', re.M)
    found = {
        path.stem: [
            cell
            for cell in re.findall(r"^```{code-cell}\n(.*?)^```", text, re.M | re.S)
            if shows.search(cell)
        ]
        for path in CHAPTERS
        for text in [path.read_text(encoding="utf-8")]
    }
    assert [name for name, cells in found.items() if not cells] == []
    bare = [name for name, cells in found.items() for cell in cells if "  figure:\n    caption:" not in cell]
    assert bare == [] and sum(map(len, found.values())) >= 15


def test_a_description_holds_words_and_no_markup() -> None:
    """A glossary word is raw HTML in the page; of it the description has what a reader sees."""
    link = '<a class="term" href="glossary.html#x" data-note="a &gt; b">descent &amp; ascent</a>'
    said = nodes.paragraph("", "", nodes.Text("Steps of "), nodes.raw("", link, format="html"))
    said += nodes.Text(", one after the other, until the gradient is small enough.")
    document = new_document("page")
    document += said
    words = "Steps of descent & ascent, one after the other, until the gradient is small enough."
    assert page_head.description(document, "") == words


def test_folded_parts_take_no_minutes() -> None:
    """Words in hidden cells, fold-outs, options and behind the summary are not counted."""
    core = (
        "# T\n\n" + "word " * 1400 + "\n\n```{code-cell}\n:tags: [hide-input]\n\n" + "x = 1\n" * 900 + "```\n"
    )
    folded = "\n::::{admonition} P\n:class: predict\n\n```{dropdown} a\n" + "word " * 900 + "\n```\n::::\n"
    assert minutes.core_minutes(core + folded + "\n(t-summary)=\n## Summary\n" + "word " * 900) == 5
    assert minutes.core_minutes(core.replace("hide-input", "other") + folded) == 15


def test_drawings_have_the_courses_colours_in_the_dark() -> None:
    """The twin of a drawing has lab.py's dark inks; greys turn, and white becomes the ground."""
    assert {lab.INK[name]: lab.INK_DARK[name] for name in lab.INK} == drawings.INK
    dark = drawings.darken(
        '<svg><path style="fill: #ffffff; stroke: #000000"/><path style="fill: #0b5fa5"/></svg>'
    )
    ground, text = (
        "#" + "".join(f"{part:02x}" for part in color) for color in (drawings.GROUND, drawings.TEXT)
    )
    assert f"fill: {ground}; stroke: {text}" in dark and "fill: #8cc4ff" in dark
    base = (STATIC / "base.css").read_text(encoding="utf-8")
    assert f"--ground: {ground};" in base and f"--ink: {text};" in base


def test_a_drawing_loses_its_white_ground_and_keeps_its_lines() -> None:
    """The figure's and the axes' white patches go; a white shape elsewhere and the lines' places stay."""
    patch = '<g id="patch_{}"><path d="M 0 0 L 9.87654 0" style="fill: #ffffff"/></g>'
    svg = drawings.lighten("<svg>" + patch.format(1) + patch.format(2) + patch.format(7) + "</svg>")
    assert svg.count("fill: none") == 2 and svg.count("fill: #ffffff") == 1 and "L 9.88 0" in svg


def test_the_letters_of_a_drawing_keep_their_size() -> None:
    """Places are rounded and scales are not, so that letters are as large as their places ask."""
    label = '<g transform="translate({} {}) scale(0.115 -0.115)"><path d="M 6 {}" transform="scale(0.0156)"/>'
    assert drawings.lighten(label.format(12.3456, 7.891, 0.123)) == label.format(12.3, 7.89, 0.12)


def test_images_get_their_size_and_a_twin(tmp_path: Path) -> None:
    """An image's tag becomes two, light and dark, with width, height and the same alternative text."""
    for name in ("a.svg", "a.dark.svg"):
        (tmp_path / name).write_text('<svg width="72pt" height="36pt"></svg>')
    html = drawings.place_images(tmp_path / "p.html", '<p><img alt="A line." class="x" src="a.svg" /></p>')
    assert html == (
        '<p><img alt="A line." class="on-light x" src="a.svg" width="96" height="48" loading="lazy">'
        '<img alt="A line." class="on-dark x" src="a.dark.svg" width="96" height="48" loading="lazy"></p>'
    )


def test_formulas_carry_mathml_and_unknown_commands_are_refused() -> None:
    """A formula is HTML with MathML inside; one that KaTeX does not know, or only kindly, is an error."""
    assert "<math" in maths.set_latex(r"\tfrac12 \kappa", False)["html"]
    assert "Undefined control sequence" in maths.set_latex(r"\slopeof{w}", False)["error"]
    assert "error" in maths.set_latex("☃", False)


def test_the_picture_of_the_front_page_shows_what_it_says() -> None:
    """The large rate leaves the picture, the small one is far behind, the falling rate ends nearest."""
    large, small, momentum, falling = (hero.path(run) for run in hero.RUNS)
    ends = [float((path[-1] ** 2).sum() ** 0.5) for path in (small, momentum, falling)]
    assert abs(large[-1][1]) > 1 and len(large) < len(small)
    assert ends[0] > 2 * ends[1] > 4 * ends[2]


def test_the_map_of_the_site_needs_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SITE_URL there is a map with every page, and robots.txt names it; without it there is none."""
    app: Any = SimpleNamespace(env=SimpleNamespace(found_docs={"book/index", "book/adaptive"}))
    monkeypatch.delenv("SITE_URL", raising=False)
    finish.map_site(app, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("SITE_URL", "https://nets.example/course/")
    finish.map_site(app, tmp_path)
    text = (tmp_path / "sitemap.xml").read_text(encoding="utf-8")
    assert re.findall("<loc>(.*?)</loc>", text) == [
        f"https://nets.example/course/book/{name}.html" for name in ("adaptive", "index")
    ]
    assert "Sitemap: https://nets.example/course/sitemap.xml" in (tmp_path / "robots.txt").read_text()


@pytest.mark.parametrize("inner", ["", "<p></p>", "<p><strong></strong></p>"])
def test_an_empty_head_of_a_table_is_no_head(inner: str) -> None:
    """A head without words becomes an ordinary cell; one with words stays."""
    assert (
        offline.HEAD.sub(offline.mend_head, f'<th class="head">{inner}</th>')
        == f'<td class="head">{inner}</td>'
    )
    words = '<th class="head"><p>rate</p></th>'
    assert offline.HEAD.sub(offline.mend_head, words) == words


def test_a_heading_is_called_by_its_words() -> None:
    """Its link's sign is no part of its name, and the link says where it leads."""
    link = '<a class="headerlink" href="#ball" title="Link to this heading"'
    html = f"<h2>Momentum: <em>a ball</em>{link}>#</a></h2>"
    assert offline.HEADING.sub(offline.mend_heading, html) == (
        '<h2 aria-labelledby="name-ball"><span id="name-ball">Momentum: <em>a ball</em></span>'
        f'{link} aria-label="Link to: Momentum: a ball">#</a></h2>'
    )


# -------------------------------------------------------------------------------------------- search


def search(rows: list[list[str]], queries: list[str]) -> dict[str, list[str]]:
    """The titles that the search finds for each query."""
    data = json.dumps({"rows": rows, "same": search_data.SAME, "queries": queries})
    code = (
        f"const {{ Index }} = require({json.dumps(str(STATIC / 'search.js'))});"
        "const given = JSON.parse(require('fs').readFileSync(0, 'utf8')), index = new Index(given);"
        "const pairs = given.queries.map((query) => [query, index.find(query).map((row) => row.title)]);"
        "console.log(JSON.stringify(Object.fromEntries(pairs)));"
    )
    done = subprocess.run([node(), "-e", code], input=data, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


ROWS = [
    ["book/adaptive", "adam", "Adam: both averages", "Adaptive", "A step of its own for every weight."],
    ["book/adaptive", "eps", "What ε is for", "Adaptive", "It keeps the division from exploding."],
    ["book/initialization", "dead", "Dead units", "Initialisation", "A ReLU that is zero for every input."],
    ["book/momentum", "rates", "κ, √κ, and what 0.9 does", "Momentum", "How many updates a valley needs."],
    ["book/batch_norm", "test", "At test time", "Batch normalisation", "The evaluation mode takes averages."],
    ["book/glossary", "term-x", "condition number", "Glossary", "The ratio of curvatures."],
]


def test_the_search_finds_words_symbols_and_synonyms() -> None:
    """Names, letters and what readers call things lead to their sections; nonsense leads nowhere."""
    first = {
        "adam": "Adam: both averages",
        "eps": "What ε is for",
        "epsilon": "What ε is for",
        "kappa": "condition number",
        "dead ReLU": "Dead units",
        "batch norm inference": "At test time",
    }
    found = search(ROWS, [*first, "κ", "initialization", "zebra"])
    assert {query: titles[:1] for query, titles in found.items() if query in first} == {
        query: [title] for query, title in first.items()
    }
    assert "κ, √κ, and what 0.9 does" in found["κ"] and "condition number" in found["κ"]
    assert found["zebra"] == []


def test_the_search_shows_words_and_no_markup() -> None:
    """A glossary's word stays in its sentence, a formula can be read, a term's name is not told twice."""
    word = '<a class="term" href="glossary.html#x" data-note="a &gt; b">learning rate</a>'
    said = nodes.paragraph("", "", nodes.Text("A "), nodes.raw("", word, format="html"), nodes.Text(" of "))
    said += [nodes.math("", r"\tfrac{1}{\sqrt{\hat v_t}} + \beta_1^{-2}"), nodes.Text("; then stop.")]
    section = nodes.section("", nodes.title("", "Steps"), said, nodes.raw("", "<b>x</b>", format="html"))
    assert search_data.words(section) == "A learning rate of 1/(√(v̂_t)) + β₁⁻²; then stop."
    entry = nodes.definition_list_item(
        "", nodes.term("", "step"), nodes.definition("", nodes.paragraph("", "A move."))
    )
    assert search_data.words(entry) == "A move."


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_formula_can_be_read_as_text(path: Path) -> None:
    """No command, no brace and no bracket without content is left of a chapter's formulas."""
    text = re.sub(r"^```{code-cell}.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    formulas = re.findall(r"\$\$(.+?)\$\$", text, re.S) + re.findall(r"(?<!\$)\$([^$\n]+)\$(?!\$)", text)
    told = {formula: formula_words.readable(formula) for formula in formulas}
    commands = {name for formula in formulas for name in re.findall(r"\\([A-Za-z]{4,})", formula)}
    known = {"tanh", "varnothing", "argmin"}
    left = [
        (formula, said)
        for formula, said in told.items()
        if re.search(r"\\|\(\)|\(\(\)", said) or (commands - known) & set(re.findall(r"[A-Za-z]{4,}", said))
    ]
    assert told and left == []


def test_the_search_marks_what_is_asked_for() -> None:
    """Words that begin like those asked for are marked, and symbols that mean the same."""
    code = (
        f"const {{ Index, marked }} = require({json.dumps(str(STATIC / 'search.js'))});"
        "const same = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "const wants = new Index({ rows: [], same }).wants('kappa steps');"
        "const found = marked('The κ of a step, kappas', wants).filter(([, on]) => on);"
        "console.log(JSON.stringify(found.map(([word]) => word)));"
    )
    given = json.dumps(search_data.SAME)
    done = subprocess.run([node(), "-e", code], input=given, stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(done.stdout) == ["κ", "step", "kappas"]


# --------------------------------------------------------------------------------------------- files


def test_the_faces_are_subsets_with_their_licence() -> None:
    """The faces weigh under 100 KB together and stand beside their licence; so do those of formulas."""
    faces = list((STATIC / "fonts").glob("*.woff2"))
    assert len(faces) == 6 and sum(face.stat().st_size for face in faces) < 100_000
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts/LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in (STATIC / "katex/LICENSE.txt").read_text(encoding="utf-8")


def test_scripts_and_styles_are_small() -> None:
    """All scripts and styles of the theme together weigh less than a stock theme's smallest script."""
    parts = [path.read_bytes() for path in STATIC.iterdir() if path.suffix in (".css", ".js")]
    assert len(gzip.compress(b"".join(parts))) < 40_000


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.glob("*.css")))
def test_squeezing_keeps_every_rule(name: str) -> None:
    """A squeezed stylesheet has as many rules and declarations as before."""
    text: Any = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.S)
    small = finish.squeeze(text)
    assert [small.count(mark) for mark in "{};"] == [text.count(mark) for mark in "{};"] and "\n" not in small
