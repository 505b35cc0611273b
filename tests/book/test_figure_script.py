"""What the figures that the reader plays with share: ``figure.js``, in node and in a browser."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from browser import chromium
from figures import STATIC, ask
from scipy import stats
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

matplotlib.use("Agg")
sys.path.insert(0, str(STATIC.parent))
import lab
import race
from graph_stepper import Edge, Graph, Node, Slider, Step

NAMES = sorted(path.stem for path in STATIC.glob("*.js") if path.stem != "figure")


# ------------------------------------------------------------------------------------------ in node


def mulberry32(seed: int, count: int) -> list[float]:
    """The generator in Python, with a mask where JavaScript has 32 bits."""
    mask, numbers = 0xFFFFFFFF, []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & mask
        t = ((seed ^ seed >> 15) * (seed | 1)) & mask
        t ^= (t + (t ^ t >> 7) * (t | 61)) & mask
        numbers.append((t ^ t >> 14) / 2**32)
    return numbers


def test_the_generator_is_mulberry32() -> None:
    """Seeds small, large and 0 give the numbers of an independent implementation."""
    seeds = [0, 1, 12345, 2**31, 2**32 - 1]
    made = ask(
        "figure",
        "given.map((s) => { const u = mulberry32(s); return Array.from({ length: 50 }, () => u()); })",
        seeds,
    )
    assert made == [mulberry32(seed, 50) for seed in seeds]


def test_the_normals_are_standard_normal_and_repeat() -> None:
    """40,000 numbers pass for standard normal ones; a seed repeats them, another gives others."""
    first, again, other = ask(
        "figure", "[normals(7, 40000), normals(7, 40001), normals(8, 40000)].map((a) => [...a])"
    )
    assert again[:40000] == first and other[:100] != first[:100] and len(again) == 40001
    assert stats.kstest(first, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.025
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.025


def test_numbers_and_paths_as_text() -> None:
    """A true minus sign, bounds that hold, and one decimal for each coordinate of a path."""
    assert ask("figure", "[minus(-2.5), minus(3), minus('-0.10')]") == ["−2.5", "3", "−0.10"]
    assert ask("figure", "[-1, 0.5, 7].map((x) => clamp(x, 0, 2))") == [0, 0.5, 2]
    assert ask("figure", "line([[0, 1], [2.25, -3.04]])") == "M0.0 1.0L2.3 -3.0"


# ------------------------------------------------------------------------------- the pages and the scripts


def test_figure_js_is_on_every_page_and_each_figure_where_it_is_used() -> None:
    """The page template loads figure.js; every other script is named by the cell that shows it."""
    layout = (STATIC.parent / "_theme/course/layout.html").read_text(encoding="utf-8")
    loaded = re.findall(r"<script defer src=\"{{ pathto\('_static/([\w.]+)'", layout)
    assert loaded == ["figure.js", "site.js"]
    cells = "".join(
        path.read_text(encoding="utf-8") for kind in ("*.md", "*.py") for path in STATIC.parent.glob(kind)
    )
    assert sorted(set(re.findall(r'<script src="../_static/(\w+)\.js" defer></script>', cells))) == NAMES


@pytest.mark.parametrize("name", ["figure", *NAMES])
def test_a_script_asks_nobody_for_anything(name: str) -> None:
    """The only address in the scripts is the name of SVG, and nothing is fetched or imported."""
    text = (STATIC / f"{name}.js").read_text(encoding="utf-8")
    addresses = {"http://www.w3.org/2000/svg"} if name == "figure" else set()
    assert set(re.findall(r"https?://[^\"'`\s]+", text)) == addresses
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|createElement\(", text)


# --------------------------------------------------------------------------------------- in a browser


def graph() -> str:
    """A product of two numbers, to be stepped through."""
    nodes = [Node("a", 30, 40), Node("b", 30, 120), Node("f", 120, 80)]
    edges = [Edge("a", "f", "{value.b}"), Edge("b", "f", "{value.a}")]
    steps = [Step(("value.a", "value.b"), "a = {value.a}"), Step(("value.f",), "f = {value.f}")]
    settings = [
        {"value.a": a, "value.b": b, "value.f": a * b, "grad.a": b, "grad.b": a, "grad.f": 1}
        for a in range(3)
        for b in range(3)
    ]
    sliders = [Slider("a", 0, 2, 1), Slider("b", 0, 2, 1)]
    return Graph("product", 150, 160, nodes, edges, steps, settings, sliders).show().data


def races() -> str:
    """Two methods on a bowl, forty steps from one of two starts."""
    starts = ((1.0, 0.5), (-1.0, 0.5))
    bowl = race.Track("bowl", lambda x, y: x**2 + y**2, 2.0, starts, ((0.0, 0.0),), (0.25, 1.0))
    runs = np.array(starts)[:, None] * 0.9 ** np.arange(41)[:, None]
    methods = ("sgd", "adam")
    return race.widget(
        [bowl], {m: {"bowl": 0.1} for m in methods}, {m: {"bowl": runs} for m in methods}, label="race"
    ).data


def hosts() -> list[str]:
    """The HTML of every figure, as its cell prints it; the graph twice, as a page may."""
    rows = json.dumps(np.random.default_rng(0).normal(4, 1.5, 40).round(2).tolist())
    points = json.dumps(np.random.default_rng(0).normal(0, 1, (100, 2)).round(2).tolist())
    shares = json.dumps({"easy": {"all on": [90, 91, 92], "none": [80, 82, 83]}})
    digits = "data-ones='{0}' data-sevens='{0}' data-running='[0, 1]'".format(json.dumps([*range(-40, 41)]))
    data = {
        "ablation": f"data-rows='{shares}'",
        "batch_arrows": f"data-points='{points}'",
        "batch_layer": f"data-rows='{rows}'",
        "batch_mix": digits,
        "rate_designer": 'data-constant="0.03" data-best="0.01"',
    }
    plain = [name for name in NAMES if name not in {"race", "graph_stepper"}]
    return [races(), graph(), graph()] + [
        f'<div class="{name.replace("_", "-")}" role="group" {data.get(name, "")}><p>It moves.</p></div>'
        f'<script src="../_static/{name}.js" defer></script>'
        for name in plain
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every figure, in a folder beside the scripts."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(STATIC, site / "_static")
    path = site / "book/page.html"
    path.parent.mkdir()
    path.write_text(
        '<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="../_static/course.css">'
        '<script src="../_static/figure.js" defer></script></head><body>'
        f"{''.join(hosts())}</body></html>",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    """One browser for all of this module's pages."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(driver: Chrome, page: Path) -> Iterator[Chrome]:
    """The browser with the page just opened from ``file://``; whatever a test does there, no script fails."""
    driver.get(page.as_uri())
    yield driver
    assert [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_every_figure_is_drawn_once(browser: Chrome) -> None:
    """Each host has pictures that are SVG throughout and named or hidden, instead of its first sentence."""
    hosts = browser.find_elements(By.CSS_SELECTOR, ".course-figure")
    assert len(hosts) == len(NAMES) + 1
    assert len(browser.find_elements(By.CSS_SELECTOR, "head style")) == len(NAMES)
    for host in hosts:
        name = host.get_attribute("class")
        assert "It moves." not in host.text and "This figure moves" not in host.text, name
        pictures = host.find_elements(By.CSS_SELECTOR, ":scope > svg")
        assert pictures and all(picture.size["height"] > 50 for picture in pictures), name
        for picture in pictures:
            assert picture.get_attribute("aria-label") or picture.get_attribute("aria-hidden"), name
    inner = "[...document.querySelectorAll('svg *')].map((element) => element.namespaceURI)"
    spaces = browser.execute_script(f"return {inner}")
    assert set(spaces) == {"http://www.w3.org/2000/svg"}
    (words, *_) = browser.find_elements(By.CSS_SELECTOR, ".graph-stepper .say")
    assert words.text == "a = 1"


def test_every_slider_moves_by_the_keyboard_and_says_where_it_is(browser: Chrome) -> None:
    """An arrow key moves it, it stays there, its value's words follow, and the focus can be seen."""
    sliders = browser.find_elements(By.CSS_SELECTOR, "input[type=range]:enabled")
    assert len(sliders) >= 20
    for slider in sliders:
        name = slider.get_attribute("aria-label")
        before = slider.get_attribute("value"), slider.get_attribute("aria-valuetext")
        full = float(before[0]) + float(slider.get_attribute("step")) > float(slider.get_attribute("max"))
        keys = Keys.ARROW_LEFT if full else Keys.ARROW_RIGHT
        slider.send_keys(*[keys] * 3)
        after = slider.get_attribute("value"), slider.get_attribute("aria-valuetext")
        assert name and after[0] != before[0] and after[1] != before[1], name
        assert slider.value_of_css_property("outline-style") == "solid", name


def test_every_button_and_box_answers_to_the_space_key(browser: Chrome) -> None:
    """What a figure says or draws changes, save where the button's choice is made already."""
    seen = "const host = arguments[0].closest('.course-figure'); return host.innerHTML + host.innerText"
    controls = browser.find_elements(By.CSS_SELECTOR, ".course-figure :is(button, input[type=checkbox])")
    assert len(controls) >= 30
    silent = []
    for control in controls:
        before = browser.execute_script(seen, control), control.is_selected()
        control.send_keys(Keys.SPACE)
        if (browser.execute_script(seen, control), control.is_selected()) == before:
            silent.append(control.text)
    assert silent == ["◀ Back", "◀ Back", "constant", "tanh", "σ = 0.01"]


def test_radio_buttons_move_by_arrow_keys(browser: Chrome) -> None:
    """The next one of a group is chosen, and no other group changes with it."""
    groups = browser.find_elements(By.CSS_SELECTOR, ".course-figure fieldset:has(input[type=radio])")
    assert len(groups) >= 4
    for group in groups:
        radios = group.find_elements(By.TAG_NAME, "input")
        if len(radios) < 2:
            continue
        chosen = [radio.is_selected() for radio in radios].index(True)
        others = browser.find_elements(By.CSS_SELECTOR, "input[type=radio]:checked")
        radios[chosen].send_keys(Keys.ARROW_RIGHT)
        assert radios[(chosen + 1) % len(radios)].is_selected(), group.text
        assert sum(other.is_selected() for other in others) == len(others) - 1, group.text


def test_a_pointer_drags_what_is_drawn(browser: Chrome) -> None:
    """A press on the map of rate and momentum sets both, in the drawing's units at any width."""
    picture = browser.find_element(By.CSS_SELECTOR, ".momentum-map .map")
    values = browser.find_elements(By.CSS_SELECTOR, ".momentum-map output")
    scale = picture.size["width"] / 360
    ActionChains(browser).move_to_element(picture).click_and_hold().perform()
    assert [float(value.text) for value in values[:2]] == pytest.approx([1.81, 0.45], abs=0.05)
    ActionChains(browser).move_by_offset(round(77.5 * scale), round(34 * scale)).release().perform()
    assert [float(value.text) for value in values[:2]] == pytest.approx([2.81, 0.25], abs=0.05)
    ActionChains(browser).move_by_offset(-50, 0).perform()  # no button is down any more
    assert float(values[0].text) == pytest.approx(2.81, abs=0.05)


def finger(phone: Chrome, picture: str, across: int, down: int) -> float:
    """Put a finger on a picture's middle, move it by so many pixels, lift it; the page's place before it."""
    x, y, before = phone.execute_script(
        "const one = document.querySelector(arguments[0]);"
        "one.scrollIntoView({ block: 'center', behavior: 'instant' });"
        "const at = one.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2, scrollY]",
        picture,
    )
    places = [{"x": x + across * part / 10, "y": y + down * part / 10} for part in (0, 2, 5, 8, 10)]
    kinds = ["touchStart", *["touchMove"] * 4, "touchEnd"]
    for kind, place in zip(kinds, [*places, None], strict=True):
        touch = {"type": kind, "touchPoints": [place] if place else []}
        phone.execute_cdp_cmd("Input.dispatchTouchEvent", touch)
    two_frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"
    phone.execute_async_script(two_frames)  # a scroll reaches the page with its next frame
    return float(before)


@pytest.mark.parametrize(
    "picture", [".momentum-map .map", ".rate-designer .rate", ".search-projection .place"]
)
def test_a_finger_scrolls_past_a_picture_and_steers_it_sideways(page: Path, picture: str) -> None:
    """A swipe up scrolls the page and changes nothing; a tap, or a swipe to the side, moves what is drawn."""
    with chromium(360, 740) as phone:
        phone.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        phone.get(page.as_uri())

        def drawn() -> str:
            return str(phone.execute_script("return document.querySelector(arguments[0]).innerHTML", picture))

        def place() -> float:
            return float(phone.execute_script("return scrollY"))

        first = drawn()
        assert finger(phone, picture, 0, 0) == place()
        tapped = drawn()
        assert finger(phone, picture, -70, 25) == place()
        steered = drawn()
        assert first != tapped != steered
        before = finger(phone, picture, 0, -120)
        WebDriverWait(phone, 60).until(lambda _: place() > before + 60)
        assert drawn() == steered


@pytest.mark.parametrize(("theme", "table"), [("light", lab.INK), ("dark", lab.INK_DARK)])
def test_a_figure_takes_the_colours_of_the_page(browser: Chrome, theme: str, table: dict) -> None:
    """What is blue and red in a figure is the course's blue and red of a light or a dark page."""
    browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    for where, name in ((".momentum-map .flat", "blue"), (".momentum-map .steep", "red")):
        fill = browser.find_element(By.CSS_SELECTOR, where).value_of_css_property("fill")
        rgb = [round(255 * part) for part in matplotlib.colors.to_rgb(table[name])]
        assert [int(number) for number in re.findall(r"\d+", fill)[:3]] == rgb


@pytest.mark.parametrize(("motion", "stride"), [("no-preference", 2), ("reduce", 50)])
def test_a_player_heeds_a_wish_for_less_motion(browser: Chrome, motion: str, stride: int) -> None:
    """A player's first picture is a short step on, or a long one for readers who asked for less motion."""
    asked = {"features": [{"name": "prefers-reduced-motion", "value": motion}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", asked)
    steps = browser.execute_async_script("""
        const done = arguments[0], pace = { moving: [2, 1], still: [50, 1] }, steps = [];
        const player = new figure.Player(document.body, 120, pace, () => {
          steps.push(player.step);
          if (player.step === player.last) done([...steps, player.timer]);
        });
        player.button.click();""")
    assert steps[:2] == [stride, 2 * stride] and steps[-2:] == [120, None]
