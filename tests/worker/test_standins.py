"""Stand-ins for packages that are not there while grading: harmless in a cell, one sentence in a call."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.calls.backends import Raised, WorkerBackend
from autograder.calls.proxy import Proxy
from autograder.sandbox.mounts import PACKAGES as VISIBLE
from autograder.sandbox.sandbox import Sandbox, forked
from autograder.worker.standins import PACKAGES

ROOT = Path(__file__).parents[2]
Cells = Callable[..., Proxy]
ABOVE = "import numpy as np, scipy.special\nfrom scipy import special as s\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture
def cells(sandbox: Sandbox) -> Iterator[Cells]:
    """Runs cells in a worker, each to its end; gives a proxy of the functions that they define."""
    with forked(sandbox) as worker:

        def run(*sources: str) -> Proxy:
            for number, source in enumerate(sources):
                request = {"op": "run", "number": number, "source": dedent(source)}
                assert worker.ask(request, wall_seconds=20) == {}
            return Proxy(WorkerBackend(worker))

        yield run


HARMLESS = {
    "modules, attributes, calls": """
        import torch
        import torch.nn as nn
        from torch.nn import functional
        torch.manual_seed(0)
        torch.backends.cudnn.deterministic = True
        print(torch.__version__)
        """,
    "a class": """
        import torch.nn as nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
        net = Net()
        """,
    "unpacking": """
        from sklearn.datasets import load_digits
        X, y = load_digits(return_X_y=True)
        (a, b), *rest = load_digits()
        """,
    "loops and blocks": """
        import torch
        for x in torch.utils.data:
            1 / 0
        with torch.no_grad():
            pass
        """,
    "numbers": """
        import pandas as pd
        x = pd.Series([1]).mean()
        y = 1 + x * 2 - x @ x ** 2
        print(f'{x:.3f}', float(x), int(x), round(x, 2), len(x), -x, x > 3, x['a'], 'a' in x)
        x['b'] = 3
        """,
    "numpy on them": "import numpy as np, torch\nnp.asarray(torch.ones(3))\nnp.mean(torch.ones(3))",
    "files": """
        from google.colab import drive, files
        drive.mount('/content')
        for name in files.upload().keys():
            open(name)
        """,
    "plots": """
        import matplotlib.pyplot as plt, seaborn as sns
        sns.set()
        figure, axes = plt.subplots(2)
        axes[0].plot([1], label='a')
        plt.show()
        """,
    "display": """
        from IPython.display import HTML, clear_output, display as show
        import IPython
        show(HTML('x'))
        IPython.display.display(1)
        clear_output(wait=True)
        display(1, display_id=True).update(2)
        """,
    "the shell": """
        get_ipython().run_line_magic('matplotlib', 'inline')
        assert get_ipython().__class__.__name__ == 'ZMQInteractiveShell'
        """,
    "widgets": """
        import ipywidgets as widgets
        @widgets.interact(x=(0, 1))
        def g(x):
            return x
        assert g(1) == 1
        """,
}


@pytest.mark.parametrize("habit", HARMLESS)
def test_in_a_cell_they_do_nothing(cells: Cells, habit: str) -> None:
    """Whatever is done with them, the cell goes on: the function below is defined and right."""
    assert cells(f"{dedent(HARMLESS[habit])}\ndef f(x):\n    return x + 1").calls("f", [((1,), {})]) == [2]


@pytest.mark.parametrize("decorator", ["torch.no_grad()", "torch.jit.script", "joblib.Memory('.').cache"])
def test_a_decorator_leaves_its_function(cells: Cells, decorator: str) -> None:
    """It is called as it was written."""
    package = decorator.partition(".")[0]
    decorated = f"import {package}\n@{decorator}\ndef f(x):\n    return x + 1"
    assert cells(decorated).calls("f", [((1,), {})]) == [2]


@pytest.mark.parametrize(
    "use",
    [
        "scipy.special.expit(x)",
        "np.exp(scipy.x)",
        "scipy.x + x",
        "float(scipy.x)",
        "[*scipy.x]",
        "s.expit(x)",
    ],
)
def test_in_a_graded_call_they_are_one_sentence(cells: Cells, use: str) -> None:
    """The exception is that of a package that is missing: a way without it is taken where there is one."""
    student = cells(f"{ABOVE}def f(x):\n    return {use}")
    sentence = r"line 4.*: scipy was used, which is not there while grading; write this part with NumPy"
    with pytest.raises(Raised, match=sentence):
        student.calls("f", [((1.0,), {})])
    careful = f"def g(x):\n    try:\n        return {use}\n    except ImportError:\n        return 7"
    assert cells(careful).calls("g", [((1.0,), {})]) == [7]


def test_what_only_shows_does_no_harm_in_a_graded_call(cells: Cells) -> None:
    """A progress bar goes through what it is given; display shows nothing; nothing is a tensor."""
    student = cells(
        """
        import torch
        from IPython.display import HTML, display
        from tqdm.auto import tqdm, trange
        def f(x):
            display(HTML('x'))
            with tqdm(total=3) as bar:
                bar.update(1)
            for i in (bar := tqdm(range(3), desc='x')):
                bar.set_postfix(loss=x)
                x += i
            for i in trange(2):
                x += i
            tqdm.write('x')
            return x if not isinstance(x, torch.Tensor) else None
        """
    )
    assert student.calls("f", [((1,), {})]) == [5]


def test_a_fallback_is_taken_as_it_is_outside(cells: Cells) -> None:
    """A package that the students' environment lacks is missing; code that asks for one sees that it is."""
    student = cells(
        """
        try:
            import cupy as xp
        except ImportError:
            import numpy as xp
        def f(x):
            return float(xp.sqrt(x))
        """
    )
    assert student.calls("f", [((4.0,), {})]) == [2.0]


def test_a_library_sees_that_a_package_is_missing(cells: Cells) -> None:
    """Only what a cell imports is stood in for, not what a real package tries; real ones stay real."""
    cells(
        """
        import sys
        import numpy
        tries = "try:\\n    import torch\\nexcept ImportError:\\n    torch = None"
        names = {}
        exec(compile(tries, "/view/numpy/anything.py", "exec"), names)
        assert names["torch"] is None and "torch" not in sys.modules
        import torch
        assert "which is not there" in repr(torch.nn) and "torch" in sys.modules
        import matplotlib
        assert matplotlib.get_backend() == "agg"
        """
    )


def test_an_error_says_what_was_stood_in_for(sandbox: Sandbox) -> None:
    """A comparison with a package that is missing fails: no riddle for the student."""
    with forked(sandbox) as worker:
        source = "import torch\nassert torch.allclose(1, 1)"
        reply = worker.ask({"op": "run", "number": 1, "source": source})
    assert reply["error"] == "AssertionError" and "a stand-in took the place of torch" in reply["message"]


def test_the_students_environment_is_covered() -> None:
    """Everything that students or the book install, tools aside, is seen by workers or stood in for."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    lines = (ROOT / "requirements-students.txt").read_text(encoding="utf-8").splitlines() + groups["book"]
    names = {line.split("#")[0].partition("=")[0].partition(">")[0].strip().lower() for line in lines} - {""}
    tools = {
        "docutils",
        "jupyter-book",
        "jupyter-cache",
        "jupyterlab",
        "pybtex",
        "sphinx",
        "sphinx-mathjax-offline",
        "sphinxcontrib-katex",
    }
    imported = {"scikit-learn": "sklearn", "pyyaml": "yaml", "ipython": "IPython", "pillow": "PIL"}
    names = {imported.get(name, name.replace("-", "_")) for name in names - tools}
    assert names >= {"torch", "scipy", "matplotlib"} and names <= PACKAGES | set(VISIBLE)
