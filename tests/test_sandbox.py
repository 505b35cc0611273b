"""The sandbox: what a worker may do, what ends it, and that it holds nothing of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import Crashed, Garbled, Limits, Sandbox, SandboxError, TookTooLong, Worker, forked


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=1.0, memory_mib=512, cpu_seconds=2, file_mib=1)) as box:
        yield box


@pytest.fixture
def worker(sandbox: Sandbox) -> Iterator[Worker]:
    with forked(sandbox) as fork:
        yield fork


def run(worker: Worker, source: str) -> dict:
    return worker.ask({"op": "run", "number": 1, "source": source})


def call(worker: Worker, name: str, *args: object, **kwargs: object) -> dict:
    return worker.ask({"op": "call", "name": name, "args": args, "kwargs": kwargs})


def test_an_answer_comes_with_its_arguments(worker: Worker) -> None:
    """A call returns the value and the arguments as the function left them."""
    run(worker, "def f(x, *, n):\n    x += n\n    return x.sum()")
    reply = call(worker, "f", np.zeros(3), n=2)
    assert reply["value"] == 6.0 and reply["args"][0].tolist() == [2, 2, 2] and reply["kwargs"] == {"n": 2}


def test_callbacks_run_on_the_trusted_side(worker: Worker) -> None:
    """A function handed over is called here, as often as the student calls it."""
    seen: list[float] = []
    run(worker, "def f(g):\n    return g(1.0) + g(2.0)")
    assert call(worker, "f", lambda x: seen.append(x) or x * 10)["value"] == 30.0
    assert seen == [1.0, 2.0]


def test_a_fault_in_a_callback_goes_back_to_the_caller(worker: Worker) -> None:
    """The student who calls a given function wrongly gets the error, and may handle it."""
    run(
        worker,
        "def f(g):\n    try:\n        g('a', 'b')\n    except RuntimeError as e:\n        return str(e)",
    )
    assert "TypeError" in call(worker, "f", lambda x: x)["value"]


def test_defined_helpers_stay(worker: Worker) -> None:
    """A trusted helper put under a name serves every later call."""
    run(worker, "def f(x):\n    return helper(x)")
    worker.ask({"op": "define", "functions": {"helper": lambda x: x + 1}})
    assert [
        call(
            worker,
            "f",
            n,
        )["value"]
        for n in (1, 2)
    ] == [2, 3]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f():\n    return 1 / 0", "ZeroDivisionError"),
        ("def f():\n    raise SystemExit", "SystemExit"),
        ("def f():\n    raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f():\n    return f()", "RecursionError"),
        ("def f():\n    return bytearray(2**32)", "MemoryError"),
        ("def f():\n    return {1, 2}", "Unsendable"),
        ("def f():\n    return lambda: 0", "Unsendable"),
        ("class E(Exception):\n    def __str__(self):\n        1 / 0\ndef f():\n    raise E", "E"),
        ("def g(): pass", "MissingFunction"),
        ("def f():\n    import autograder.grading", "ModuleNotFoundError"),
        ("def f():\n    import torch", "ModuleNotFoundError"),
        ("def f():\n    import solutions", "ModuleNotFoundError"),
        ("def f():\n    open('big', 'wb').write(bytes(2**21))", "OSError"),
    ],
)
def test_what_student_code_raises_is_an_answer(worker: Worker, source: str, error: str) -> None:
    """Any exception crosses as its type and message, and the worker lives on."""
    run(worker, source)
    assert call(worker, "f")["error"] == error
    assert run(worker, "x = 1") == {}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f():\n    while True: pass", TookTooLong),
        (
            "def f():\n  while 1:\n    try:\n      while 1: pass\n    except BaseException: pass",
            TookTooLong,
        ),
        ("def f():\n    import time; time.sleep(60)", TookTooLong),
        ("def f():\n    import os; os._exit(0)", Crashed),
        ("def f():\n    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Crashed),
        (
            "def f():\n    import os\n    for fd in range(3, 20):\n"
            "        try: os.write(fd, b'x' * 64)\n        except OSError: pass",
            Garbled,
        ),
        ("def f(g):\n    while True: g(1)", TookTooLong),
    ],
)
def test_what_ends_a_worker_ends_only_that_worker(sandbox: Sandbox, source: str, fault: type) -> None:
    """Loops, exits, crashes and scribbling on descriptors are told apart; the next worker is whole."""
    with forked(sandbox) as fork:
        run(fork, source)
        with pytest.raises(fault):
            call(fork, "f", *([lambda x: x] if "g(1)" in source else []))
    with forked(sandbox) as fork:
        run(fork, "def f():\n    return 1")
        assert call(fork, "f")["value"] == 1


def test_a_worker_inherits_no_descriptor_and_no_environment(worker: Worker) -> None:
    """Besides its own socket a worker holds the null device only, and none of our environment."""
    run(
        worker,
        "def f():\n    import os\n    found = {}\n    for fd in os.listdir('/proc/self/fd'):\n"
        "        try: found[fd] = os.readlink('/proc/self/fd/' + fd)\n        except OSError: pass\n"
        "    return [found, sorted(os.environ)]",
    )
    links, environment = call(worker, "f")["value"]
    kinds = sorted({link.split(":")[0] for link in links.values() if not link.startswith("/proc")})
    assert kinds == ["/dev/null", "socket"]
    assert sum(link.startswith("socket") for link in links.values()) == 1
    assert not set(environment) & {"COURSE_TERM", "USER", "PYTHONPATH"} and "HOME" in environment


def test_no_check_or_solution_is_in_a_workers_memory(worker: Worker) -> None:
    """Of the engine a worker holds the wire and itself, and no path to the rest."""
    run(worker, "def f():\n    import sys\n    return [sorted(sys.modules), sys.path]")
    modules, path = call(worker, "f")["value"]
    assert [name for name in modules if name.startswith(("autograder", "solutions"))] == [
        "autograder",
        "autograder.wire",
        "autograder.worker",
    ]
    assert not [entry for entry in path if (Path(entry) / "solutions").exists()]


def test_one_workers_memory_is_not_anothers(sandbox: Sandbox) -> None:
    """What one submission leaves in modules and globals is gone for the next."""
    with forked(sandbox) as one:
        run(one, "import numpy as np\nnp.sqrt = None\nleft = 1")
    with forked(sandbox) as two:
        run(two, "import numpy as np\ndef f():\n    return ['left' in globals(), np.sqrt is None]")
        assert call(two, "f")["value"] == [False, False]


def test_closing_leaves_nothing_alive() -> None:
    """When the sandbox closes, its parent, its workers and what they started in their group are gone."""
    with Sandbox() as box:
        fork = box.fork()
        run(
            fork, "import subprocess\np = subprocess.Popen(['/bin/sleep', '600'])\ndef f():\n    return p.pid"
        )
        pids = [fork.pid, call(fork, "f")["value"], box._process.pid]
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_dead_sandbox_says_so() -> None:
    """If the warm parent dies, that is the grader's own error and is raised as such."""
    with Sandbox() as box:
        os.kill(box._process.pid, 9)
        with pytest.raises(SandboxError):
            box.fork()
