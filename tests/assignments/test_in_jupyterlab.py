"""One assignment done in JupyterLab by a browser: filled in, run, broken, read, mended, saved, graded."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import chromium
from nbgrader_server import TOKEN, answering, free_port
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.support.wait import WebDriverWait

from autograder.classroom.runner import grade_class
from autograder.course.course import Course
from autograder.course.source import BEGIN, END, functions_of

SECONDS = 120
CELL = """\
return [...document.querySelectorAll(".jp-CodeCell")].find(one => one.innerText.includes(arguments[0]))
"""


@contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """JupyterLab on ``folder``, as a student starts it: its address."""
    port = free_port()
    command = ["jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url="]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    kept = {"PATH": os.environ["PATH"], "HOME": str(home)}
    with answering(command, port, folder, kept, home / "server.log", SECONDS):
        yield f"http://127.0.0.1:{port}"


class Student:
    """Hands and eyes at one notebook: cells are known by a text in them."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser
        self.until = WebDriverWait(browser, SECONDS).until

    def cell(self, text: str):
        return self.until(lambda browser: browser.execute_script(CELL, text))

    def write(self, cell: str, code: str) -> None:
        """Put ``code`` in the place of all that stands in a cell."""
        self.cell(cell).find_element("css selector", ".cm-content").click()
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()
        self.browser.execute_cdp_cmd("Input.insertText", {"text": code})

    def run(self, cell: str, seen: str) -> str:
        """Run a cell by Shift-Enter, and wait until ``seen`` stands below it."""
        self.cell(cell).find_element("css selector", ".jp-InputArea").click()
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
        self.until(lambda _: seen in self.below(cell), f"{seen!r} is not below {cell!r}: {self.below(cell)}")
        return self.below(cell)

    def below(self, cell: str) -> str:
        found = self.cell(cell).find_elements("css selector", ".jp-OutputArea-output")
        return "\n".join(one.text for one in found)

    def run_all(self) -> None:
        for words in ("Run", "Run All Cells"):
            found = self.until(
                lambda browser, words=words: browser.execute_script(
                    "return [...document.querySelectorAll('.lm-MenuBar-itemLabel, .lm-Menu-itemLabel')]"
                    ".find(one => one.innerText.trim() === arguments[0])",
                    words,
                )
            )
            found.click()

    def save(self) -> None:
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()


def answer(course: Course, name: str) -> str:
    """The reference's function without its markers, as somebody might write it."""
    source = functions_of(course.solution("toy").read_text(encoding="utf-8"))[name]
    return "\n".join(line for line in source.rstrip().split("\n") if BEGIN not in line and END not in line)


def test_a_student_does_an_assignment(released_toy: Course, tmp_path: Path) -> None:
    """A wrong step is told why by its check, the mended one passes; the tally counts; the grader agrees."""
    work, home, term = tmp_path / "work", tmp_path / "home", tmp_path / "term"
    for folder in (work, home):
        folder.mkdir()
    shutil.copy(released_toy.released("toy"), work)
    right = "\n\n\n".join(answer(released_toy, name) for name in ("heavy_init", "heavy_step"))
    wrong = right.replace("- lr * velocity", "+ lr * velocity")
    assert wrong != right
    with jupyterlab(work, home) as address, chromium(1366, 4000) as browser:
        browser.get(f"{address}/doc/tree/toy.ipynb?token={TOKEN}")
        student = Student(browser)
        student.cell("def heavy_step")
        student.write("def heavy_step", wrong)
        student.run_all()
        check, tally = "# Check of heavy_step: 3 points", "# @title Where you stand"
        student.until(lambda _: "AssertionError" in student.below(check))
        assert "The first step is lr times the gradient" in student.below(check)
        student.write("def heavy_step", right)
        student.run_all()
        student.until(lambda _: "AssertionError" not in student.below(check))
        student.until(lambda _: "points pass" in student.below(tally))
        told = " ".join(student.below(tally).split())
        student.save()
        saved = work / "toy.ipynb"
        student.until(lambda _: "velocity[key]" in saved.read_text(encoding="utf-8"))
    assert "heavy_step 3 passed" in told and "fit_line 2.5" in told and "of 3 of 5.5 points" in told
    assert json.loads(saved.read_text(encoding="utf-8"))["nbformat"] == 4
    handed = term / "submitted" / "ann" / "toy"
    handed.mkdir(parents=True)
    shutil.copy(saved, handed)
    (graded,) = grade_class(released_toy, "toy", term, jobs=1)
    scores = {result.name: result.score for result in graded.report.exercises}
    assert scores == {"heavy_step": 3.0, "fit_line": 0.0}
    assert not [note for note in graded.report.notes if "given" in note]
