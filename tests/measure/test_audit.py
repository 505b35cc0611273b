"""The audit: a grader without fault is passed, and each planted weakness is reported in its own words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.course.cells import written
from autograder.course.course import Course
from autograder.course.release import Exercise
from autograder.grading.verdict import Verdict
from autograder.measure.audit import Row, audit, gate, table

Rows = tuple[Row, ...]


def copied(course: Course, folder: Path) -> Course:
    shutil.copytree(course.root, folder / "course")
    return Course(folder / "course")


def edit(path: Path, *swaps: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in swaps:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def problems(rows: Rows) -> dict[str, str]:
    return {f"{row.kind} {row.name}": row.problem for row in rows if row.problem}


@pytest.fixture(scope="module")
def sound(released_toy: Course) -> Rows:
    """The toy course as it is."""
    return audit(released_toy, "toy")


def mistake(name: str, *swaps: tuple[str, str]) -> str:
    return f"    ({name!r}, 'The note of {name}.', *{swaps!r}),\n"


@pytest.fixture(scope="module")
def misjudged(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The toy course with specimens that are not judged as their author thought."""
    course = copied(released_toy, tmp_path_factory.mktemp("misjudged"))
    step = (
        mistake("twin", ("- lr * velocity[key]", "- -lr * velocity[key]")),
        mistake("spreads", ("+ gradient", "+ 3 * gradient"), ("append(loss)", "append(loss + 1)")),
    )
    run = (
        # In a worker half of the rate, replayed in this process a third of it.
        mistake("two_faced", ("lr=lr)", "lr=lr / (2 if __name__ == '__main__' else 3))")),
        # In a worker a third more, replayed in this process no mistake at all.
        mistake("traceless", ("lr=lr)", "lr=lr * (1.3 if __name__ == '__main__' else 1))")),
        mistake("right", ("range(n_steps)", "range(n_steps + 0)")),
    )
    for exercise, planted in (("heavy_step", step), ("fit_line", run)):
        first = f'MISTAKES = mistakes(\n    "{exercise}",\n'
        edit(course.content("toy") / f"{exercise}.py", (first, first + "".join(planted)))
    slightly = ("velocity[key] * lr", "velocity[key] * lr * (1 + 1e-6)")
    cheap = (
        "    ),\n)\n\n\nclass ListState",
        '    ),\n    costs={"ignores_lr": 0.05},\n)\n\n\nclass ListState',
    )
    edit(course.content("toy") / "heavy_step.py", slightly, cheap)
    return course


@pytest.fixture(scope="module")
def misjudged_rows(misjudged: Course) -> Rows:
    return audit(misjudged, "toy")


@pytest.fixture(scope="module")
def blind(released_toy: Course, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The toy course with checks that do not see, or ask for the wrong thing."""
    course = copied(released_toy, tmp_path_factory.mktemp("blind"))
    of_one_step = (
        '    assert close(got, want), "From rest the first step is lr times the gradient, against it."'
    )
    momenta = ("lr=0.05, momentum=0.7)\n    want", "lr=0.05, momentum=0.7)\n    assert")
    edit(
        course.content("toy") / "heavy_step.py",
        (of_one_step, '    assert len(got) == 1, "There is one step."'),
        *((old, old.replace("0.7", "0.0")) for old in momenta),
    )
    edit(
        course.content("toy") / "fit_line.py",
        ('assert close(got, want), "The losses differ', 'assert not close(got, want), "The losses differ'),
    )
    return audit(course, "toy")


def test_a_grader_without_fault_is_passed(sound: Rows) -> None:
    """Reference, stubs, mistakes, variants and other forms of both exercises, in order, without a problem."""
    assert problems(sound) == {}
    assert list(dict.fromkeys(row.exercise for row in sound)) == ["heavy_step", "fit_line"]
    kinds = [row.kind for row in sound if row.exercise == "heavy_step"]
    assert kinds == ["reference"] + ["stub"] * 7 + ["mistake"] * 5 + ["variant"] * 3 + ["form"] * 5
    assert table(sound).splitlines()[-1] == (
        "10 mistakes (0 tied), 0 conventions, 6 variants, 14 stubs, 11 other forms: all as they should be"
    )


def test_the_released_stub_is_graded_too(sound: Rows) -> None:
    """What students are given counts as not attempted."""
    released = next(row for row in sound if row.name == "as_released")
    assert (released.result.verdict, released.result.score) == (Verdict.NOT_ATTEMPTED, 0.0)


def test_rows_hold_their_report(sound: Rows) -> None:
    """Who looks through every message of the audit finds them in the rows' reports."""
    assert all(row.result in row.report.exercises for row in sound)


def test_another_seed_finds_the_same(released_toy: Course) -> None:
    """What the audit says does not hang on one draw of the probes."""
    assert problems(audit(released_toy, "toy", seed="another")) == {}


def test_a_check_that_a_stub_passes_is_reported(blind: Rows) -> None:
    """The stub, what it earns and by which check."""
    found = problems(blind)
    assert found["stub returns_its_inputs"] == "earns 0.75 by test_first_step_is_plain_descent"
    assert "stub returns_zeros" in found and "stub as_released" not in found


def test_a_mistake_that_is_not_caught_is_reported(blind: Rows) -> None:
    """A probe that cannot see is a weakness, whatever the mistake's hint."""
    assert problems(blind)["mistake forgets_everything"] == "not caught"


def test_a_reference_that_fails_its_own_checks_is_reported(blind: Rows) -> None:
    """A check that asks for the wrong thing refuses the reference first."""
    assert problems(blind)["reference reference"].startswith("refused: The losses are those before")


def test_a_mistake_that_is_none_is_reported(misjudged_rows: Rows) -> None:
    """Right work among the mistakes is not caught, as it should be, and said."""
    assert problems(misjudged_rows)["mistake right"] == "not caught"


def test_a_mistake_without_a_trace_is_reported(misjudged_rows: Rows) -> None:
    """What runs otherwise in a worker than when it is replayed is caught without its hint."""
    assert problems(misjudged_rows)["mistake traceless"] == "caught without its hint"


def test_a_hint_that_points_elsewhere_is_reported(misjudged_rows: Rows) -> None:
    """A mistake that is taken for another one is told by that one's name."""
    assert problems(misjudged_rows)["mistake two_faced"] == "hinted as half_rate"


def test_tied_mistakes_are_listed_together(misjudged_rows: Rows) -> None:
    """Two that no check tells apart: no problem, but both names in both rows, and counted."""
    tied = {row.name: row.hinted for row in misjudged_rows if len(row.hinted) > 1}
    assert tied == {"twin": ("twin", "climbs"), "climbs": ("twin", "climbs")}
    assert "15 mistakes (2 tied)" in table(misjudged_rows)


def test_a_variant_that_is_refused_is_reported(misjudged_rows: Rows) -> None:
    """Right work that is called wrong is the worst of all, and the check is named by its title."""
    refused = problems(misjudged_rows)["variant other_order"]
    assert refused.startswith("refused: Five steps with changing gradients end")


def test_a_specimen_that_hurts_another_exercise_is_reported(misjudged_rows: Rows) -> None:
    """A mistake in one part costs points in what builds on it only where an error is not carried forward."""
    assert problems(misjudged_rows)["mistake spreads"] == "costs points in fit_line"


def test_a_mistake_that_keeps_nearly_all_is_reported(misjudged_rows: Rows) -> None:
    """Each row says what a mistake costs; one that costs next to nothing is out of proportion."""
    assert problems(misjudged_rows)["mistake ignores_lr"] == "keeps 95% of the points"
    (line,) = (line for line in table(misjudged_rows).splitlines() if "never_forgets" in line)
    assert "costs 67%" in line


def test_nothing_else_is_reported(misjudged_rows: Rows) -> None:
    """What was planted is found, and no sound specimen beside it."""
    assert sorted(problems(misjudged_rows)) == [
        "mistake ignores_lr",
        "mistake right",
        "mistake spreads",
        "mistake traceless",
        "mistake two_faced",
        "variant other_order",
    ]


def test_a_release_waits_until_the_audit_is_clean(misjudged: Course) -> None:
    """The gate says each problem as a sentence with exercise, kind and name."""
    sentences = gate(misjudged, "toy")
    assert len(sentences) == 6
    assert "fit_line: the mistake right is not judged as it should be (not caught)" in sentences


def test_the_table_says_what_is_wrong_below_its_row(misjudged_rows: Rows) -> None:
    """The row, then the problem; the last line counts them."""
    lines = table(misjudged_rows).splitlines()
    place = next(number for number, line in enumerate(lines) if "other_order" in line)
    assert lines[place + 1].strip().startswith("!! refused:") and lines[-1].endswith(": 6 wrong")


def test_answers_are_the_references_but_for_the_specimens() -> None:
    """A cell holds the functions of its stub, in its order, those of the specimen replaced."""
    source = "def b():\n    return 2\n\n\ndef a():\n    return 1\n"
    exercise = Exercise("b", 1.0, "def a():\n    raise\n\ndef b():\n    raise\n")
    assert written((exercise,), source, {"b": "def b():\n    return 3\n"}) == {
        "b": "def a():\n    return 1\n\n\ndef b():\n    return 3\n"
    }
