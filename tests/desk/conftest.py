"""A class of the toy course, graded once and copied for each test that changes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import toy
from nbgrader_server import swapped

from autograder.course.course import Course
from autograder.publish import grade_and_publish

ROSTER = '''\
Student,ID,SIS User ID,SIS Login ID,Section,A toy (77),Final Score
    Points Possible,,,,,5.5,(read only)
"O'Hara, Ann ""Nan""",101,S-7,ann,A,,
"=1+1, Bob",102,+49,-rf,A,,
"Müller, Zoë",103,007,zoe,A,,
"Late, Lea",104,S-9,lea,A,,
"New, Nia",105,S-10,nia,A,,
'''
TIMES = {"ann": "2026-11-20 20:00:00 UTC", "-rf": "2026-11-20 20:00:00 UTC", "zoe": "2026-11-20 20:00:00 UTC",
         "lea": "2026-11-21 20:00:00 UTC"}  # fmt: skip  # due on the 20th at 22:59 UTC


@dataclass(frozen=True)
class Term:
    """The toy course with a term's folder of its own."""

    course: Course
    path: Path

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
        """The exit code and the output of a command."""
        from autograder.cli import main

        capsys.readouterr()
        code = main(["--course", str(self.course.root), *map(str, arguments), "--term", str(self.path)])
        said = capsys.readouterr()
        return code, said.out + said.err

    def grade(self, **options: object) -> str:
        return grade_and_publish(self.course, toy.SLUG, self.path, **options)

    def settings(self, text: str) -> None:
        (self.path / "course.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def handed_in(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Term:
    """Right, a step uphill, cut off, right but a day late; one more is enrolled. To be read only."""
    from autograder.cli import main

    term = tmp_path_factory.mktemp("class") / "term"
    table = term.parent / "roster.csv"
    table.write_text(ROSTER, encoding="utf-8")
    course = released_toy.root
    assert main(["--course", str(course), "roster", str(table), "--term", str(term)]) == 0
    right = json.loads((course / "_build/source/toy/toy.ipynb").read_text(encoding="utf-8"))
    climbs = swapped(right, "- lr * velocity[key]", "+ lr * velocity[key]")
    whole = json.dumps(right)
    texts = {"ann": whole, "-rf": json.dumps(climbs), "zoe": whole[:900], "lea": whole}
    for student, text in texts.items():
        folder = term / "submitted" / student / toy.SLUG
        folder.mkdir(parents=True)
        (folder / "toy.ipynb").write_text(text, encoding="utf-8")
        (folder / "timestamp.txt").write_text(TIMES[student], encoding="utf-8")
    found = Term(released_toy, term)
    found.grade()
    return found


@pytest.fixture
def term(handed_in: Term, tmp_path: Path) -> Term:
    """The same class in a folder that the test may change."""
    shutil.copytree(handed_in.path, tmp_path / "term")
    return Term(handed_in.course, tmp_path / "term")
