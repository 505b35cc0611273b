"""The built site in a browser: its weight, and what a reader does by mouse, by keys and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served import served
from site_pages import look, open_page, pages, table, watch

CHAPTER = "book/momentum.html"


@pytest.fixture(scope="module")
def base(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def window() -> Iterator[Chrome]:
    with chromium() as found:
        yield found


@pytest.fixture
def browser(window: Chrome, base: str) -> Chrome:
    """A reader's first visit: a window of 1280 pixels, nothing remembered."""
    window.get(f"{base}/404.html")
    window.execute_script("localStorage.clear()")
    return window


def all_of(browser: Chrome, selector: str) -> list:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def texts(browser: Chrome, selector: str) -> list[str]:
    return [element.text for element in all_of(browser, selector)]


def wait_for(browser: Chrome, selector: str) -> None:
    WebDriverWait(browser, 60).until(lambda found: all_of(found, selector))


def wait_until_gone(browser: Chrome, selector: str) -> None:
    """A dialog tells the page that it has closed in a task of its own, after the key that closed it."""
    WebDriverWait(browser, 60).until_not(lambda found: all_of(found, selector))


def test_every_page_is_light_still_quiet_and_fits_a_phone(site: Path, base: str) -> None:
    """At 360 pixels every page weighs at most 350 KB, stands still, is quiet, asks no other host and fits."""
    with chromium(360, 740) as phone:
        watch(phone)
        looks = [look(phone, base, page, "360 light", axe=False) for page in pages(site)]
    assert len(looks) >= 17
    assert not any(one.faults for one in looks), table([one for one in looks if one.faults])


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_a_race_has_its_place_before_its_data_come(base: str, width: int) -> None:
    """The text below it hardly moves when they do."""
    heights = []
    with chromium(width, 740) as browser:
        browser.execute_cdp_cmd("Network.enable", {})
        for blocked in (["*/_static/data/*"], []):
            browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": blocked})
            browser.get(f"{base}/book/adaptive.html")
            (race,) = all_of(browser, ".race")
            browser.execute_script("arguments[0].scrollIntoView()", race)
            if not blocked:
                wait_for(browser, ".race .methods")
            assert bool(all_of(browser, ".race .methods")) != bool(blocked)
            heights.append(race.size["height"])
    assert abs(heights[0] - heights[1]) <= 30


def test_a_quiz_answers_by_keyboard_and_remembers(browser: Chrome, base: str) -> None:
    """Enter on an answer says at once whether it is right and why; after a reload it still stands there."""
    open_page(browser, f"{base}/{CHAPTER}")
    assert texts(browser, ".tally") == ["6 questions; each answer says at once why."]
    (first, *_) = all_of(browser, ".quiz")
    wrong = first.find_element(By.CSS_SELECTOR, "details:not(.answer-right)")
    wrong.find_element(By.CSS_SELECTOR, "summary").send_keys(Keys.ENTER)
    assert wrong.get_attribute("open") is not None
    assert wrong.find_element(By.CSS_SELECTOR, ".sd-summary-content").is_displayed()
    verdicts = {line for line in texts(browser, ".quiz .verdict") if line}
    assert verdicts == {"✓ right", "✗ your answer"}
    assert texts(browser, ".tally") == ["1 of 6 answered, 0 right."]
    order = texts(browser, ".quiz .sd-summary-text")
    open_page(browser, f"{base}/{CHAPTER}")
    assert texts(browser, ".tally") == ["1 of 6 answered, 0 right."]
    assert texts(browser, ".quiz .sd-summary-text") == order
    all_of(browser, ".quiz .again")[0].send_keys(Keys.ENTER)
    assert texts(browser, ".tally") == ["6 questions; each answer says at once why."]


def test_a_prediction_stands_beside_what_came(browser: Chrome, base: str) -> None:
    """The reader's guess is kept and shown with the right answer, now and on the next visit."""
    open_page(browser, f"{base}/{CHAPTER}")
    box = all_of(browser, ".predict")[0]
    wrong = box.find_element(By.CSS_SELECTOR, "details:not(.answer-right) summary")
    said = wrong.find_element(By.CSS_SELECTOR, ".sd-summary-text").text
    came = box.find_element(By.CSS_SELECTOR, ".answer-right .sd-summary-text").text
    wrong.send_keys(Keys.ENTER)
    for _ in range(2):
        assert texts(browser, ".predict .beside dd") == [said, came]
        open_page(browser, f"{base}/{CHAPTER}")


def test_the_order_of_answers_differs_between_readers(browser: Chrome, base: str) -> None:
    """Eight readers do not all see the answers in one order; the right one is not always first."""
    orders = set()
    for seed in range(1, 9):
        open_page(browser, f"{base}/{CHAPTER}")
        browser.execute_script("localStorage.setItem('order', arguments[0])", seed)
        open_page(browser, f"{base}/{CHAPTER}")
        answers = all_of(browser, ".quiz details")
        orders.add(tuple("answer-right" in (one.get_attribute("class") or "") for one in answers))
    assert len(orders) > 4


def test_without_scripts_answers_are_fold_outs(browser: Chrome, base: str) -> None:
    """With scripts off, answers open like any fold-out, and no control stands there that is dead."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{base}/{CHAPTER}")
        answer = all_of(browser, ".quiz details")[0]
        answer.find_element(By.CSS_SELECTOR, "summary").send_keys(Keys.ENTER)
        assert answer.find_element(By.CSS_SELECTOR, ".sd-summary-content p").is_displayed()
        assert not any(element.is_displayed() for element in all_of(browser, ".needs-script"))
        assert all_of(browser, "main .katex")[0].is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper_has_everything_unfolded_and_the_answers_at_the_end(browser: Chrome, base: str) -> None:
    """Before printing all is unfolded and light, with the answers at the end; afterwards all is as before."""
    open_page(browser, f"{base}/{CHAPTER}")
    browser.execute_script("document.documentElement.dataset.theme = 'dark'")
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert not all_of(browser, "details:not([open])") and all_of(browser, "html[data-theme=light]")
    assert len(all_of(browser, ".print-answers li")) == 6
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert all_of(browser, "details:not([open])") and all_of(browser, "html[data-theme=dark]")


def test_deeper_sections_can_be_hidden_and_come_back_for_a_link(browser: Chrome, base: str) -> None:
    """The switch hides them, here and on the next visit; a link into them shows them again."""
    open_page(browser, f"{base}/{CHAPTER}")
    inner = "section.deeper > section"
    assert all_of(browser, inner)[0].is_displayed()
    browser.execute_script("document.querySelector('[data-deeper-switch]').click()")
    assert not all_of(browser, inner)[0].is_displayed()
    open_page(browser, f"{base}/{CHAPTER}")
    assert not all_of(browser, inner)[0].is_displayed()
    open_page(browser, f"{base}/{CHAPTER}#momentum-newton")
    assert all_of(browser, inner)[0].is_displayed()


def test_where_one_has_been_is_remembered(browser: Chrome, base: str) -> None:
    """A section whose end was in view is ticked, the chapter has a bar, also on another page."""
    open_page(browser, f"{base}/{CHAPTER}")
    assert not all_of(browser, ".contents .seen")
    browser.execute_script("document.querySelector('#momentum-summary, [id$=summary]').scrollIntoView()")
    wait_for(browser, ".contents .seen")
    open_page(browser, f"{base}/book/glossary.html")
    assert len(all_of(browser, ".contents .done")) == 1


def test_the_search_opens_by_a_key_and_leads_to_a_section(browser: Chrome, base: str) -> None:
    """A slash opens it, results come while one types, the arrow and Enter lead to a place on a page."""
    open_page(browser, f"{base}/{CHAPTER}")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    wait_for(browser, "dialog[open] input")
    box = browser.switch_to.active_element
    box.send_keys("dead relu")
    wait_for(browser, ".found a")
    box.send_keys(Keys.ARROW_DOWN)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 60).until(lambda found: "#" in found.current_url)
    assert "initialization" in browser.current_url or "glossary" in browser.current_url


def test_a_word_of_the_glossary_shows_its_note_by_focus(browser: Chrome, base: str) -> None:
    """Tab to a word shows its explanation, Escape takes it away; a citation shows its source."""
    open_page(browser, f"{base}/{CHAPTER}")
    for selector in ("a.term", "p a.reference.internal[href^='#id']"):
        (link, *_) = all_of(browser, selector)
        browser.execute_script("arguments[0].focus({ focusVisible: true })", link)
        wait_for(browser, ".note-box")
        assert len(texts(browser, ".note-box")[0]) > 20
        link.send_keys(Keys.ESCAPE)
        wait_until_gone(browser, ".note-box")


def test_a_figure_opens_large_and_closes_by_escape(browser: Chrome, base: str) -> None:
    """Enter on a figure shows it large; Escape closes it and the focus is back at the figure."""
    open_page(browser, f"{base}/{CHAPTER}")
    button = next(one for one in all_of(browser, "button.zoom") if one.is_displayed())
    button.send_keys(Keys.ENTER)
    wait_for(browser, "dialog.large[open]")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until_gone(browser, "dialog.large")
    assert browser.switch_to.active_element == button


def test_the_theme_is_kept_and_figures_follow_it(browser: Chrome, base: str) -> None:
    """The switch makes the page dark, which stays; of each drawing's two forms one is shown."""
    open_page(browser, f"{base}/{CHAPTER}")
    for theme in ("dark", "dark", "light"):
        if not all_of(browser, f"html[data-theme={theme}]"):
            all_of(browser, "[data-theme-switch]")[0].click()
        shown = [
            one.get_attribute("src") or "" for one in all_of(browser, "figure img") if one.is_displayed()
        ]
        assert shown and all(name.endswith(".dark.svg") == (theme == "dark") for name in shown)
        open_page(browser, f"{base}/{CHAPTER}")


def test_only_boxes_that_scroll_are_stops_of_the_tab_key(base: str) -> None:
    """On a phone Tab reaches wide formulas, tables and cells, and neither the others nor inline formulas."""
    with chromium(360, 740) as phone:
        open_page(phone, f"{base}/{CHAPTER}")
        WebDriverWait(phone, 60).until(lambda found: all_of(found, "pre[tabindex]"))
        script = """
            const scrolls = (box) => box.scrollWidth > box.clientWidth + 1;
            const boxes = [...document.querySelectorAll(".math.display, pre")];
            return boxes.filter((box) => box.hasAttribute("tabindex") !== scrolls(box)).length"""
        assert phone.execute_script(script) == 0
        assert not all_of(phone, "span.math[tabindex], .katex [tabindex]")


def test_the_front_pages_picture_plays_and_stands_still(base: str) -> None:
    """It moves by itself only where motion is welcome; a button stops it and plays it again."""
    for wish, moves in (("no-preference", True), ("reduce", False)):
        with chromium() as browser:
            feature = {"name": "prefers-reduced-motion", "value": wish}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            open_page(browser, f"{base}/book/index.html")
            assert bool(all_of(browser, ".hero.playing")) == moves
            button = all_of(browser, ".hero button")[0]
            button.click()
            assert bool(all_of(browser, ".hero.playing")) != moves
            if moves:
                points = [line.get_attribute("points") or "" for line in all_of(browser, ".hero polyline")]
                assert len(points) == 4 and all(len(one.split()) > 5 for one in points)


def test_the_data_of_a_large_figure_comes_when_the_reader_does(browser: Chrome, base: str) -> None:
    """The race's data is not asked for at the top of its page; near the figure it comes, and is drawn."""
    asked = (
        "return performance.getEntriesByType('resource').some((one) => one.name.includes('/_static/data/'))"
    )
    open_page(browser, f"{base}/book/adaptive.html")
    assert not browser.execute_script(asked)
    browser.execute_script("document.querySelector('.race').scrollIntoView({ behavior: 'instant' })")
    wait_for(browser, ".race svg.picture")
    assert browser.execute_script(asked)


def test_the_front_page_leads_back_to_where_one_was(browser: Chrome, base: str) -> None:
    """After a section of a chapter was read the front page has a link to it, and Forget takes it away."""
    open_page(browser, f"{base}/book/index.html")
    assert not [one for one in all_of(browser, "[data-continue]") if one.is_displayed()]
    open_page(browser, f"{base}/{CHAPTER}")
    browser.execute_script("document.querySelector('#momentum-valley, [id$=summary]').scrollIntoView()")
    wait_for(browser, ".contents .seen")
    open_page(browser, f"{base}/book/index.html")
    assert "momentum.html#" in (all_of(browser, "[data-continue] a")[0].get_attribute("href") or "")
    browser.execute_script("document.querySelector('[data-forget]').click()")
    WebDriverWait(browser, 60).until(lambda found: not all_of(found, "[data-continue] a"))


def test_an_address_that_is_not_there_leads_back(browser: Chrome, base: str) -> None:
    """The page for unknown addresses has a link to the front page."""
    open_page(browser, f"{base}/nowhere.html")
    assert texts(browser, "h1") == ["This page has moved, or never was"]
