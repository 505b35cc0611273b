"""Answers in words in formgrader: shown beside the student's own results, marked by a person, harmless."""

from __future__ import annotations

import base64
import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from after import write_after
from browser import chromium
from nbgrader_server import TOKEN, Room, Server, serve
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from autograder.authoring.release import release
from autograder.publish import grade_and_publish

REPOSITORY = Path(__file__).parents[2]
SCRIPT = "<script>document.title = 'taken'</script>"
WORDS = f"**No difference**: $0.1 \\pm 0.5$ points. {SCRIPT} [x](javascript:alert(1))"


def picture() -> str:
    """A red PNG of 7 × 5 pixels, as base64."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = b"".join(b"\0" + b"\xff\0\0" * 7 for _ in range(5))
    parts = chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 8, 2, 0, 0, 0)), chunk(b"IDAT", zlib.compress(rows))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")).decode()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """One hand-in of the chapter after the toy: right code, words with a script in them, a plot."""
    root = tmp_path_factory.mktemp("words")
    course = write_after(toy.write_course(root / "course"))
    for slug in (toy.SLUG, "after"):
        release(course, slug)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course.root)
    room = Room(course, root / "home")
    room.home.mkdir()
    notebook = json.loads((course.build / "source" / "after" / "after.ipynb").read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "choice":
            cell["source"] = WORDS
    data = {"image/png": picture(), "text/html": SCRIPT}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    plot = {
        "cell_type": "code",
        "id": "plot",
        "metadata": {},
        "source": "plot(history)",
        "execution_count": 1,
    }
    notebook["cells"].append({**plot, "outputs": [output]})
    path = room.term / "submitted" / "ada" / "after" / "after.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook))
    grade_and_publish(course, "after", room.term)
    return room


@pytest.fixture(scope="module")
def server(room: Room) -> Iterator[Server]:
    with serve(room) as found:
        yield found


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Chrome]:
    """A browser that is logged in and shows the hand-in."""
    with chromium() as found:
        found.get(f"{server.address}/formgrader/manage_assignments?token={TOKEN}")
        (row,) = server.json("/submitted_notebooks/after/after")
        found.get(f"{server.address}/formgrader/submissions/{row['id']}/")
        until(found, "return window.formgrader && formgrader.grades.loaded && formgrader.comments.loaded")
        yield found


def until(browser: Chrome, script: str) -> object:
    return WebDriverWait(browser, 60, 0.05).until(lambda _: browser.execute_script(script))


def test_words_and_results_are_shown_and_nothing_runs(browser: Chrome) -> None:
    """Emphasis is emphasis, a script is text, a link is none; the student's picture is there."""
    page = browser.find_element(By.TAG_NAME, "body").text
    assert SCRIPT in page and "plot(history)" in page and "**No" not in page
    assert browser.title != "taken"
    assert "No difference" in [bold.text for bold in browser.find_elements(By.TAG_NAME, "strong")]
    assert not browser.find_elements(By.CSS_SELECTOR, "a[href^='javascript']")
    widths = [
        browser.execute_script("return arguments[0].naturalWidth", image)
        for image in browser.find_elements(By.CSS_SELECTOR, "img[src^='data:image/png']")
    ]
    assert widths == [7]


def test_a_person_gives_the_mark(browser: Chrome, server: Server, room: Room) -> None:
    """The field has the points and no score; what is typed is the mark, and grading again leaves it."""
    (row,) = server.json("/submitted_notebooks/after/after")
    assert (row["needs_manual_grade"], row["max_score"]) == (True, 7.0)
    field = browser.find_element(By.ID, "choice")
    assert field.get_attribute("value") == "" and "/ 2" in field.find_element(By.XPATH, "..").text
    field.send_keys("1.5", Keys.TAB)
    browser.find_element(By.ID, "choice-comment").send_keys("And the interval?", Keys.TAB)
    WebDriverWait(browser, 60, 0.05).until(lambda _: standing(server)["score"] == 6.5)
    assert not standing(server)["needs_manual_grade"]
    table = grade_and_publish(room.course, "after", room.term, force=True)
    assert "6.5" in table and standing(server)["score"] == 6.5 and not standing(server)["needs_manual_grade"]
    page = (room.term / "feedback" / "ada" / "after" / "after.html").read_text()
    assert "And the interval?" in page and "1.5 of 2 points" in page


def standing(server: Server) -> dict:
    (row,) = server.json("/submitted_notebooks/after/after")
    return row
