"""Ways to a notebook: the links of a chapter, the page that starts one, and what is built for it."""

from __future__ import annotations

import doctest
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser import chromium
from jinja2 import DictLoader, Environment
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served import served

sys.path.insert(0, str(Path(__file__).parents[2] / "book/_ext"))
import start_links

from tools import lite

ROOT = Path(__file__).parents[2]
THEME = ROOT / "book/_theme/course"
LINK = (
    '<a class="reference download internal" download="" href="../_downloads/{}/adaptive.ipynb">'
    '<code class="{}">'
)
BODY = "<h1>Adam</h1><p>Text.</p><h2>The assignment<a>#</a></h2>" + "".join(
    f"<p>{LINK.format(number, kind)}x</code></a></p>" for number, kind in ((1, "xref"), (2, "xref myst-nb"))
)
GITHUB = {"repository_url": "https://github.com/nets/course.git", "repository_branch": "term"}


def add(tmp_path: Path, options: dict[str, str]) -> str:
    """A chapter's page with its links to notebooks."""
    notebook = tmp_path / "assignments/adaptive/adaptive.ipynb"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.touch()
    app: Any = SimpleNamespace(srcdir=tmp_path, config=SimpleNamespace(html_theme_options=options))
    context: dict[str, Any] = {"body": BODY, "content_root": "../"}
    doctree: Any = object()
    start_links.add(app, "book/adaptive", "page.html", context, doctree)
    return str(context["body"])


def test_a_chapter_leads_to_its_first_figure_to_play_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the title a link leads to the first figure that has a script, and to none where there is none."""
    assert "play with" not in add(tmp_path, {})
    still, moving = '<figure class="a" id="f1"><img></figure>', '<figure id="f{}"><script></script></figure>'
    monkeypatch.setitem(globals(), "BODY", BODY + still + moving.format(2) + moving.format(3))
    assert add(tmp_path, {}).count('<a href="#f2">A figure to play with</a>') == 1


def test_a_chapter_leads_to_its_notebooks(tmp_path: Path) -> None:
    """Below the title both downloads; there and at the assignment the browser's, in a comment."""
    page = add(tmp_path, {})
    top = page[: page.index("<p>Text")]
    assert '<a href="../_downloads/1/adaptive.ipynb" download>Assignment' in top
    assert '<a href="../_downloads/2/adaptive.ipynb" download>This chapter' in top
    places = ('<!--when:lite <a href="{}">', '<!--when:lite <a class="go" href="{}">')
    first, second = (page.index(one.format("../run.html?open=adaptive/adaptive.ipynb")) for one in places)
    assert first < page.index("The assignment") < second
    assert "Colab" not in page


def test_a_named_repository_brings_colab_and_binder(tmp_path: Path) -> None:
    """Their addresses name the repository, its branch and the notebook; another host brings none."""
    page = add(tmp_path, GITHUB)
    end = "assignments/adaptive/adaptive.ipynb"
    assert page.count(f"https://colab.research.google.com/github/nets/course/blob/term/{end}") == 2
    assert page.count(f"https://mybinder.org/v2/gh/nets/course/term?labpath={end}") == 2
    inside = start_links.elsewhere({**GITHUB, "path_to_docs": "public/"})
    assert all(address.endswith("public/assignments/") for address in inside.values())
    for other in ("https://gitlab.example/nets/course", "https://github.com/executablebooks/jupyter-book"):
        assert start_links.elsewhere({"repository_url": other}) == {}
    assert doctest.testmod(start_links).failed == 0


def test_lite_carries_what_students_get_and_asks_no_index(tmp_path: Path) -> None:
    """Notebooks with data beside them, no text source; the publisher's Pyodide is carried and used."""
    for name in ("adam.md", "adam/adam.ipynb", "adam/digits.npz", "carry.py", "__pycache__/carry.py"):
        path = tmp_path / "assignments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "pyodide").mkdir()
    (tmp_path / "pyodide/pyodide.mjs").touch()
    work, packages = tmp_path / "work", tmp_path / "packages"
    found = lite.prepare(work, packages, tmp_path / "assignments", str(tmp_path / "pyodide"), "Nets")
    assert found == ["adam/adam.ipynb"]
    carried = sorted(path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file())
    names = ("contents/adam/adam.ipynb", "contents/adam/digits.npz", "contents/carry.py")
    assert carried == [*names, "jupyter-lite.json", "jupyter_lite_config.json", "static/pyodide/pyodide.mjs"]
    told = json.loads((work / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert list(told["litePluginSettings"].values()) == [
        {"pyodideUrl": "./static/pyodide/pyodide.mjs", "disablePyPIFallback": True}
    ]
    with pytest.raises(ValueError, match=r"where no pyodide\.mjs is; give the folder"):
        lite.prepare(work, packages, tmp_path / "assignments", str(tmp_path / "nowhere"), "Nets")


def test_the_kernel_and_pyodide_fit() -> None:
    """The address of Pyodide is pinned, and so are JupyterLite's packages, with their hashes."""
    lock = (ROOT / "tools/lite.txt").read_text(encoding="utf-8")
    assert lock.count("==") == lock.count("--hash=sha256:") == 4
    assert "/v314.0.6/" in lite.PYODIDE and "jupyterlite-pyodide-kernel==0.8.6" in lock


# -------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page run.html as the theme has it, without the rest of the book."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "_static").mkdir()
    for name in ("page.js", "run.js"):
        shutil.copy(THEME / "static" / name, folder / "_static")
    base = '<!DOCTYPE html><html data-content_root="./"><link rel="icon" href="data:,"><body>'
    scripts = '<nav id="contents" hidden></nav><script defer src="_static/page.js"></script>'
    files = {"layout.html": base + scripts + "{% block body %}{% endblock %}"}
    files["run.html"] = (THEME / "run.html").read_text(encoding="utf-8")
    head = {"elsewhere": start_links.elsewhere(GITHUB)}
    page = Environment(loader=DictLoader(files), autoescape=False).get_template("run.html")
    html = page.render(head=head, root="", root_doc="index", pathto=lambda name, resource=0: name)
    (folder / "run.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as found:
        yield found


def start(browser: Chrome, address: str) -> None:
    browser.get(address)
    browser.find_element(By.CSS_SELECTOR, "button.go").click()


def told(browser: Chrome, words: str) -> None:
    """Wait until the page says so."""
    WebDriverWait(browser, 60).until(lambda found: words in found.find_element(By.CSS_SELECTOR, ".told").text)


def put_lite(site: Path, pyodide: str) -> None:
    """JupyterLite as far as the page looks at it."""
    (site / "lite/notebooks").mkdir(parents=True, exist_ok=True)
    told = json.dumps(lite.settings(pyodide, "Nets"))
    (site / "lite/jupyter-lite.json").write_text(told, encoding="utf-8")
    (site / "lite/notebooks/index.html").write_text("<h1>Jupyter</h1>", encoding="utf-8")
    (site / "lite/pyodide.mjs").write_text("", encoding="utf-8")


def test_start_goes_to_the_notebook_or_says_why_not(browser: Chrome, site: Path) -> None:
    """Without JupyterLite, or where Pyodide does not answer, a sentence; else the notebook opens there."""
    (site / "404.html").write_text("", encoding="utf-8")
    with served(site) as base:
        address = f"{base}/run.html?open=adam/adam.ipynb"
        start(browser, address)
        told(browser, "comes without Python. Take one of the other ways below.")
        ways = [
            link.get_attribute("href") or "" for link in browser.find_elements(By.CSS_SELECTOR, ".ways a")
        ]
        assert [way.endswith("assignments/adam/adam.ipynb") for way in ways] == [False, True, True]
        put_lite(site, "https://pyodide.invalid/pyodide.mjs")
        start(browser, address)
        told(browser, "cannot be loaded from pyodide.invalid.")
        put_lite(site, "./pyodide.mjs")
        start(browser, address)
        WebDriverWait(browser, 60).until(lambda found: "/lite/" in found.current_url)
        assert browser.current_url == f"{base}/lite/notebooks/index.html?path=adam/adam.ipynb"
    start(browser, (site / "run.html").as_uri())
    told(browser, "opened from a file")


@pytest.mark.parametrize(
    "asked", ["https://a.example/x.ipynb", "../../x.ipynb", "javascript:alert(1)//x.ipynb"]
)
def test_only_notebooks_of_the_course_are_opened(browser: Chrome, site: Path, asked: str) -> None:
    """Another address in ``open`` is not shown, and opens JupyterLab alone."""
    put_lite(site, "./pyodide.mjs")
    (site / "lite/lab").mkdir(exist_ok=True)
    (site / "lite/lab/index.html").write_text("<h1>Lab</h1>", encoding="utf-8")
    with served(site) as base:
        browser.get(f"{base}/run.html?open={asked}")
        assert browser.find_element(By.CSS_SELECTOR, ".which").text == ""
        browser.find_element(By.CSS_SELECTOR, "button.go").click()
        WebDriverWait(browser, 60).until(lambda found: found.current_url == f"{base}/lite/lab/index.html")
