"""The sandbox: what a worker may do, what ends it, and that it holds nothing of ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from waiting import wait_until

from autograder.sandbox import handle
from autograder.sandbox.handle import MAX_CALLBACK_BYTES, Limits, SandboxError, Worker
from autograder.sandbox.mounts import packages_for
from autograder.sandbox.plans import Plan, bare_plans, plans
from autograder.sandbox.sandbox import Sandbox, forked, sweep
from autograder.sandbox.syscalls import system_call_filter
from autograder.worker.channel import Closed, DeadlineError
from autograder.worker.confine import Confinement
from autograder.worker.wire import WireError


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(call_wall_seconds=1.0, memory_mib=512, cpu_seconds=2, file_mib=1)) as box:
        yield box


@pytest.fixture(scope="module")
def roomy() -> Iterator[Sandbox]:
    """With the processor time that a submission has: a first plot reads all fonts for over a second."""
    with Sandbox(Limits(memory_mib=512, file_mib=1)) as box:
        yield box


@pytest.fixture
def worker(sandbox: Sandbox) -> Iterator[Worker]:
    with forked(sandbox) as fork:
        yield fork


def run(worker: Worker, source: str, **limits: float) -> dict:
    return worker.ask({"op": "run", "number": 1, "source": source}, **limits)


def call(worker: Worker, name: str, *args: object) -> dict:
    return worker.call(name, *args)


def test_an_answer_comes_back_and_the_arguments_stay(worker: Worker) -> None:
    """A call returns the value; what it does to its arguments is done to copies."""
    run(worker, "def f(x, n):\n    x += n\n    return x.sum()")
    x = np.zeros(3)
    assert call(worker, "f", x, 2) == {"value": 6.0} and x.tolist() == [0, 0, 0]


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
        ("def f():\n    import autograder.grading.grading", "ModuleNotFoundError"),
        ("def f():\n    import torch\n    torch.ones(3)", "ModuleNotFoundError"),
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
        ("def f():\n    while True: pass", DeadlineError),
        (
            "def f():\n  while 1:\n    try:\n      while 1: pass\n    except BaseException: pass",
            DeadlineError,
        ),
        ("def f():\n    import time; time.sleep(60)", DeadlineError),
        ("def f():\n    import os; os._exit(0)", Closed),
        ("def f():\n    import ctypes; ctypes.string_at(0)", Closed),
        (
            "def f():\n    import os\n    for fd in range(3, 20):\n"
            "        try: os.write(fd, b'x' * 64)\n        except OSError: pass",
            WireError,
        ),
        ("def f(g):\n    while True: g(1)", DeadlineError),
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
        "import os, stat\ndef f():\n    found = []\n    for fd in range(256):\n"
        "        try: mode = os.fstat(fd).st_mode\n        except OSError: continue\n"
        "        found.append('socket' if stat.S_ISSOCK(mode) else oct(stat.S_IFMT(mode)))\n"
        "    return [found, sorted(os.environ)]",
    )
    kinds, environment = call(worker, "f")["value"]
    assert sorted(kinds) == ["0o20000", "0o20000", "0o20000", "socket"]
    assert not set(environment) & {"COURSE_TERM", "USER", "PYTHONPATH"} and "HOME" in environment


def test_a_worker_computes_with_the_kernels_of_the_trusted_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBLAS's kernels decide the last bits of an answer: a worker gets ours, and still one thread."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with Sandbox() as box, forked(box) as fork:
        names = "('OPENBLAS_CORETYPE', 'OPENBLAS_NUM_THREADS')"
        run(fork, f"import os\ndef f():\n    return [os.environ[name] for name in {names}]")
        assert call(fork, "f")["value"] == ["Haswell", "1"]


def test_no_check_or_solution_is_in_a_workers_memory(worker: Worker) -> None:
    """Of the engine a worker holds the wire, its confinement and itself, and no path to the rest."""
    run(worker, "def f():\n    import sys\n    return [sorted(sys.modules), sys.path]")
    modules, path = call(worker, "f")["value"]
    assert [name for name in modules if name.startswith(("autograder", "solutions"))] == [
        "autograder",
        "autograder.worker",
        "autograder.worker.channel",
        "autograder.worker.confine",
        "autograder.worker.execution",
        "autograder.worker.main",
        "autograder.worker.programs",
        "autograder.worker.session",
        "autograder.worker.standins",
        "autograder.worker.values",
        "autograder.worker.wire",
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
    """When the sandbox closes, its parent, its workers and bubblewrap's own processes are gone."""
    before = descendants(os.getpid())
    with Sandbox() as box:
        forks = [box.fork() for _ in range(3)]
        run(forks[0], "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()")
        family = descendants(os.getpid()) - before
        assert len(family) > len(forks)
    wait_until(lambda: not running().keys() & family)


def test_a_grader_that_is_killed_takes_its_workers_along() -> None:
    """Nothing of a sandbox outlives the process that opened it, however that one ends."""
    code = (
        "import sys\nfrom autograder.sandbox.sandbox import Sandbox\nbox = Sandbox()\nfork = box.fork()\n"
        "print('up', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout.readline() == "up\n"
        family = descendants(grader.pid)
        grader.kill()
    assert family
    wait_until(lambda: not running().keys() & family)


def running() -> dict[int, int]:
    """Process -> its parent, dead ones that nobody asked after aside."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                parents[int(path.parent.name)] = int(parent)
    return parents


def descendants(ancestor: int) -> set[int]:
    """The running processes below ``ancestor``."""
    parents, found = running(), {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {ancestor}


def test_a_dead_sandbox_says_so() -> None:
    """If the warm parent dies, that is the grader's own error and is raised as such."""
    with Sandbox() as box:
        os.kill(box._process.pid, signal.SIGKILL)
        with pytest.raises(SandboxError):
            for _ in range(1000):  # the news travels: bubblewrap dies first, what it started right after
                box.fork()


# --- what each way of starting keeps out -----------------------------------------------------------------

OPEN_FILES = ("file view", "read-only files", "leftovers", "disk", "file count")


def working_plans() -> dict[str, Plan]:
    """The plans of this machine by name; every one must start here."""
    return {plan.name: plan for plan in (*plans(), *bare_plans(system_call_filter()))}


def needs_bubblewrap() -> None:
    """Without bubblewrap there is nothing to look at; where tests count, that is a failure."""
    if shutil.which("bwrap") is None:
        why = "bubblewrap is not installed (apt install bubblewrap)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def test_with_bubblewrap_no_protection_is_off(sandbox: Sandbox) -> None:
    """Every attempt to get out fails in the sandbox that is taken by default."""
    needs_bubblewrap()
    assert sandbox.protections_off == () and sandbox.refused == []


def test_an_ordinary_users_namespace_keeps_all_out() -> None:
    """The plan of an ordinary user, who has one user id only, protects no less."""
    needs_bubblewrap()
    with Sandbox(tried=[working_plans()["bubblewrap"]]) as box:
        assert box.protections_off == ()


def test_without_a_scratch_folder_code_still_runs() -> None:
    """Where a fork may mount nothing, it has no place to write at all, and all else holds."""
    needs_bubblewrap()
    with Sandbox(tried=[working_plans()["bubblewrap, no scratch folder"]]) as box:
        assert box.protections_off == ()
        with forked(box) as fork:
            assert run(fork, "import tempfile\ntempfile.mkstemp()")["error"] == "FileNotFoundError"


def test_the_filter_alone_is_not_passed_over() -> None:
    """Without bubblewrap files are open, and said to be; network, processes and kernel stay closed."""
    with Sandbox(tried=[working_plans()["limits and filter only"]]) as box:
        off = box.protections_off
        assert set(off) <= set(OPEN_FILES) and {"file view", "leftovers", "disk"} <= set(off)


def test_limits_alone_are_named_for_what_they_are() -> None:
    """With neither, what is missing is told by trying: a network call, a fork, a signal get through."""
    with Sandbox(tried=[working_plans()["limits only"]]) as box:
        off = set(box.protections_off)
        assert {"file view", "network", "processes", "neighbours", "system calls"} <= off
        assert "memory" not in off


def test_a_plan_that_does_not_work_gives_way() -> None:
    """The next plan is taken, and what stopped the first is kept in words."""
    wrong = Plan("wrong", "one user", Confinement(program=b"\0" * 8))
    with Sandbox(tried=[wrong, *plans()]) as box:
        assert box.plan.name != "wrong"
        assert "Invalid argument" in box.refused[0] or "bwrap" in box.refused[0]


def test_where_nothing_works_the_grader_says_so() -> None:
    """No plan, no worker: a SandboxError with all reasons, never an unprotected run."""
    wrong = Plan("wrong", "", Confinement(program=b"\0" * 8))
    with pytest.raises(SandboxError, match=r"wrong: .*Invalid argument"):
        Sandbox(tried=[wrong])


def test_a_plan_that_was_ended_twice_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have killed the first starts: that is no reason for a weaker plan; three times is."""
    real, ends = Sandbox._self_test, []

    def ended(box: Sandbox) -> None:
        if len(ends) < often:
            ends.append(box.plan)
            box._process.kill()
            raise SandboxError("killed")
        real(box)

    monkeypatch.setattr(Sandbox, "_self_test", ended)
    strong, weak = list(plans())[:2]
    for often, taken in ((1, strong), (2, strong), (3, weak)):
        ends.clear()
        with Sandbox(tried=[strong, weak]) as box:
            assert (box.plan, ends, len(box.refused)) == (taken, [strong] * often, often // 3)


# --- inside of the sandbox -------------------------------------------------------------------------------


def test_the_view_holds_python_and_numpy_and_nothing_else_of_ours(sandbox: Sandbox) -> None:
    """No process, no configuration, no home, no course: neither as files nor as something to import."""
    needs_bubblewrap()
    here = Path(__file__).parents[2]
    with forked(sandbox) as fork:
        run(
            fork,
            "import os, sys\n"
            "def f(paths):\n    return [path for path in paths if os.path.exists(path)]\n"
            "def g():\n    places = ('/view', '/view/autograder', '/view/autograder/worker', '/')\n"
            "    return [sorted(os.listdir(path)) for path in places]",
        )
        paths = [
            "/proc",
            "/sys",
            "/etc/passwd",
            "/home",
            "/usr/bin/env",  # the folder is there where it holds the interpreter
            "/usr/share",
            "/var",
            "/run",
            "/dev/shm",
        ]
        paths += [
            str(here / name) for name in ("solutions", "autograder", "tests", "_build", ".venv", ".git")
        ]
        assert call(fork, "f", paths)["value"] == []
        view, engine, worker, root = call(fork, "g")["value"]
        assert "numpy" in view and not {"torch", "sklearn", "scipy", "nbgrader", "pytest"} & set(view)
        assert engine == ["worker"]
        files = {path.name for path in (here / "autograder" / "worker").glob("*.py")}
        assert set(worker) - {"__pycache__"} == files
        assert {"proc", "home", "sys", "var"}.isdisjoint(root)


def test_the_view_holds_what_the_release_imports() -> None:
    """A package of a setup cell can be imported, with what it needs; its neighbours on the disk cannot."""
    needs_bubblewrap()
    packages = packages_for(["import numpy as np\nfrom scipy.special import expit", "import json, nothing"])
    assert packages == ("numpy", "matplotlib", "scipy")
    with Sandbox(packages=packages) as box, forked(box) as fork:
        source = "from scipy.special import expit\nassert expit(0.0) == 0.5"
        assert run(fork, source, wall_seconds=60) == {}  # a cold disk
        assert "hypothesis" in repr(run(fork, "import hypothesis"))


def test_each_worker_has_a_scratch_folder_of_its_own(sandbox: Sandbox) -> None:
    """Two workers at once write the same name and see their own text; the next sees none."""
    needs_bubblewrap()
    source = (
        "def put(text):\n    open('/tmp/note', 'w').write(text)\n"
        "def get():\n    return open('/tmp/note').read()"
    )
    with forked(sandbox) as one, forked(sandbox) as two:
        for fork, text in ((one, "one"), (two, "two")):
            run(fork, source)
            call(fork, "put", text)
        assert [call(fork, "get")["value"] for fork in (one, two)] == ["one", "two"]
    with forked(sandbox) as three:
        run(three, source)
        assert call(three, "get")["error"] == "FileNotFoundError"


@pytest.mark.parametrize(
    "source",
    [
        "import tempfile\nwith tempfile.TemporaryDirectory() as place:\n    open(place + '/x', 'w').close()",
        "import numpy as np\nnp.save('x.npy', np.eye(3))\nassert np.load('x.npy').sum() == 3",
        "from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(8).map(abs, [1, 2]))",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\nplt.close()",
        "import ssl, hashlib, sqlite3, lzma, bz2, zlib, ctypes, decimal, json, uuid\nuuid.uuid4()",
        "import warnings, logging, sys\nwarnings.warn('w')\nlogging.info('l')\nprint('e', file=sys.stderr)",
        "import os, random\nos.urandom(8)\nrandom.seed()\nopen(os.devnull, 'w').write('x')",
        "import shutil\nopen('a', 'w').close()\nshutil.copy2('a', 'b')\nshutil.move('b', 'c')",
        "import time, datetime, platform\ntime.sleep(0.01)\ndatetime.datetime.now()\nplatform.platform()",
        "import signal, resource\nsignal.alarm(0)\nresource.getrusage(resource.RUSAGE_SELF)",
    ],
)
def test_what_honest_code_uses_is_there(roomy: Sandbox, source: str) -> None:
    """Scratch files, threads, plots, the standard library, warnings, clocks: nothing of it is refused."""
    with forked(roomy) as fork:
        assert run(fork, source, wall_seconds=60) == {}


def test_a_forged_fault_is_cut_and_cleaned(worker: Worker) -> None:
    """What a worker says went wrong is short, printable text when it arrives, whatever was sent."""
    forge = (
        "def f():\n    class Loud(Exception):\n        pass\n    Loud.__name__ = 'A' * 10_000\n"
        "    raise Loud('\\x1b[2J\\u202e\\ud800' + 'B' * 100_000)"
    )
    run(worker, forge)
    reply = call(worker, "f")
    assert len(reply["error"]) <= 200 and len(reply["message"]) <= 2_000
    assert reply["message"].isprintable() and "[2J" in reply["message"]


def test_callbacks_may_not_fill_the_graders_memory() -> None:
    """Arguments handed to trusted functions are remembered there: in all they may have so many bytes."""
    with Sandbox(Limits(call_wall_seconds=30.0)) as box, forked(box) as fork:
        run(fork, "import numpy as np\ndef f(g):\n    x = np.zeros(10**6)\n    while True:\n        g(x)")
        log: list[object] = []
        with pytest.raises(WireError, match="bytes"):
            call(fork, "f", lambda x: log.append(x))
        assert sum(x.nbytes for x in log) <= MAX_CALLBACK_BYTES


def test_a_worker_has_its_time_and_no_more(sandbox: Sandbox) -> None:
    """A worker forked until a moment answers nothing after it, however short each call is."""
    with forked(sandbox, time.monotonic() + 0.3) as fork, pytest.raises(DeadlineError):
        run(fork, "import time\ndef f():\n    time.sleep(0.1)")
        for _ in range(10):
            call(fork, "f")


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old folders that nobody uses are removed; those in use, of others, of today, and links stay."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = (
        "import os, signal; from autograder.sandbox.sandbox import Sandbox; box = Sandbox();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", told], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    (left,) = tmp_path.glob("sandbox-*")
    with Sandbox() as box:
        used, fresh = Path(box._folder.name), tmp_path / "sandbox-fresh"
        fresh.mkdir()
        (tmp_path / "sandbox-link").symlink_to(tmp_path.parent)
        for folder in (left, used):
            os.utime(folder, (0, 0))
        sweep()
        assert sorted(tmp_path.iterdir()) == sorted([used, fresh, tmp_path / "sandbox-link"])
    if os.geteuid() == 0:
        os.utime(fresh, (0, 0))
        os.chown(fresh, 65534, 65534)
        sweep()
        assert fresh.exists()


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 2.0), (1.0, 2.0), (3.0, 6.0), (99.0, 24.0)])
def test_a_busy_machine_is_patient(monkeypatch: pytest.MonkeyPatch, load: float, seconds: float) -> None:
    """A call has longer as there is more to do than cores, at most twelve times; being pinned is no load."""
    monkeypatch.setattr(os, "getloadavg", lambda: (load * 8, 0.0, 0.0))
    monkeypatch.setattr(handle, "CORES", 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert Worker(0, None, Limits(call_wall_seconds=2.0), lambda _: 0, 0.0).patience() == pytest.approx(
        seconds
    )
