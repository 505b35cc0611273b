"""Jupyter's own lines: found where IPython finds them, harmless, at the same line numbers, in linear time."""

from __future__ import annotations

import time

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.course.jupyter import parses, strip_magics

CELLS = [
    ("x = 7 %2\ny = 1", "x = 7 %2\ny = 1"),
    ('t = """\n%d\n"""', 't = """\n%d\n"""'),
    ("if x:\n    %timeit f()\ny = 1", "if x:\n    pass\ny = 1"),
    ("if x:\n    %time f()\ny = 1", "if x:\n    f()\ny = 1"),
    ("f?\ny = 1", "\ny = 1"),
    ("np.mean??\ny = 1", "\ny = 1"),
    ("?f\ny = 1", "\ny = 1"),
    ("files = !ls -l 'a\ny = 1", "files = []\ny = 1"),
    ("d['a'] = !ls", "d['a'] = []"),
    ("here = %pwd\ny = 1", "here = None\ny = 1"),
    ("t = %time f()", "t = f()"),
    ("%time x = f()\ny = 1", "x = f()\ny = 1"),
    ("!ls \\\n  -l\ny = 1", "\n\ny = 1"),
    ("!echo \"it's\ny = 1", "\ny = 1"),
    ("%matplotlib inline\ndef f():\n    '''Is it?\n    %d'''\n    return 1  # right?", None),
    ("x = (a\n %b)\n!ls", "x = (a\n %b)\n"),
    ("%%time\nfiles = !ls\nx = 1", "\nfiles = []\nx = 1"),
    ("%%capture out\nx = 1", "out = get_ipython().captured\nx = 1"),
    ("%%timeit\nx = 1", "\n"),
    ("%%timeit\ndef f():\n    return 1", "\ndef f():\n    return 1"),
    ("%%bash\nls", "\n"),
    ("%%html\n<b>x</b>\n", "\n\n"),
    ("  %%time\n  x = 1", "\nx = 1"),
    ("  x = 1\n  y = 2", "x = 1\ny = 2"),
    ("pip install tqdm", ""),
    ("def f(:\n    pass", "def f(:\n    pass"),
]


@pytest.mark.parametrize(("source", "kept"), CELLS)
def test_jupyters_lines_become_harmless(source: str, kept: str | None) -> None:
    """What looks like a magic inside of right Python stays; line numbers stay what they were."""
    found = strip_magics(source)
    assert found.count("\n") == source.count("\n")
    if kept is None:
        assert found == source.replace("%matplotlib inline", "")
    else:
        assert found == kept


@pytest.mark.parametrize("source", [source for source, _ in CELLS if "pip" not in source])
def test_the_lines_are_those_of_ipython(source: str) -> None:
    """A cell changes where IPython changes it, and runs after it if it runs there."""
    theirs = TransformerManager().transform_cell(source)
    assert (strip_magics(source) != source) == (theirs.rstrip("\n") != source.rstrip("\n"))
    assert parses(strip_magics(source)) == parses(theirs)


@pytest.mark.parametrize(
    "source",
    [
        "'''" * 80_000 + "\n%x",
        "\"'" * 120_000 + "\n!a",
        "!\n" * 120_000,
        "a?\n" * 80_000,
        "x =\t" * 60_000 + "\n!",
        "[ " * 120_000 + "=!",
        "=\\\n" * 80_000 + "!",
    ],
)
def test_no_cell_takes_long(source: str) -> None:
    """The reader has no clock: a quarter of a million characters take less than seconds."""
    start = time.process_time()
    strip_magics(source)
    assert time.process_time() - start < 5
