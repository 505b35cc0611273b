"""Formgrader in a browser, as an instructor clicks through it: lists, one hand-in, marks, feedback."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import toy
from browser import chromium
from nbgrader_server import TOKEN, Room, Server, serve, swapped
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from autograder.authoring.release import release
from autograder.publish import feedback_path, grade_and_publish, report_path

REPOSITORY = Path(__file__).parents[2]
HINT, COMMENT = "Your step goes up the slope", "Only the sign; see me on Monday."


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Three hand-ins, graded by our own command: right, a step uphill, cut off."""
    root = tmp_path_factory.mktemp("browsed")
    course = toy.write_course(root / "course")
    release(course, toy.SLUG)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course.root)
    room = Room(course, root / "home")
    room.home.mkdir()
    right = json.loads((course.build / "source" / toy.SLUG / f"{toy.SLUG}.ipynb").read_text())
    room.hand_in("ada", right)
    room.hand_in("climbs", swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]"))
    room.hand_in("cut", json.dumps(right)[:2000])
    grade_and_publish(course, toy.SLUG, room.term)
    return room


@pytest.fixture(scope="module")
def server(room: Room) -> Iterator[Server]:
    with serve(room) as found:
        yield found


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Chrome]:
    """A browser that is logged in."""
    with chromium() as found:
        found.get(f"{server.address}/formgrader/manage_assignments?token={TOKEN}")
        yield found


def until(browser: Chrome, holds: Callable[[], object]) -> object:
    """What ``holds`` gives once it gives something; a page that is being redrawn is asked again."""
    wait = WebDriverWait(
        browser, 60, 0.05, ignored_exceptions=[StaleElementReferenceException, NoSuchElementException]
    )
    return wait.until(lambda _: holds())


def row(browser: Chrome, student: str) -> WebElement | None:
    """The row of a student in the list of submissions, once it is drawn."""
    rows = browser.find_elements(By.CSS_SELECTOR, "table tbody tr")
    return next((one for one in rows if student in one.text.split()), None)


def shown(browser: Chrome, student: str, words: str) -> bool:
    """Whether the row of a student holds ``words``."""
    found = row(browser, student)
    return found is not None and words in found.text


def submissions(browser: Chrome, server: Server) -> None:
    browser.get(f"{server.address}/formgrader/manage_submissions/{toy.SLUG}")
    until(browser, lambda: row(browser, "climbs"))


def press(browser: Chrome, student: str, button: str) -> str:
    """Press one of the buttons in a student's row, wait for the window that says how it went, close it."""
    row(browser, student).find_element(By.CSS_SELECTOR, f".{button} a").click()
    body = (By.CSS_SELECTOR, ".modal .modal-body")  # its content, for what is rendered comes in bit by bit
    said = until(browser, lambda: browser.find_element(*body).get_property("textContent").strip())
    until(
        browser, lambda: not moves(browser) and next(filter(WebElement.is_displayed, closers(browser)), None)
    ).click()
    until(browser, lambda: not browser.find_elements(By.CSS_SELECTOR, ".modal, .modal-backdrop"))
    until(browser, lambda: row(browser, student))
    return said


def moves(browser: Chrome) -> bool:
    """Whether the window is still fading or sliding in: a click would miss its button."""
    return browser.execute_script(
        "return document.querySelector('.modal.in') === null || document.getAnimations().length > 0"
    )


def closers(browser: Chrome) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, ".modal [data-dismiss=modal]")


def open_hand_in(browser: Chrome, server: Server, student: str) -> None:
    rows = server.json(f"/submitted_notebooks/{toy.SLUG}/{toy.SLUG}")
    key = next(one["id"] for one in rows if one["student"] == student)
    browser.get(f"{server.address}/formgrader/submissions/{key}/")
    until(browser, lambda: browser.execute_script("return window.formgrader && formgrader.grades.loaded"))


def test_the_assignment_is_listed_and_leads_to_its_submissions(browser: Chrome, server: Server) -> None:
    """Its name, three submissions; a click on their number shows who handed in and what it is worth."""
    browser.get(f"{server.address}/formgrader/manage_assignments")
    cell = until(
        browser, lambda: next(iter(browser.find_elements(By.CSS_SELECTOR, "td.num-submissions")), None)
    )
    assert "toy" in browser.find_element(By.CSS_SELECTOR, "td.name").text and cell.text == "3"
    cell.find_element(By.TAG_NAME, "a").click()
    until(browser, lambda: row(browser, "climbs"))
    told = {name: row(browser, name).text for name in ("ada", "climbs", "cut")}
    assert "graded" in told["ada"] and "5.5 / 5.5" in told["ada"]
    assert "graded" in told["climbs"] and "3.4 / 5.5" in told["climbs"]
    assert "needs manual grading" in told["cut"]


def test_a_hand_in_shows_its_hint_and_its_partial_credit(browser: Chrome, server: Server) -> None:
    """The hint that names the mistake, each exercise's points, the student's own line."""
    open_hand_in(browser, server, "climbs")
    page = browser.find_element(By.TAG_NAME, "body").text
    assert HINT in page and "+ lr * velocity[key]" in page
    fields = {name: browser.find_element(By.ID, f"check_{name}") for name in ("heavy_step", "fit_line")}
    given = {name: float(field.get_attribute("placeholder")) for name, field in fields.items()}
    assert given == {"heavy_step": 0.9, "fit_line": 2.5}


def test_manual_points_and_a_comment_survive_the_button_that_grades_again(
    browser: Chrome, server: Server, room: Room
) -> None:
    """What a person types stands in the list after autograding again, and in the page that a button makes."""
    open_hand_in(browser, server, "climbs")
    field = browser.find_element(By.ID, "check_heavy_step")
    field.send_keys("1.5", Keys.TAB)
    browser.find_element(By.ID, "heavy_step-comment").send_keys(COMMENT, Keys.TAB)
    until(browser, lambda: saved(server) == (1.5, COMMENT))
    submissions(browser, server)
    assert shown(browser, "climbs", "4 / 5.5")
    assert "Successfully autograded 'toy' for student 'climbs'" in press(browser, "climbs", "autograde")
    until(browser, lambda: shown(browser, "climbs", "4 / 5.5"))
    assert saved(server) == (1.5, COMMENT)
    feedback_path(room.term, "climbs", toy.SLUG).unlink()
    said = press(browser, "climbs", "generate-feedback")
    assert "Successfully generated feedback for 'toy' for student 'climbs'" in said
    browser.get(feedback_path(room.term, "climbs", toy.SLUG).as_uri())
    page = browser.find_element(By.TAG_NAME, "body").text
    assert "4 of 5.5 points" in page and COMMENT in page and HINT in page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_a_phone_and_a_desk_by_day_and_night(room: Room, width: int, dark: bool) -> None:
    """No page scrolls sideways, the ground follows the reader's scheme, the console is silent."""
    pages = [report_path(room.term, toy.SLUG)]
    pages += [feedback_path(room.term, student, toy.SLUG) for student in ("ada", "climbs", "cut")]
    with chromium(width, 900, dark) as browser:
        for page in pages:
            browser.get(page.as_uri())
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page
            ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
            red, green, blue = map(int, re.findall(r"\d+", ground)[:3])
            assert (red + green + blue < 150) == dark, (page, ground)
            assert browser.get_log("browser") == [], page


def saved(server: Server) -> tuple[float | None, str | None]:
    """The points and the comment that the gradebook holds for the step of ``climbs``."""
    rows = server.json(f"/submitted_notebooks/{toy.SLUG}/{toy.SLUG}")
    key = next(one["id"] for one in rows if one["student"] == "climbs")
    grades = {one["name"]: one["manual_score"] for one in server.json(f"/grades?submission_id={key}")}
    comments = {one["name"]: one["manual_comment"] for one in server.json(f"/comments?submission_id={key}")}
    return grades["check_heavy_step"], comments["heavy_step"]
