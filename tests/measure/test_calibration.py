"""Calibration: a check that refuses the right answer under some seeds is found, with the seeds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course.course import Course
from autograder.measure.calibration import Refusal, refusals, summary

ROOT = Course(Path(__file__).parents[2])
SEEDS = [f"seed {number}" for number in range(40)]

MOODY = """

@pytest.mark.exercise("heavy_step")
def test_moody(student, rng):
    \"\"\"It holds for most seeds only.\"\"\"
    params, grads = {"w": rng.normal(size=2)}, [{"w": rng.normal(size=2)}] * 2
    student.trajectory("heavy", params, grads, lr=0.1)
    assert rng.uniform() > 0.2, "not today"
"""

PLANTED = """
VARIANTS += variants(
    "heavy_step",
    ("cubic", "Wrong.", ("[key] + gradient", "[key] + gradient**3")),
    ("writes", "Into params.", ("moved, velocity = {}", "moved, velocity = params")),
)
"""


@pytest.fixture(scope="module")
def moody(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The toy course with a check that refuses everybody under one seed in five."""
    root = tmp_path_factory.mktemp("moody") / "course"
    shutil.copytree(released_toy.root, root)
    course = Course(root)
    with (course.content("toy") / "heavy_step.py").open("a", encoding="utf-8") as checks:
        checks.write(MOODY)
    return course


def test_sound_checks_refuse_under_no_seed(released_toy: Course) -> None:
    """The toy course's own checks take the reference whatever they draw."""
    assert refusals(released_toy, "toy", SEEDS) == ()


def test_a_moody_check_is_found(moody: Course) -> None:
    """Its name, the seeds in order and its words are told, for every right answer; other checks are not."""
    found = refusals(moody, "toy", SEEDS)
    mine = [refusal for refusal in found if refusal.answer == "the reference"]
    seeds = [SEEDS.index(refusal.seed) for refusal in mine]
    assert 2 <= len(mine) <= 16 and seeds == sorted(seeds)
    assert {refusal.check for refusal in found} == {"test_moody"} and len(found) > len(mine)
    assert {refusal.seed for refusal in found} == {refusal.seed for refusal in mine}
    assert all(refusal.why == "AssertionError: not today" for refusal in found)
    assert refusals(moody, "toy", [mine[0].seed])[0] == mine[0]


def test_a_variant_that_is_refused_is_named(released_toy: Course, tmp_path: Path) -> None:
    """By the check that refuses it, under every seed; one that changes what it is given is none."""
    root = tmp_path / "course"
    shutil.copytree(released_toy.root, root)
    course = Course(root)
    with (course.content("toy") / "heavy_step.py").open("a", encoding="utf-8") as variants:
        variants.write(PLANTED)
    found = refusals(course, "toy", SEEDS[:2])
    assert {refusal.answer for refusal in found} == {"cubic"}


def test_what_is_told() -> None:
    """One line a check and answer, with its number of seeds; one line where there is nothing."""
    found = (
        Refusal("test_a", "the reference", "seed 3", "late"),
        Refusal("test_a", "loops", "seed 5", "odd"),
        Refusal("test_a", "the reference", "seed 8", "later"),
    )
    assert summary("toy", 9, found).splitlines() == [
        "toy: test_a refuses the reference under 2 of 9 seeds, first 'seed 3': late",
        "toy: test_a refuses loops under 1 of 9 seeds, first 'seed 5': odd",
    ]
    assert summary("toy", 9, ()) == "toy: no check refuses a right answer under any of 9 seeds."


def test_the_verb_fails_where_a_check_refuses(moody: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 with a refusal, 2 for a number of seeds that asks nothing."""
    assert main(["--course", str(moody.root), "calibrate", "toy", "--seeds", "40"]) == 1
    assert "test_moody refuses the reference under" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["--course", str(moody.root), "calibrate", "toy", "--seeds", "0"])
    assert ended.value.code == 2 and "at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("slug", ROOT.slugs)
def test_no_check_of_the_course_refuses_a_right_answer(slug: str) -> None:
    """Under two seeds here; `make calibrate` asks under hundreds."""
    assert refusals(ROOT, slug, [f"seed {number}" for number in range(1000, 1002)]) == ()
