"""leaks: what students must not find is found wherever it is planted, and innocent code passes."""

from __future__ import annotations

import ast
import doctest
import html
import json
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.authoring import leaks as leaks_module
from autograder.authoring.extract import read_fragments
from autograder.authoring.leaks import leaks
from autograder.authoring.release import release
from autograder.authoring.shapes import runs
from autograder.course.course import Course

REPOSITORY = Course(Path(__file__).parents[2])

RENAMED = """\
for name, slope in slopes.items():
    speed[name] = beta * memory["velocity"][name] + slope
    there[name] = here[name] - eta * speed[name]
"""
REFORMATTED = """\
class Ball:
    def roll(self, p: dict, g: dict, s: dict, lr: float, momentum: float):
        import math
        new, vel = {}, {}      # start
        print("rolling")
        for k, grad in (
            g.items()
        ):
            vel[k] = (grad
                      + s["velocity"][k] * momentum)
            print(k)
            new[k] = (p[k] - (vel[k] * lr))
        answer = new, {"v": vel}
        return answer
"""
ONE_LINER = 'memory = {"v": {name: numpy.zeros_like(array) for name, array in weights.items()}}\n'
LOOP = """\
s = heavy_init(p)
history = []
for step in range(100):
    value, slope = error(p, X, y)
    p, s = heavy_step(p, slope, s, lr=0.1)
    history.append(value)
"""
CHECK = """\
weights, slopes = {"w": gen.normal(size=4)}, [{"w": gen.normal(size=4)}]
mine = me.trajectory("heavy", weights, slopes, lr=0.3)
yours = you.trajectory("heavy", weights, slopes, lr=0.3)
"""
MISTAKE = """\
for key, g in gs.items():
    v[key] = mu * state["velocity"][key] + (1 - mu) * g
    w[key] = w[key] - lr * v[key]
"""
VARIANT = """\
v = [mu * old + gs[k] for old, k in zip(state, ps, strict=True)]
return {k: ps[k] - lr * u for k, u in zip(ps, v, strict=True)}, v
"""
CONVENTION = """
from autograder.checking import conventions

CONVENTIONS = conventions(
    "heavy_step",
    (
        "rate_inside",
        "This is right where the velocity itself carries the rate, which is another book's form.",
        ("[key] + gradient", "[key] - lr * gradient"),
        ("params[key] - lr * velocity[key]", "params[key] + velocity[key]"),
    ),
)
"""
AS_CONVENTION = """\
for k, g in gs.items():
    v[k] = mu * state["velocity"][k] - lr * g
    w[k] = ps[k] + v[k]
"""
PLANTED = {
    "renamed": (RENAMED, "the graded body of heavy_step"),
    "reformatted": (REFORMATTED, "the graded body of heavy_step"),
    "a body of one statement": (ONE_LINER, "the graded body of heavy_init"),
    "three statements of a loop": (LOOP, "the graded body of fit_line"),
    "a hidden check": (CHECK, "a part of test_first_step_is_plain_descent"),
    "a mistake": (MISTAKE, "code of the mistake heavy_step/averages"),
    "a variant": (
        f"def step(ps, gs, state, lr, mu):\n    {VARIANT.replace(chr(10), chr(10) + '    ')}",
        "list_state",
    ),
    "an import": ("from solutions.toy import heavy_step\n", "an import of solutions"),
    "a hint": (
        'note = ("Your velocity is the averaged form, "\n  "which takes only a part of the gradient in.")\n',
        "the hint of the mistake heavy_step/averages",
    ),
}


def as_chapter(code: str) -> tuple[str, str]:
    return "book/more.md", f"# More\n\n```{{code-cell}}\n:tags: [hide-input]\n\n{code}```\n\nText.\n"


def as_folded(code: str) -> tuple[str, str]:
    return (
        "book/folded.md",
        f"# Folded\n\n:::{{admonition}} Solution\n:class: dropdown\n\n```python\n{code}```\n\n:::\n",
    )


def as_module(code: str) -> tuple[str, str]:
    return "book/extra.py", f'"""Helpers."""\n\n{code}'


def as_notebook(code: str) -> tuple[str, str]:
    cell = {"cell_type": "code", "source": code.splitlines(keepends=True), "metadata": {}, "outputs": []}
    return "assignments/toy/more.ipynb", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})


def as_page(code: str) -> tuple[str, str]:
    shown = highlight(code, PythonLexer(), HtmlFormatter())
    return "_build/html/more.html", f"<html><body><details><p>More</p>{shown}</details></body></html>"


def as_inline_script(code: str) -> tuple[str, str]:
    return "_build/html/run.html", f"<html><script>const code = {json.dumps(code)};</script></html>"


def as_script(code: str) -> tuple[str, str]:
    return "_build/html/_static/run.js", f"const CELLS = ['a', `{code}`, \"b\"];\n"


def as_attribute(code: str) -> tuple[str, str]:
    return "_build/html/attr.html", f'<button data-code="{html.escape(code)}">Run</button>'


PLACES = [as_chapter, as_folded, as_module, as_notebook, as_page, as_inline_script, as_script, as_attribute]


def plant(course: Course, place, code: str) -> str:
    name, text = place(code)
    path = course.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize(("code", "what"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_leak_is_found_wherever_it_stands(toy_course: Course, place, code: str, what: str) -> None:
    """Renamed, reformatted, folded or in a script's string: the sentence names the file and the secret."""
    name = plant(toy_course, place, code)
    told = leaks(toy_course)
    assert any(sentence.startswith(f"{name} holds ") and what in sentence for sentence in told), told
    assert all(sentence.startswith(name) for sentence in told)


def test_a_convention_is_a_secret_like_a_mistake(toy_course: Course) -> None:
    """Its code and its sentence are found in the book."""
    path = toy_course.content("toy") / "heavy_step.py"
    path.write_text(path.read_text(encoding="utf-8") + CONVENTION, encoding="utf-8")
    told = "This is right where the velocity itself carries the rate, which is another book's form."
    name = plant(toy_course, as_chapter, f"def step():\n{indent(AS_CONVENTION, '    ')}    # {told}\n")
    code = "code of the convention heavy_step/rate_inside (autograder/chapters/toy)"
    hint = "the hint of the convention heavy_step/rate_inside (autograder/chapters/toy)"
    assert leaks(toy_course) == [f"{name} holds {code}; take it out.", f"{name} holds {hint}; take it out."]


def test_other_ways_of_writing_a_statement_change_nothing() -> None:
    """Annotations, augmented assignment, order of factors, 1 or 1.0, a returned or a named value."""
    plain = "a = b * c + 1\nd[k] = d[k] + np.sqrt(a)\nreturn f(a, x=d, y=2)"
    other = "q: float = 1.0 + (c * b)\ne[j] += xp.sqrt(q)\nr = g(q, y=2.0, x=e)"
    assert list(runs(ast.parse(plain).body)) == list(runs(ast.parse(other).body)) != []


INNOCENT = {
    "a scalar sketch": "v = 0.9 * v + g\nw = w - 0.1 * v\ntrail.append(w)\n",
    "torch's twin": "opt = torch.optim.SGD([w], lr=0.1, momentum=0.9)\nloss.backward()\nopt.step()\n",
    "two of the statements": "losses = []\nfor _ in range(n_steps):\n    loss, grads = f(params, X, y)\n",
    "what is given": (
        'if not 0 <= momentum < 1:\n    raise ValueError("momentum must lie in [0, 1)")\n'
        'residual = X @ params["w"] - y\n'
    ),
    "small talk": "n = 3\nlosses = []\nt = 0\n",
    "a plot": "fig, ax = plt.subplots()\nax.plot(steps, losses)\nax.set_xlabel('step')\nplt.show()\n",
    "words of a hint": '"""Your step goes up. The velocity is an average, and the gradient a part."""\n',
    "no Python": "$ make course\nTraining: 100%\n",
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("code", INNOCENT.values(), ids=INNOCENT.keys())
def test_innocent_code_passes(toy_course: Course, place, code: str) -> None:
    """A chapter may sketch, plot, call torch and talk; what the student notebook gives is no secret."""
    plant(toy_course, place, code)
    assert leaks(toy_course) == []


def test_the_released_notebook_holds_no_leak_and_the_built_one_does(toy_course: Course) -> None:
    """Validation, docstrings and given functions of the student notebook are no secret; the bodies are."""
    release(toy_course, "toy")
    assert leaks(toy_course) == []
    built = toy_course.build / "source"
    told = leaks(toy_course, built)
    assert {sentence.split(" body of ")[1].split(" or ")[0] for sentence in told} == {
        "heavy_init",
        "heavy_step",
        "fit_line",
    }


def test_a_file_of_an_instructors_room_is_found_by_its_place(toy_course: Course) -> None:
    """In the bundle even an empty file below `solutions` is one too many."""
    path = toy_course.build / "bundle" / "solutions" / "__init__.py"
    path.parent.mkdir(parents=True)
    path.write_text("", encoding="utf-8")
    assert leaks(toy_course) == [
        "_build/bundle/solutions/__init__.py holds a file of the room solutions; take it out."
    ]


def test_lines_that_are_no_python_do_not_hide_the_rest(tmp_path: Path) -> None:
    """A block that mixes output, prompts or magics with code is read for the code in it."""
    page = tmp_path / "a.md"
    page.write_text("```\n%matplotlib inline\nx = 1\nEpoch 3 of 10\ny = x + 2\n```\n", encoding="utf-8")
    assert [len(tree.body) for tree in read_fragments(page).trees] == [2]
    page.write_text("Text\n\n>>> x = 1\n1\n>>> y = (x +\n... 2)\n", encoding="utf-8")
    assert [len(tree.body) for tree in read_fragments(page).trees] == [2]


def test_a_doctest_does_not_hide_the_module_around_it(tmp_path: Path) -> None:
    """Both are read: the functions of a module, and the code of its examples."""
    path = tmp_path / "lab.py"
    source = 'import a\n\ndef f(x):\n    """\n    >>> import b\n    """\n    return x\n'
    path.write_text(source, encoding="utf-8")
    trees = read_fragments(path).trees
    names = [node.names[0].name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert names == ["a", "b"]


def test_a_file_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    """Pictures and fonts hold no code."""
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\xff\xfe")
    assert read_fragments(path).words == []


def test_the_public_rooms_of_this_course_hold_no_leak() -> None:
    """The book's text, the student notebooks, and bundle and site where they are built."""
    assert leaks(REPOSITORY) == []


def test_the_public_rooms_are_whole_without_the_others(toy_course: Course, tmp_path: Path) -> None:
    """A public module runs where neither `solutions` nor `autograder` can be imported."""
    shut = "import sys; sys.modules['autograder'] = sys.modules['solutions'] = None"
    done = subprocess.run(
        [sys.executable, "-c", f"{shut}; import lab; print(lab.bowl(2.0))"],
        cwd=toy_course.root / "book",
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("4.0\n", "")


def test_the_docstrings_examples_run() -> None:
    """What `plain` shows is what it does."""
    assert doctest.testmod(leaks_module).failed == 0


def test_what_was_clean_is_not_searched_again(toy_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look reads changed files alone, and none of the private ones while they are the same."""
    plant(toy_course, as_chapter, INNOCENT["a plot"])
    assert leaks(toy_course) == []
    monkeypatch.setattr(leaks_module, "hidden_code", lambda course: pytest.fail("worked out again"))
    monkeypatch.setattr(leaks_module, "read_fragments", lambda path: pytest.fail(f"{path} searched again"))
    assert leaks(toy_course) == []
    monkeypatch.setattr(leaks_module, "read_fragments", read_fragments)
    name = plant(toy_course, as_chapter, RENAMED)
    for _ in range(2):  # what is found is told every time
        assert [sentence.startswith(name) for sentence in leaks(toy_course)] == [True]


def test_new_secrets_are_searched_everywhere(toy_course: Course) -> None:
    """A file that was clean is searched again when a private file has changed, or the notes are damaged."""
    name = plant(toy_course, as_chapter, f"def step():\n{indent(AS_CONVENTION, '    ')}\n")
    assert leaks(toy_course) == []
    path = toy_course.content("toy") / "heavy_step.py"
    path.write_text(path.read_text(encoding="utf-8") + CONVENTION, encoding="utf-8")
    assert [sentence.startswith(name) for sentence in leaks(toy_course)] == [True]
    (toy_course.build / "leaks.json").write_text("{", encoding="utf-8")
    assert [sentence.startswith(name) for sentence in leaks(toy_course)] == [True]
