"""Copies with other names are listed; what the exercise makes usual is not."""

from __future__ import annotations

import doctest
import json
import re

import pytest
import toy

from autograder.classroom.sample import make_sample
from autograder.course.course import CourseError
from autograder.desk import similar as module
from autograder.desk.similar import crowds, pairs, similar, usual

ODD = """\
def fit_line(params, X, y, lr, n_steps):
    # walk along, remembering where it was cheapest
    trail = [(float(np.hypot(*X[0])), 0)]
    for turn in range(3 * n_steps, 0, -3):
        trail.append((turn % 7 - sum(y[:2]), turn // 3))
    cheapest = min(trail, key=lambda pair: pair[0] ** 2 + 1)
    return {"w": np.full(2, cheapest[0])}, [cost for cost, _ in trail if cost > -5]
"""
OTHER = {"trail": "journey", "turn": "k", "cheapest": "best_one", "cost": "c", "pair": "p"}
RENAMED = re.sub(r"# .*", "# mine", re.sub(r"\b(\w+)\b", lambda word: OTHER.get(word[1], word[1]), ODD))


def test_nobody_to_compare(released_toy, tmp_path):
    """An assignment without hand-ins is a sentence, and no list of nobody."""
    with pytest.raises(CourseError, match="nobody has handed in toy"):
        similar(released_toy, toy.SLUG, tmp_path)


def test_a_copy_with_other_names_is_listed(released_toy):
    """Unusual statements in common, although no name and no comment is."""
    known = usual(released_toy, released_toy.release("toy"))
    answers = {
        "ann": {"fit_line": ODD},
        "bob": {"fit_line": RENAMED},
        "zoe": {"fit_line": "def fit_line(*a):\n    return a"},
    }
    (found,) = pairs(answers, known)
    assert found.students == ("ann", "bob") and found.shared["fit_line"]["statement"] >= 3
    assert found.same_text == ()
    (same,) = pairs({**answers, "bob": {"fit_line": ODD}}, known)
    assert same.same_text == ("fit_line",) and same.evidence > found.evidence


def test_what_many_have_is_told_of_all_of_them_at_once(released_toy):
    """The same words from thirty students: one line with their names, not four hundred pairs."""
    known = usual(released_toy, released_toy.release("toy"))
    answers = {f"s{n:02}": {"fit_line": ODD} for n in range(30)} | {"ann": {"fit_line": RENAMED}}
    assert pairs(answers, known) == []
    assert crowds(answers, known) == [("fit_line", [f"s{n:02}" for n in range(30)])]


def test_a_class_of_references_variants_and_mistakes_is_not_alike(released_toy, tmp_path):
    """Fourteen hand-ins made of the chapter's own specimens: nobody is listed."""
    make_sample(released_toy, toy.SLUG, tmp_path)
    said = similar(released_toy, toy.SLUG, tmp_path)
    assert said.startswith("Nobody's answers are alike beyond the usual.") and "never a mark" in said


def test_the_command_names_both(term, capsys):
    """Two hand-ins with the same odd lines, in a class where nobody else has them."""
    right = json.loads((term.path / "submitted/ann/toy/toy.ipynb").read_text(encoding="utf-8"))
    for cell in right["cells"]:
        if "def fit_line" in "".join(cell["source"]):
            cell["source"] = ODD
    text = json.dumps(right)
    for student in ("ann", "lea"):
        (term.path / "submitted" / student / "toy" / "toy.ipynb").write_text(text, encoding="utf-8")
    code, said = term.run(capsys, "similar", "toy")
    assert code == 0 and re.search(r"^ann and lea: fit_line: \d statements, .*word for word$", said, re.M)


def test_an_answer_that_does_not_parse_is_like_nothing():
    """Broken code, deep code and nothing at all."""
    for text in ("def f(:", "(" * 5000, "", "\0"):
        assert module.prints(text) == set()


def test_its_examples_run():
    """The docstrings say what is true."""
    assert doctest.testmod(module).failed == 0
