"""Collecting hidden checks: what an author may write, and the sentence for what not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.course.checks import Check, collect, read_checks, rng_for
from autograder.course.course import CourseError

HEAD = "import pytest\n"
GOOD = '''
@pytest.mark.exercise("f", weight=2)
def test_one(student, reference, rng):
    """It holds
    on two lines.

    What stands below the first paragraph is the author's.
    """
    assert student.f(1) == reference.f(1) + rng.integers(1), "no"
'''


def write(root: Path, text: str, name: str = "f") -> Path:
    """The folder of a chapter, one of whose files holds ``text``."""
    folder = root / "chapters" / "thing"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(HEAD + text, encoding="utf-8")
    return folder


def test_a_shells_options_for_tests_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell with PYTEST_ADDOPTS for other work still grades, and keeps its options."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-vv --nonsense")
    assert (
        len(collect(write(tmp_path, GOOD), ("f",))) == 1 and os.environ["PYTEST_ADDOPTS"] == "-vv --nonsense"
    )


def test_a_check_has_its_title_weight_and_exercise(tmp_path: Path) -> None:
    """The title is the docstring's first paragraph on one line: it is what students read."""
    (check,) = collect(write(tmp_path, GOOD), ("f",))
    assert (check.name, check.title) == ("test_one", "It holds on two lines.")
    assert (check.exercise, check.weight, check.fixtures) == ("f", 2.0, ("student", "reference", "rng"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace('"f"', '"g"'), "test_one checks g, which is no exercise; there are ('f',)"),
        (GOOD.replace("weight=2", "weight=0"), "weight must be above 0 and finite, got 0"),
        (GOOD.replace("weight=2", "weight=-1"), "weight must be above 0 and finite, got -1"),
        (GOOD.replace("weight=2", "weight='2'"), "weight must be above 0 and finite, got 2"),
        (GOOD.replace("weight=2", "wieght=2"), "test_one must be marked with"),
        (GOOD.replace("weight=2", "weight=float('nan')"), "weight must be above 0 and finite, got nan"),
        (GOOD.replace("(student,", "(tmp_path, student,"), "asks for ['tmp_path']; a check takes student"),
        (GOOD.replace("(student,", "(studnet, student,"), "asks for ['studnet']"),
        (GOOD.replace('@pytest.mark.exercise("f", weight=2)', ""), "test_one must be marked with"),
        (GOOD.replace('"f", weight=2', "weight=2"), "test_one must be marked with"),
        (
            '@pytest.mark.exercise("f")\ndef test_one(student):\n    assert student.f()',
            "must have a docstring",
        ),
        ("def test_one(student:\n    pass", "f.py cannot be read: SyntaxError"),
        ("import nowhere_to_be_found", "cannot be read: ModuleNotFoundError"),
        ("1 / 0", "cannot be read: ZeroDivisionError: division by zero"),
        (f"@pytest.mark.parametrize('gone', [1]){GOOD}", "thing cannot be collected: "),
        ("", "f has no check"),
    ],
)
def test_what_is_wrong_with_the_file_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    """Unknown exercise, no check, bad weight or fixture, no docstring, broken file."""
    with pytest.raises(CourseError) as caught:
        collect(write(tmp_path, text), ("f",))
    assert says in str(caught.value)


def test_a_chapter_without_files_says_so(tmp_path: Path) -> None:
    """An assignment without checks cannot be graded, and the sentence names the file to write."""
    with pytest.raises(CourseError, match=r"f has no check; add one to .*thing/f\.py"):
        collect(tmp_path / "chapters" / "thing", ("f",))
    assert read_checks(tmp_path / "chapters" / "thing") == ()


def test_checks_come_in_the_order_of_the_exercises(tmp_path: Path) -> None:
    """Shared ones come first, then those of the exercises' files, then others; a file keeps its order."""
    for name in ("a", "b", "z", "shared"):
        text = "".join(GOOD.replace("test_one", f"test_{name}_{n}") for n in (2, 1))
        folder = write(tmp_path, text, name)
    found = [check.name for check in read_checks(folder, ("z", "b"))]
    assert found == [f"test_{name}_{n}" for name in ("shared", "z", "b", "a") for n in (2, 1)]


def test_two_checks_of_one_name_are_refused(tmp_path: Path) -> None:
    """Both would draw the same, and one's answers would be taken for the other's."""
    write(tmp_path, GOOD, "f")
    with pytest.raises(CourseError, match="test_one stands in two files of thing"):
        collect(write(tmp_path, GOOD, "shared"), ("f",))


def test_a_case_may_have_an_exercise_of_its_own(tmp_path: Path) -> None:
    """A check may serve several exercises, each case with its own mark and weight."""
    text = (
        "MARK = pytest.mark.exercise\n"
        "CASES = [pytest.param(n, marks=MARK(f'{n}_step', weight=int(w)), id=n) for n, w in ('a1', 'b2')]\n"
        "@pytest.mark.parametrize('stem', CASES)\n"
        "def test_it(student, stem):\n    'It holds.'\n"
    )
    found = [(check.name, check.exercise, check.weight) for check in read_checks(write(tmp_path, text))]
    assert found == [("test_it[a]", "a_step", 1.0), ("test_it[b]", "b_step", 2.0)]


def test_parameters_make_several_checks(tmp_path: Path) -> None:
    """Each set of parameters is a check of its own, with its own name and generator."""
    text = (
        '@pytest.mark.exercise("f")\n@pytest.mark.parametrize("n", [3, 5])\n'
        'def test_many(rng, n, student):\n    """Each."""\n    student.f(n, rng.integers(10**9))\n'
    )
    checks = collect(write(tmp_path, text), ("f",))
    assert [check.name for check in checks] == ["test_many[3]", "test_many[5]"]
    assert [check.parameters for check in checks] == [{"n": 3}, {"n": 5}]
    seen: list[tuple] = []

    class Spy:
        def f(self, *args: int) -> None:
            seen.append(args)

    for check in checks:
        check.run(Spy(), None, "seed")
    assert [n for n, _ in seen] == [3, 5] and seen[0][1] != seen[1][1]


def drawn(check: Check, seed: str) -> float:
    seen = []
    check.function.__globals__["found"] = seen
    check.run(None, None, seed)
    return seen[0]


def test_draws_come_from_the_seed_and_the_name_alone(tmp_path: Path) -> None:
    """Same seed and name, same draws; another seed or another name, other draws."""
    text = "".join(
        f'@pytest.mark.exercise("f")\ndef test_{name}(rng):\n'
        f'    """Draws."""\n    found.append(rng.random())\n'
        for name in ("a", "b")
    )
    a, b = collect(write(tmp_path, text), ("f",))
    assert drawn(a, "one") == drawn(a, "one")
    assert len({drawn(a, "one"), drawn(a, "two"), drawn(b, "one")}) == 3
    assert drawn(a, "one") == rng_for("one", "test_a").random()


def test_a_check_may_ask_for_less(tmp_path: Path) -> None:
    """A law needs no reference and a fixed probe no generator."""
    (check,) = collect(write(tmp_path, GOOD.replace("(student, reference, rng)", "(student)")), ("f",))
    assert check.fixtures == ("student",)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Collecting twice in one process sees what the file says now, and what is beside and above it."""
    for own, above in ((1, 2), (3, 2), (3, 4)):
        write(tmp_path, f"VALUE = {own}\n", "shared")
        text = GOOD.replace("test_one", f"test_{own}")
        folder = write(tmp_path, f"from ..shared import VALUE\nfrom .shared import VALUE as OWN\n{text}")
        (tmp_path / "chapters" / "shared.py").write_text(f"VALUE = {above}\n", encoding="utf-8")
        (check,) = collect(folder, ("f",))
        space = check.function.__globals__
        assert (check.name, space["OWN"], space["VALUE"]) == (f"test_{own}", own, above)


def test_two_courses_may_call_a_file_alike(tmp_path: Path) -> None:
    """The same names in two courses are two chapters, and neither is a module of the engine's."""
    for name in ("first", "second"):
        folder = write(tmp_path / name, GOOD.replace("test_one", f"test_{name}"))
        (check,) = collect(folder, ("f",))
        assert check.name == f"test_{name}"
        assert not check.function.__module__.startswith("autograder")


def test_a_module_of_that_name_is_not_taken_for_the_file(tmp_path: Path) -> None:
    """What is already imported under the file's name stays imported, and is not what is collected."""
    this = sys.modules[__name__]
    folder = write(tmp_path, GOOD, Path(__file__).stem)
    assert [check.name for check in collect(folder, ("f",))] == ["test_one"]
    assert sys.modules[__name__] is this


def test_a_message_is_the_authors_alone(tmp_path: Path) -> None:
    """Under pytest too, a failing check says what its author wrote and no hidden number beside it."""
    (check,) = collect(write(tmp_path, GOOD), ("f",))

    class Wrong:
        def f(self, x: int) -> int:
            return x + id(self)

    with pytest.raises(AssertionError) as caught:
        check.run(Wrong(), Wrong(), "seed")
    assert str(caught.value) == "no"


def test_collecting_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What pytest says while it collects is not the engine's output."""
    collect(write(tmp_path, "print('hello')\n" + GOOD), ("f",))
    assert capfd.readouterr() == ("", "")


def test_a_check_divides_by_zero_in_silence(tmp_path: Path) -> None:
    """NumPy's warnings about what a student answered are no errors of the check."""
    text = GOOD.replace("assert student.f(1)", "np.ones(1) / np.zeros(1)\n    assert student.f(1)")
    (check,) = collect(write(tmp_path, "import numpy as np\n" + text), ("f",))

    class One:
        def f(self, x: int) -> int:
            return x

    with np.errstate(all="raise"):
        check.run(One(), One(), "seed")
