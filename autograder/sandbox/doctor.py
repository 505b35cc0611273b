"""Reports which protections work on this machine, by attempts to break each of them."""

from __future__ import annotations

import os
import platform
import shutil

from autograder.sandbox.handle import Limits
from autograder.sandbox.protections import PROTECTIONS
from autograder.sandbox.sandbox import Sandbox, forked
from autograder.worker.channel import Closed, DeadlineError
from autograder.worker.wire import WireError

INSTALL = {
    "apt-get": "apt install bubblewrap",
    "dnf": "dnf install bubblewrap",
    "pacman": "pacman -S bubblewrap",
    "zypper": "zypper install bubblewrap",
    "apk": "apk add bubblewrap",
}
# An endless loop that catches every interrupt; each limit in CLOCKS must stop it.
ENDLESS = """
def attempt(target):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
CLOCKS = (
    ("wall time", "holds up the class for as long as it likes", Limits(call_wall_seconds=0.5), DeadlineError),
    (
        "processor time",
        "computes for as long as it likes",
        Limits(call_wall_seconds=30.0, cpu_seconds=1),  # a busy machine takes long over a second of its own
        Closed,
    ),
)


def doctor(sandbox: Sandbox | None = None) -> tuple[str, int]:
    """A report for the terminal, and the exit code: 0 if no protection is missing, else 1."""
    with sandbox or Sandbox() as opened:
        off = {*opened.protections_off, *(name for name, *_ in CLOCKS if not _stops_loop(opened, name))}
        plan, refused = opened.plan, opened.refused
    costs = {one.name: one.costs for one in PROTECTIONS} | {name: cost for name, cost, *_ in CLOCKS}
    lines = [f"Student code runs here by: {plan.name} ({_who()}, {platform.system()} {_release()})."]
    lines += [f"  {name:<16} {_state(name in off, cost)}" for name, cost in costs.items()]
    lines += [f"Tried before: {reason}" for reason in refused]
    if not plan.namespace and not shutil.which("bwrap"):
        lines.append(f"bubblewrap is not installed; type: {install_line()}")
    if plan.namespace and not plan.confinement.scratch_bytes:
        lines.append("No scratch folder could be mounted: answers that write temporary files fail here.")
    if not plan.confinement.program:
        lines.append("No system-call filter: it needs libseccomp (Debian, Ubuntu: apt install libseccomp2).")
    lines.append(_summary(len(costs), len(off)))
    return "\n".join(lines), int(bool(off))


def install_line() -> str:
    """The command that installs bubblewrap on this machine."""
    found = [line for program, line in INSTALL.items() if shutil.which(program)]
    return found[0] if found else "your package manager's line for bubblewrap"


def _stops_loop(opened: Sandbox, name: str) -> bool:
    """Whether the limit called ``name`` stops an endless loop that catches every interrupt."""
    limits, fault = next(clock[2:] for clock in CLOCKS if clock[0] == name)
    usual, opened.limits = opened.limits, limits
    try:
        with forked(opened) as worker:
            worker.ask({"op": "run", "number": 1, "source": ENDLESS})
            worker.call("attempt", None)
    except WireError as error:
        return isinstance(error, fault)
    finally:
        opened.limits = usual
    return False


def _state(missing: bool, costs: str) -> str:
    return f"MISSING: without it a submission {costs}" if missing else "present"


def _who() -> str:
    return "root" if os.geteuid() == 0 else "an ordinary user"


def _release() -> str:
    return ".".join(platform.release().split(".")[:2])


def _summary(of: int, missing: int) -> str:
    if not missing:
        return f"All {of} protections were tried and hold."
    return f"{of - missing} of {of} protections hold; every report names those that do not."
