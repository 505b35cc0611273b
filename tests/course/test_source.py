"""The text of a solution is whole in itself: what it imports from beside it stands in it, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import CourseError
from autograder.course.source import cut, reference_text

GIVEN = {
    "given": """
import numpy as np

LEAST = 0


def check(x):
    if np.any(x < LEAST):
        raise ValueError(f"x must be at least {LEAST}, got {x}; take its size")


def sure(x):
    check(x)
    return x
""",
    "early": """
import numpy as np

from solutions.given import check


def double(x):
    check(x)
    return 2 * x
""",
    "late": """
import numpy as np

from solutions.early import double
from solutions.given import LEAST, check


def quadruple(x):
    check(x)
    return double(double(x)) + LEAST
""",
}


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A room of solutions with the modules of GIVEN."""
    room = tmp_path / "solutions"
    room.mkdir()
    for name, text in GIVEN.items():
        (room / f"{name}.py").write_text(text, encoding="utf-8")
    return room


@pytest.mark.parametrize("turned", [False, True], ids=["part first", "check first"])
def test_a_piece_that_two_imports_lead_to_stands_once(room: Path, turned: bool) -> None:
    """A check that a module takes itself and by way of a part is one piece, in whichever order they come."""
    early, given = "from solutions.early import double", "from solutions.given import LEAST, check"
    late = room / "late.py"
    if turned:
        late.write_text(GIVEN["late"].replace(f"{early}\n{given}", f"{given}\n{early}"), encoding="utf-8")
        assert late.read_text(encoding="utf-8") != GIVEN["late"]
    whole = reference_text(late)
    assert sorted(cut(whole)) == ["LEAST", "check", "double", "quadruple"]
    assert [whole.count(line) for line in ("LEAST = 0", "def check", "def double")] == [1, 1, 1]
    space: dict = {}
    exec(whole, space)
    assert space["quadruple"](3) == 12
    with pytest.raises(ValueError, match="x must be at least 0, got -1"):
        space["quadruple"](-1)


@pytest.mark.parametrize("taken", ["check", "sure"])
def test_two_pieces_of_one_name_are_told(room: Path, taken: str) -> None:
    """Also where both only come along: one part would run with the helper of the other."""
    other = GIVEN["early"].replace("from solutions.given import check", "def check(x):\n    print(x)")
    (room / "early.py").write_text(other, encoding="utf-8")
    late = room / "late.py"
    late.write_text(GIVEN["late"].replace("LEAST, check", f"LEAST, {taken}"), encoding="utf-8")
    sentence = r"solutions/late\.py takes check from given\.py and has it from early\.py already; define one"
    with pytest.raises(CourseError, match=sentence):
        reference_text(late, "solutions/late.py")


def test_a_stand_in_serves_two_parts_that_differ(room: Path) -> None:
    """The sentence's cure: where the module has its own piece of the name, neither part brings one."""
    other = GIVEN["early"].replace("from solutions.given import check", "def check(x):\n    print(x)")
    (room / "early.py").write_text(other, encoding="utf-8")
    late = room / "late.py"
    text = GIVEN["late"].replace("LEAST, check", "LEAST, sure")
    late.write_text(f"{text}\n\ndef check(x):\n    return None\n", encoding="utf-8")
    assert sorted(cut(reference_text(late))) == ["LEAST", "check", "double", "quadruple", "sure"]
    assert reference_text(late).count("def check") == 1
