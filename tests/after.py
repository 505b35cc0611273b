"""A second small chapter, ``after``, that carries a part of the toy's, asks for words and has experiments."""

from __future__ import annotations

from autograder.course.course import Course

SOLUTION = '''\
"""What comes after the toy."""

import numpy as np

from solutions.toy import heavy_init, heavy_step


def roll(params, grads, *, lr):
    """The parameters after a step of your momentum for each of the gradients."""
    ### BEGIN SOLUTION
    state = heavy_init(params)
    for each in grads:
        params, state = heavy_step(params, each, state, lr=lr)
    return params
    ### END SOLUTION


def half(x):
    """Half of x."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
'''

TEXT = """\
---
title: After the toy
due: 2026-12-20T23:59:00+01:00
---
# After the toy

```{code-cell}
:setup:
import numpy as np
```

```{code-cell}
:carry: heavy_step
:from: toy
```

```{code-cell}
:exercise: roll
```

```{code-cell}
:check: roll
:points: 4
assert roll({"w": np.array([1.0])}, [{"w": np.array([1.0])}], lr=0.5)["w"][0] == 0.5, "One step of half."
```

```{code-cell}
:exercise: half
```

```{code-cell}
:check: half
:points: 1
assert half(2.0) == 1.0, "Half of two is one."
```

```{code-cell}
:experiments:

## Experiments
```

Something to begin with.

```{code-cell}
print(roll({"w": np.array([1.0])}, [{"w": np.array([1.0])}] * 3, lr=0.5))
```

```{code-cell}
:manual: choice
:points: 2
```
"""

CHECKS = '''\
"""Hidden checks."""

import numpy as np
import pytest

from autograder.checking import close


@pytest.mark.exercise("roll")
def test_three_steps(student, reference, rng):
    """Three steps end where three steps of momentum end."""
    params, grads = {"w": rng.normal(size=3)}, [{"w": rng.normal(size=3)} for _ in range(3)]
    got, want = (side.roll(params, grads, lr=0.1) for side in (student, reference))
    assert close(got, want), "The steps end elsewhere: does the state live through all of them?"


@pytest.mark.exercise("half")
def test_half(student, rng):
    """Half of a number."""
    x = float(rng.normal())
    assert close(student.half(x), x / 2), "Half is divided by two."
'''


def write_after(course: Course) -> Course:
    for name, text in {
        "solutions/after.py": SOLUTION,
        "assignments/after.md": TEXT,
        "autograder/chapters/after/shared.py": CHECKS,
    }.items():
        path = course.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return course
