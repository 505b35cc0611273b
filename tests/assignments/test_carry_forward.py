"""assignments/carry_forward.py: answers get into the capstone whole, and nothing of anybody's is lost."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.utils import compute_checksum

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "assignments" / "carry_forward.py"
_spec = importlib.util.spec_from_file_location("carry_forward", SCRIPT)
carry_forward = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(carry_forward)

STUBS = {
    "activation": "def activation(z, kind):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
    "momentum_step": (
        "def momentum_init(params):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\n"
        "def momentum_step(params, grads, state, lr):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    ),
}
ORIGINS = {"activation": "backprop", "momentum_step": "momentum"}
DONE = {
    "activation": "def activation(z, kind):\n    return np.maximum(z, 0)",
    "momentum_step": (
        "def momentum_init(params):\n    return {}\n\n\n"
        "def momentum_step(params, grads, state, *, lr):\n    return params, state"
    ),
}


def code(source, **metadata):
    return {
        "cell_type": "code",
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


def solution(name, source, **metadata):
    """A solution cell as nbgrader releases it, its checksum that of the stub."""
    mark = {"grade": False, "solution": True, "locked": False, "grade_id": name, "schema_version": 3}
    stub = nbformat.v4.new_code_cell(STUBS[name], metadata={"nbgrader": mark})
    mark = {**mark, "checksum": compute_checksum(stub)}
    return code(source, nbgrader=mark, **metadata)


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


@pytest.fixture
def work(tmp_path):
    """A student's folder: two finished notebooks and the capstone as it was given out."""
    capstone = notebook(
        code("import numpy as np", nbgrader={"grade_id": "setup_1", "locked": True}),
        *(solution(name, STUBS[name], carried=ORIGINS[name]) for name in STUBS),
        code("mine = 1"),
    )
    files = {"capstone": capstone}
    for name, slug in ORIGINS.items():
        files[slug] = notebook(code("import numpy as np"), solution(name, DONE[name]))
    for slug, content in files.items():
        path = tmp_path / slug / f"{slug}.ipynb"
        path.parent.mkdir()
        path.write_text(json.dumps(content), encoding="utf-8")
    paths = SimpleNamespace(folder=tmp_path, **{slug: tmp_path / slug / f"{slug}.ipynb" for slug in files})
    paths.parts = lambda: {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in json.loads(paths.capstone.read_text())["cells"]
        if cell["metadata"].get("carried")
    }
    paths.cells = lambda: [cell["source"] for cell in json.loads(paths.capstone.read_text())["cells"]]
    return paths


def run(work, *arguments):
    return carry_forward.main([str(work.folder), "--into", str(work.capstone), *arguments])


def test_answers_are_copied_by_grade_id(work, capsys):
    """Each into its cell; all other cells, and the earlier notebooks, are as they were."""
    before = {slug: getattr(work, slug).read_bytes() for slug in ("backprop", "momentum", "capstone")}
    others = work.cells()
    assert run(work) == 0
    assert work.parts() == DONE
    assert [source for source in work.cells() if source in others] == ["import numpy as np", "mine = 1"]
    assert all(getattr(work, slug).read_bytes() == before[slug] for slug in ("backprop", "momentum"))
    backup = work.capstone.with_name("capstone-before-carry-forward-1.ipynb")
    assert backup.read_bytes() == before["capstone"]
    said = capsys.readouterr().out
    assert "backprop/activation: copied." in said and backup.name in said and "Reload" in said


def test_a_second_run_changes_nothing(work, capsys):
    """What is there already is not written again, and no further copy is made."""
    run(work)
    once = work.capstone.read_bytes()
    capsys.readouterr()
    assert run(work) == 0
    assert work.capstone.read_bytes() == once and len(list(work.capstone.parent.iterdir())) == 2
    assert "Nothing to change" in capsys.readouterr().out


def test_work_in_the_capstone_stays(work, capsys):
    """A part that was changed there is only replaced when that is asked for, and then a copy is kept."""
    content = json.loads(work.capstone.read_text())
    content["cells"][1]["source"] = mine = "def activation(z, kind):\n    return np.tanh(z)"
    work.capstone.write_text(json.dumps(content))
    assert run(work) == 0
    assert work.parts() == {**DONE, "activation": mine}
    assert "stays; see --replace" in capsys.readouterr().out
    assert run(work, "--replace") == 0
    assert work.parts() == DONE
    kept = [path.read_text() for path in work.capstone.parent.glob("*before*")]
    assert len(kept) == 2 and all("np.tanh" in text for text in kept)


def test_helpers_come_along(work):
    """Functions, constants and imports of one's own that a part calls, and what these call; no more."""
    part = "def activation(z, kind):\n    return positive(z) * SCALE"
    own = (
        "from math import exp\nSCALE = 2.0\n\n\ndef positive(z):\n    return floor(z) + exp(0) - 1\n\n\n"
        "def floor(z):\n    return np.maximum(z, 0)\n\n\ndef idle():\n    return 0\n\nprint(positive(1.0))"
    )
    cells = notebook(code("import numpy as np"), code(own), solution("activation", part))
    work.backprop.write_text(json.dumps(cells))
    assert run(work) == 0
    sources = work.cells()
    helper = sources[sources.index(part) - 1]
    space = {"np": __import__("numpy")}
    exec(helper + "\n" + part, space)
    assert space["activation"](3.0, "relu") == 6.0 and "idle" not in helper and "print" not in helper
    assert run(work) == 0 and work.cells() == sources


def test_a_parameter_is_no_helper(work, capsys):
    """A scratch cell has a `z`; a function's argument or own variable of that name is another."""
    for slug, name in (("backprop", "activation"), ("momentum", "momentum_step")):
        part = DONE[name].replace("return", "state = params = z = 1\n    return", 1)
        scratch = code(f"z, params, state = {slug!r}, 1, 2")
        getattr(work, slug).write_text(json.dumps(notebook(scratch, solution(name, part))))
    assert run(work) == 0
    assert "copied" in capsys.readouterr().out and not any("z, params" in source for source in work.cells())


def test_another_exercises_function_comes_along_too(work):
    """A part may call an answer of the same notebook that the capstone does not ask for."""
    part = "def activation(z, kind):\n    return softmax(z)"
    softmax = "def softmax(z):\n    return z"
    other = code(softmax, nbgrader={"grade_id": "softmax", "solution": True})
    work.backprop.write_text(json.dumps(notebook(other, solution("activation", part))))
    run(work)
    assert softmax in work.cells() and work.parts()["activation"] == part


def test_helpers_of_one_name_and_two_meanings_are_refused(work, capsys):
    """Then nothing is written at all: one of them must be renamed."""
    for slug, name in (("backprop", "activation"), ("momentum", "momentum_step")):
        helper = code(f"def tidy(x):\n    return {slug!r}")
        part = (
            DONE[name]
            .replace("return p", "tidy(1)\n    return p")
            .replace("return np", "return tidy(1) + np")
        )
        getattr(work, slug).write_text(json.dumps(notebook(helper, solution(name, part))))
    before = work.capstone.read_bytes()
    assert run(work) == 2
    assert work.capstone.read_bytes() == before and "tidy" in capsys.readouterr().err


def test_a_cell_that_lost_its_mark_is_found_by_its_function(work):
    """Copied into a new cell, or stripped of its metadata: the last definition that is no stub."""
    work.backprop.write_text(
        json.dumps(notebook(solution("activation", STUBS["activation"]), code(DONE["activation"])))
    )
    run(work)
    assert work.parts()["activation"] == DONE["activation"]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (STUBS["activation"], "backprop/activation: not written yet in"),
        ("", "backprop/activation: not written yet in"),
    ],
)
def test_what_is_not_written_is_not_copied(work, capsys, state, sentence):
    """A stub or an empty cell leaves the capstone's cell alone; the other parts are copied."""
    work.backprop.write_text(json.dumps(notebook(solution("activation", state))))
    assert run(work) == 0
    assert work.parts() == {"activation": STUBS["activation"], "momentum_step": DONE["momentum_step"]}
    assert sentence in capsys.readouterr().out


def test_an_unfinished_part_is_copied_and_named(work, capsys):
    """One of two functions written: better than nothing, and said."""
    half = DONE["momentum_step"].split("\n\n\n")[0] + "\n\n\n" + STUBS["momentum_step"].split("\n\n\n")[1]
    work.momentum.write_text(json.dumps(notebook(solution("momentum_step", half))))
    run(work)
    assert work.parts()["momentum_step"] == half and "unfinished" in capsys.readouterr().out


BROKEN = {
    "nothing": b"",
    "cut off": b'{"cells": [{"cell_type": "code", "sou',
    "a web page": b"<html><body>404</body></html>",
    "UTF-16": "{}".encode("utf-16"),
    "a list": b"[1, 2]",
    "no cells": b'{"metadata": {}}',
    "cells that are none": b'{"cells": "many"}',
    "format 3": b'{"worksheets": [{"cells": []}], "nbformat": 3}',
    "a merge conflict": b'{\n<<<<<<< HEAD\n"cells": []\n=======\n"cells": [1]\n>>>>>>> x\n}',
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_notebook_spoils_nothing_else(work, capsys, content):
    """It is named with what to do; the parts of the other notebooks are copied."""
    work.backprop.write_bytes(content)
    assert run(work) == 0
    assert work.parts() == {"activation": STUBS["activation"], "momentum_step": DONE["momentum_step"]}
    said = capsys.readouterr().out
    assert str(work.backprop) in said and "left as they are" in said


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_capstone_is_not_touched(work, capsys, content):
    """One sentence, exit code 2, the file byte for byte as it was, no other file."""
    work.capstone.write_bytes(content)
    assert run(work) == 2
    assert work.capstone.read_bytes() == content and len(list(work.capstone.parent.iterdir())) == 1
    said = capsys.readouterr().err
    assert said.startswith("carry_forward.py: ") and said.count("\n") == 1


@pytest.mark.parametrize(
    "cells",
    [
        [{"cell_type": "code", "source": ["def activation(z, kind):\n", "    return 1"]}],
        [{"cell_type": "code", "source": "def activation(z, kind):\n    return 1", "metadata": None}],
        [
            None,
            3,
            "text",
            {"cell_type": "code", "source": "def activation(z, kind):\n    return 1", "metadata": []},
        ],
        [{"source": 7}, {"cell_type": "code", "source": "def activation(z, kind):\n    return 1"}],
    ],
)
def test_odd_cells_are_read(work, cells):
    """Lists of lines, missing or wrong metadata, things that are no cells."""
    work.backprop.write_text(json.dumps(notebook(*cells)))
    assert run(work) == 0
    assert work.parts()["activation"] == "def activation(z, kind):\n    return 1"


def test_a_part_that_is_not_plain_python_is_copied_as_it_is(work, capsys):
    """A magic or a syntax error is the student's; it comes along and is mentioned."""
    odd = "%time\ndef activation(z, kind):\n    return ("
    work.backprop.write_text(json.dumps(notebook(solution("activation", odd))))
    run(work)
    assert work.parts()["activation"] == odd and "not plain Python" in capsys.readouterr().out


def test_a_write_that_fails_leaves_the_notebook(work, capsys, monkeypatch):
    """A full disk in the middle: the notebook is as it was, no half file lies about."""
    before = work.capstone.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(carry_forward.os, "replace", full)
    assert run(work) == 2
    assert work.capstone.read_bytes() == before and not list(work.capstone.parent.glob(".*"))
    assert "No space left" in capsys.readouterr().err


def test_missing_notebooks_and_folders_are_named(work, capsys):
    """What is not there is said; what is there is copied."""
    work.momentum.unlink()
    assert run(work) == 0
    assert f"not written yet in {ROOT / 'assignments'}" in capsys.readouterr().out  # as handed out, beside it
    work.capstone.write_text(work.capstone.read_text().replace('"momentum"', '"history"'))
    assert run(work) == 0
    assert "history: no history.ipynb found" in capsys.readouterr().out
    assert carry_forward.main([str(work.folder / "nowhere"), "--into", str(work.capstone)]) == 2
    assert "there is no" in capsys.readouterr().err


def test_it_runs_by_itself_without_any_package(work):
    """Python alone, isolated: nothing but the standard library is imported."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(work.folder), "--into", str(work.capstone)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and work.parts() == DONE, done.stderr


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cell_type",
                    "source",
                    "metadata",
                    "nbgrader",
                    "grade_id",
                    "carried",
                    "helpers_of",
                    "checksum",
                    "id",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150)
@given(around=st.lists(JSON, max_size=5), beside=st.lists(JSON, max_size=5))
def test_whatever_cells_there_are(around, beside):
    """Any JSON for cells in either notebook: the part gets in, and every other cell is as it was."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backprop.ipynb"
        path.write_text(json.dumps(notebook(*beside, solution("activation", DONE["activation"]))))
        capstone = notebook(*around, solution("activation", STUBS["activation"], carried="backprop"))
        before = json.loads(json.dumps(capstone))
        carry_forward.carry(capstone, [Path(folder)])
    assert capstone["cells"][-1]["source"] == DONE["activation"]
    assert capstone["cells"][:-1] == before["cells"][:-1]
