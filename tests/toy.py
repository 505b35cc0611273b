"""A small whole chapter in every room, written into a folder: what a new chapter of any course must hold.

``write_course`` makes a course of its own around it, ``add_chapter`` adds it to a course that is there.
"""

from __future__ import annotations

from pathlib import Path

from autograder.attacks import target
from autograder.course.course import Course

SLUG = "toy"

SOLUTION = f'"""The toy chapter\'s reference implementations."""\n\n{target.STEP_AND_RUN}'

FRONT = """\
---
title: A toy
due: 2026-11-20T23:59:00+01:00
hours: 1
---
# A toy

Two small things to write.

```{code-cell}
:setup:
import numpy as np
```

## The step

"""

REST = """\

Something to play with:

```{code-cell}
heavy = 0.9
```

```{code-cell}
:setup:
:given: SCALE, loss_and_grad
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 2))
```

## The run

```{code-cell}
:exercise: fit_line
```

```{code-cell}
:check: fit_line
:points: 2.5
params, losses = fit_line({"w": np.zeros(2)}, X, X @ np.array([1.0, -1.0]), lr=0.05, n_steps=30)
w = np.asarray(params["w"])
assert w is params["w"] and w.shape == (2,) and w.dtype == float, f"The last w is like the first, got {w!r}."
assert losses[-1] < losses[0], f"The loss falls along the way, got {losses[0]} and then {losses[-1]}."
```
"""

TEXT = f"{FRONT}{target.STEP_CELLS}{REST}"

HEADER = """\
import numpy as np
import pytest

from autograder.checking import close, mistakes, variants


"""


def _content(what: str, checks: str, specimens: str) -> str:
    about = f"The {what} of the toy chapter: hidden checks, named mistakes, variants."
    return f'"""{about}"""\n\n{HEADER}{checks}\n\n{specimens}'


STEP_SPECIMENS = '''\
MISTAKES = mistakes(
    "heavy_step",
    (
        "climbs",
        "Your step goes up the slope: the update has the wrong sign.",
        ("params[key] - lr * velocity[key]", "params[key] + lr * velocity[key]"),
    ),
    (
        "forgets_everything",
        "Your velocity starts anew at each step: what remains of the one before is missing.",
        ('momentum * state["velocity"][key] + gradient', "gradient"),
    ),
    (
        "averages",
        "Your velocity is the averaged form, which takes only a part of the gradient in.",
        ("[key] + gradient", "[key] + (1 - momentum) * gradient"),
    ),
    (
        "ignores_lr",
        "Your step has the same length whatever the rate: look at where lr stands.",
        ("lr * velocity[key]", "velocity[key]"),
    ),
    (
        "never_forgets",
        "Your velocity keeps all of the past: it is not damped by momentum.",
        ('momentum * state["velocity"][key]', 'state["velocity"][key]'),
    ),
)


class ListState:
    """The state is a list."""

    def heavy_init(params):
        return [np.zeros_like(value) for value in params.values()]

    def heavy_step(params, grads, state, *, lr, momentum=0.9):
        velocity = [momentum * old + grads[key] for old, key in zip(state, params, strict=True)]
        return {key: params[key] - lr * v for key, v in zip(params, velocity, strict=True)}, velocity


VARIANTS = variants(
    "heavy_step",
    ("list_state", ListState),
    (
        "other_order",
        "The product is written the other way round.",
        ("lr * velocity[key]", "velocity[key] * lr"),
    ),
    (
        "scaled",
        "The velocity is kept twice as long as it is.",
        ("[key] + gradient", "[key] + 2 * gradient"),
        ("lr * velocity[key]", "lr * velocity[key] / 2"),
    ),
)
'''

HEAVY_STEP = _content("step", target.STEP_CHECKS, STEP_SPECIMENS)

RUN_SPECIMENS = """\
MISTAKES = mistakes(
    "fit_line",
    (
        "one_step_short",
        "Your loop stops one step too early.",
        ("range(n_steps)", "range(n_steps - 1)"),
    ),
    (
        "state_reset",
        "Your momentum starts anew at each step: the state is made inside of the loop.",
        ("grads, state, lr=lr)", "grads, heavy_init(params), lr=lr)"),
    ),
    (
        "first_loss_repeated",
        "Your list repeats the first loss: it must be taken anew before each step.",
        ("losses.append(loss)", "losses.append(losses[0] if losses else loss)"),
    ),
    (
        "returns_start",
        "You return the parameters that you were given, not the trained ones.",
        ("state = heavy_init(params)", "start, state = params, heavy_init(params)"),
        ("return params, losses", "return start, losses"),
    ),
    (
        "half_rate",
        "Your steps are half as long as lr asks for.",
        ("state, lr=lr)", "state, lr=lr / 2)"),
    ),
)
VARIANTS = variants(
    "fit_line",
    ("counts_down", "The loop counts down.", ("range(n_steps)", "range(n_steps, 0, -1)")),
    (
        "float_losses",
        "Each loss is turned into a float.",
        ("losses.append(loss)", "losses.append(float(loss))"),
    ),
    ("prints", "It prints on the way.", ("losses.append(loss)", "losses.append(loss); print(loss)")),
)
"""

FIT_LINE = _content("run", target.RUN_CHECKS, RUN_SPECIMENS)

CHAPTER = """\
---
file_format: mystnb
kernelspec:
  name: python3
---
# A toy

A ball on a slope gathers speed.

```{code-cell}
velocity, position = 0.0, 1.0
for _ in range(3):
    velocity = 0.9 * velocity + position
    position = position - 0.1 * velocity
print(position)
```

The graded part is [the assignment](../assignments/toy/toy.ipynb).
"""

TOC = """\
format: jb-book
root: book/index
chapters:
  - file: book/toy
"""


def chapter_files() -> dict[str, str]:
    """The files of the toy chapter by their path in a course."""
    return {
        f"book/{SLUG}.md": CHAPTER,
        f"assignments/{SLUG}.md": TEXT,
        f"solutions/{SLUG}.py": SOLUTION,
        f"autograder/chapters/{SLUG}/heavy_step.py": HEAVY_STEP,
        f"autograder/chapters/{SLUG}/fit_line.py": FIT_LINE,
    }


def add_chapter(root: Path) -> Course:
    """Add the toy chapter to the course at ``root``: its files and its line in ``_toc.yml``."""
    for name, text in chapter_files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    toc = root / "_toc.yml"
    lines = toc.read_text(encoding="utf-8").splitlines()
    if not any(line.strip() == f"- file: book/{SLUG}" for line in lines):
        last = max(number for number, line in enumerate(lines) if line.strip().startswith("- file: book/"))
        indent = lines[last][: lines[last].index("-")]
        lines.insert(last + 1, f"{indent}- file: book/{SLUG}")
        toc.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Course(root)


def write_course(root: Path) -> Course:
    """A whole small course at ``root`` with the toy chapter as its only one."""
    for name, text in {
        "_toc.yml": TOC,
        "_config.yml": "title: Toy course\nonly_build_toc_files: true\n",
        "environment.yml": "name: toy\ndependencies:\n  - python=3.11\n",
        "LICENSE": "MIT\n",
        "book/index.md": "# Toy course\n",
        "book/lab.py": "import numpy as np\n\n\ndef bowl(x):\n    return np.sum(x**2)\n",
        "solutions/__init__.py": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return add_chapter(root)
