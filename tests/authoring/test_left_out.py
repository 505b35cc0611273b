"""The public files of a term: pages that are left out are gone, and nothing leads to them any more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import toy

from autograder.authoring.bundle import export_bundle
from autograder.authoring.completeness import missing
from autograder.authoring.left_out import assignment_text
from autograder.authoring.release import release
from autograder.cli import main
from autograder.course.course import Course, CourseError
from autograder.course.selection import Selection

OTHER = """\
---
file_format: mystnb
kernelspec:
  name: python3
---
(other)=
# Another way

See {ref}`the toy's ball <toy-ball>`, {ref}`toy-ball`, [](#toy-ball), [the chapter](toy.md),
[its notebook](../assignments/toy/toy.ipynb), {eq}`toy-law`, {doc}`toy`,
{download}`data <../assignments/toy/toy.ipynb>` and {ref}`this page <other>`, [elsewhere](https://example.org/toy.md).

```{note}
A note on {ref}`toy-ball`.
```

| what | where |
| --- | --- |
| ball | {ref}`toy-ball` |

```{code-cell}
print("{ref}`toy-ball`")
```
"""
LABELS = """
(toy-ball)=
## The *ball*

$$a = b$$ (toy-law-2)

```{math}
:label: toy-law
c = d
```
"""


@pytest.fixture
def course(toy_course: Course) -> Course:
    """The toy and another chapter that leads to it in every way."""
    root = toy_course.root
    (root / "book" / "other.md").write_text(OTHER, encoding="utf-8")
    chapter = root / "book" / "toy.md"
    chapter.write_text(chapter.read_text(encoding="utf-8") + LABELS, encoding="utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("  - file: book/other\n")
    release(toy_course, toy.SLUG)
    return toy_course


def without(course: Course, **what: frozenset) -> Course:
    return replace(course, selection=Selection(**what))


def test_references_to_a_chapter_that_is_left_out_become_words(course):
    """Roles, links, labels of equations, pages and files; code and links elsewhere stay."""
    export_bundle(without(course, chapters=frozenset({"toy"})))
    folder = course.build / "bundle"
    page = (folder / "book" / "other.md").read_text(encoding="utf-8")
    assert (
        "See the toy's ball, The *ball*, The *ball*, the chapter,\nits notebook, toy-law, toy,\ndata and "
        in page
    )
    assert "and {ref}`this page <other>`, [elsewhere](https://example.org/toy.md)" in page
    assert "A note on The *ball*." in page and "| ball | The *ball* |" in page
    assert 'print("{ref}`toy-ball`")' in page
    assert not list(folder.rglob("toy*")) and "toy" not in (folder / "_toc.yml").read_text()


def test_with_nothing_left_out_the_bundle_is_the_course(course):
    """The same bytes as the sources; and afterwards what was left out is there again."""
    export_bundle(without(course, chapters=frozenset({"toy"})))
    export_bundle(course)
    assert (course.build / "bundle" / "book" / "other.md").read_text(encoding="utf-8") == OTHER
    assert (course.build / "bundle" / "assignments" / "toy" / "toy.ipynb").exists()


def test_a_book_without_a_chapter_builds_strictly(course):
    """Sphinx with every warning an error, on the exported pages; with the links left in it fails."""

    def build() -> subprocess.CompletedProcess[str]:
        folder = course.build / "bundle"
        (folder / "conf.py").write_text(
            'root_doc = "book/index"\nextensions = ["myst_nb"]\nnb_execution_mode = "off"\n'
            'suppress_warnings = ["myst-nb.lexer"]\n'
            'exclude_patterns = ["assignments"]\nmyst_enable_extensions = ["dollarmath", "colon_fence"]\n'
        )
        index = folder / "book" / "index.md"
        pages = "\n".join(path.stem for path in sorted(folder.glob("book/*.md")) if path.stem != "index")
        index.write_text(f"# Book\n\n```{{toctree}}\n{pages}\n```\n", encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "sphinx",
            "-WnEq",
            "--keep-going",
            str(folder),
            str(course.build / "site"),
        ]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ})

    export_bundle(without(course, chapters=frozenset({"toy"})))
    done = build()
    assert done.returncode == 0, done.stderr
    (course.build / "bundle" / "book" / "other.md").write_text(OTHER, encoding="utf-8")
    assert build().returncode != 0


def test_the_notebook_and_the_text_are_without_the_exercise(course):
    """The students' copy has no cell of it; the source does not change."""
    before = course.released("toy").read_bytes()
    chosen = without(
        course, exercises=frozenset({("toy", "fit_line")}), points=frozenset({("toy", "heavy_step", 7.0)})
    )
    export_bundle(chosen)
    folder = course.build / "bundle" / "assignments"
    text, found = (folder / "toy.md").read_text(), json.loads((folder / "toy" / "toy.ipynb").read_text())
    assert ":exercise: fit_line" not in text and ":check: fit_line" not in text and ":points: 7" in text
    own = json.dumps(found).replace("check_arguments_fit_line", "")  # stays with the given cells
    assert "fit_line" not in own and course.released("toy").read_bytes() == before
    assert sum(exercise.points for exercise in chosen.release("toy").marked) == 7


def test_an_exercise_that_another_one_needs_is_refused(course):
    """The run calls the step: the sentence says what can be done."""
    chosen = without(course, exercises=frozenset({("toy", "heavy_step")}))
    with pytest.raises(CourseError, match=r"toy: fit_line needs heavy_step.*points = \{ heavy_step = 0 \}"):
        export_bundle(chosen)


def test_missing_is_content_with_what_is_left_out(course, tmp_path, capsys):
    """The commands read the term's settings; sources are complete, so nothing is missing."""
    (tmp_path / "course.toml").write_text('[assignment.toy]\nleave_out = ["fit_line"]\n', encoding="utf-8")
    at = ["--course", str(course.root)]
    assert main([*at, "missing", "toy", "--term", str(tmp_path)]) == 0
    assert missing(course, "toy") == [] and "Nothing is missing." in capsys.readouterr().out
    (tmp_path / "course.toml").write_text('leave_out = ["toy"]\n', encoding="utf-8")
    assert main([*at, "missing", "--term", str(tmp_path)]) == 0
    assert main([*at, "missing", "toy", "--term", str(tmp_path)]) == 2
    assert "toy is left out of this term" in capsys.readouterr().err
    assert main([*at, "bundle", "--term", str(tmp_path)]) == 0
    assert not (course.build / "bundle" / "book" / "toy.md").exists()


def test_the_hardest_are_those_that_are_asked():
    """The table of assignments names them."""
    text = "---\nhardest: [one, two]\n---\n```{code-cell}\n:exercise: one\n```\nProse.\n"
    assert assignment_text(text, frozenset({"one"}), {}) == "---\nhardest: [two]\n---\nProse.\n"


def test_every_reference_of_this_book_to_a_chapter_becomes_words():
    """Each chapter of the repository in turn: no label of it is left in another page."""
    from autograder.authoring.bundle import public_files
    from autograder.authoring.left_out import LABEL, changed_files

    course = Course(Path(__file__).parents[2])
    files = public_files(course)
    for slug in course.slugs:
        found = changed_files(without(course, chapters=frozenset({slug})), files)
        labels = set(LABEL.findall(course.chapter(slug).read_text(encoding="utf-8")))
        pages = {
            name for name in files if name.parts[0] == "book" and name.suffix == ".md" and name.stem != slug
        }
        for name in pages:
            text = (found.get(name) or files[name].read_bytes()).decode()
            pointed = re.findall(r"\{(?:ref|numref|eq)\}`(?:[^`<]*<)?([^`<>]+)>?`|\]\(#([^()\s]+)\)", text)
            left = labels & {target for pair in pointed for target in pair}
            assert not left, (slug, name, left)
