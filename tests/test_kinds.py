"""autograder/WRITING_EXERCISES.md, taken at its word: its blocks make a course that grades as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import toy

from autograder.authoring.release import release
from autograder.course.cells import filled, written
from autograder.course.course import Course
from autograder.grading.exam import Exam, load_exam
from autograder.grading.grading import grade
from autograder.grading.verdict import Report, Verdict
from autograder.measure.audit import Row, audit, table
from autograder.sandbox.handle import Limits
from autograder.sandbox.sandbox import Sandbox
from autograder.submissions.submission import read_submission

PAGE = Path(__file__).parents[1] / "autograder" / "WRITING_EXERCISES.md"
SLUG = "kinds"
FENCE = re.compile(r"^(`{3,})(python|markdown) (\w+)\n(.*?)^\1$", re.M | re.S)
EXERCISES = re.findall(r"^:exercise: (\w+)$", PAGE.read_text(encoding="utf-8"), re.M)


def blocks(kind: str) -> list[str]:
    """The page's blocks of one file, in order."""
    return [text for _, _, name, text in FENCE.findall(PAGE.read_text(encoding="utf-8")) if name == kind]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one chapter, put together from the page, built and released."""
    root = toy.write_course(tmp_path_factory.mktemp("kinds") / "course").root
    parts = {
        f"solutions/{SLUG}.py": "\n\n".join(blocks("solution")),
        f"assignments/{SLUG}.md": "\n".join(blocks("assignment")),
        **{f"autograder/chapters/{SLUG}/{name}.py": "".join(blocks(name)) for name in ("shared", *EXERCISES)},
        "_toc.yml": f"root: book/index\nchapters:\n  - file: book/{SLUG}\n",
    }
    for name, text in parts.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = Course(root)
    release(found, SLUG)
    return found


@pytest.fixture(scope="module")
def rows(course: Course) -> tuple[Row, ...]:
    return audit(course, SLUG)


@pytest.fixture(scope="module")
def exam(course: Course) -> Exam:
    return load_exam(course, SLUG, "seed")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=1.0, cell_wall_seconds=1.0)) as box:
        yield box


@pytest.fixture
def graded(exam: Exam, sandbox: Sandbox, tmp_path: Path) -> Callable[..., Report]:
    """Grade the reference's answers, those named replaced; ``last`` is a cell at the notebook's end."""

    def run(last: str = "", **own: str) -> Report:
        notebook = filled(exam.release, written(exam.release.exercises, exam.source, {}) | own)
        notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": last})
        path = tmp_path / f"{SLUG}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return grade(exam, read_submission(path, exam.release), sandbox, student="ada")

    return run


def wrong(report: Report) -> dict[str, str]:
    return {item.name: item.verdict.value for item in report.exercises if item.verdict is not Verdict.CORRECT}


def test_the_page_is_whole() -> None:
    """Every heading that shows code has all its blocks, one a file, and no fence is misspelt."""
    text = PAGE.read_text(encoding="utf-8")
    kinds = [part for part in text.split("\n## ")[1:] if "```" in part]
    assert len(kinds) >= 12
    for part in kinds:
        found = [name for _, _, name, _ in FENCE.findall(part)]
        asked = re.findall(r"^:exercise: (\w+)$", part, re.M)
        own = [name for name in found if name != "shared"]
        assert own == ["solution", "assignment", *asked], part.splitlines()[0]
    assert {name for _, _, name, _ in FENCE.findall(text)} == {"solution", "assignment", "shared", *EXERCISES}
    wide = [line for _, _, _, block in FENCE.findall(text) for line in block.splitlines() if len(line) > 110]
    assert not wide, "code on the page keeps to the repository's line length"


def test_the_assignment_is_built_released_and_fresh(course: Course) -> None:
    """Releasing again changes no byte: the page's cells make an ordinary assignment."""
    assert "is fresh" in release(course, SLUG)
    assert list(course.release(SLUG).names) == EXERCISES


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_kind_is_graded_as_it_should_be(rows: tuple[Row, ...], exercise: str) -> None:
    """The reference passes, answers without work earn nothing, each mistake has its own hint alone."""
    mine = [row for row in rows if row.exercise == exercise]
    assert not [row for row in mine if row.problem], table(tuple(mine))
    assert {"reference", "stub", "mistake"} <= {row.kind for row in mine}
    assert [row.hinted for row in mine if row.kind == "mistake"] == [
        (row.name,) for row in mine if row.kind == "mistake"
    ]


def test_the_page_tells_nothing_that_a_student_may_not_read(course: Course) -> None:
    """The released notebook holds no graded line, though the adapters are in it."""
    text = course.released(SLUG).read_text(encoding="utf-8")
    assert "def run_graph" in text and "def list_batches" in text
    assert "self.slope * other.value" not in text and "rng.integers" not in text


# --- adapters ----------------------------------------------------------------------------------------------

CHEAT = (
    "def run_graph(ops, inputs):\n    values = list(inputs)\n    return values, [0.0] * len(inputs)\n"
    "def list_batches(X, y, *, batch_size, rng):\n    return []"
)


def test_an_adapter_is_the_releases(graded: Callable[..., Report]) -> None:
    """A student who defines an adapter's name anew, in any cell, is told so; the given one counts."""
    report = graded(last=CHEAT)
    assert wrong(report) == {}
    assert report.notes == (
        "The notebook defines run_graph anew; the given one counts.",
        "The notebook defines list_batches anew; the given one counts.",
    )


@pytest.mark.parametrize("last", ["run_graph = None", "del run_graph, list_batches"])
def test_an_adapter_cannot_be_taken_away(graded: Callable[..., Report], last: str) -> None:
    """Nor does it help, or hurt, to bind the name to something else."""
    assert wrong(graded(last=last)) == {}


def test_a_right_answer_in_the_adapters_place_earns_nothing(
    graded: Callable[..., Report], exam: Exam, course: Course
) -> None:
    """Whoever writes the adapter instead of the class has not written the class."""
    stub = next(exercise.stub for exercise in exam.release.exercises if exercise.name == "Dual")
    source = course.solution(SLUG).read_text(encoding="utf-8")
    right = source[source.index("class Dual") : source.index("def epoch_batches")].replace("Dual", "Mine")
    assert wrong(graded(last=right, Dual=stub.replace("number", "figure"))) == {"Dual": "error"}


def test_an_error_below_an_adapter_names_the_students_line(graded: Callable[..., Report]) -> None:
    """The line is that of the student's cell; the adapter's own lines are no cell of theirs."""
    broken = "class Dual:\n    def __init__(self, value, slope=0.0):\n        self.value = value.missing"
    report = graded(Dual=broken)
    checks = [check for check in next(e for e in report.exercises if e.name == "Dual").checks if check.weight]
    assert "run_graph raised AttributeError (line 3 of the cell of Dual)" in checks[0].message


def test_a_renamed_class_is_named(graded: Callable[..., Report], exam: Exam) -> None:
    """An adapter that does not find the class says so like a check that does not find a function."""
    own = written(exam.release.exercises, exam.source, {})["Dual"].replace("Dual", "Duals")
    dual = next(item for item in graded(Dual=own).exercises if item.name == "Dual")
    message = next(check.message for check in dual.checks if check.weight)
    assert dual.verdict is Verdict.ERROR
    assert message.startswith("Dual is not defined in the notebook; found Duals, which looks like it")


# --- errors carried forward --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "later", "broken"),
    [
        ("clip_by_norm", "clipped_descent", "def clip_by_norm(grads, *, max_norm):\n    return grads"),
        (
            "epoch_batches",
            "fit_line",
            "def epoch_batches(X, y, *, batch_size, rng):\n    yield X[:batch_size], y[:batch_size]",
        ),
    ],
)
def test_a_part_that_is_wrong_does_not_cost_the_next(
    graded: Callable[..., Report], part: str, later: str, broken: str
) -> None:
    """A function, or a generator that draws, is served by the reference's; the draws come out right."""
    report = graded(**{part: broken})
    assert list(wrong(report)) == [part]
    assert [item.name for item in report.exercises if item.carried] == [later]
