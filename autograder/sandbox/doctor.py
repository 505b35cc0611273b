"""Says what student code is kept from on this machine, by letting it try everything."""

from __future__ import annotations

import os
import platform
import shutil

from autograder.course.course import CourseError
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
# A loop that takes every interrupt for its own, and what ends it.
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
        Limits(call_wall_seconds=5.0, cpu_seconds=1),
        Closed,
    ),
)


def doctor(sandbox: Sandbox | None = None) -> tuple[str, int]:
    """What is present and what is missing, as text; 0 if nothing is missing, else 1."""
    with sandbox or Sandbox() as box:
        off = {*box.protections_off, *(name for name, *_ in CLOCKS if not _ends(box, name))}
        plan, refused = box.plan, box.refused
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
    lines.append(_sum(len(costs), len(off)))
    return "\n".join(lines), int(bool(off))


def require_sandbox(sandbox: Sandbox) -> None:
    """Refuse to go on where a protection is missing."""
    if sandbox.protections_off:
        raise CourseError(
            f"--require-sandbox: this machine lacks {', '.join(sandbox.protections_off)}; "
            "`autograder doctor` says what that costs and what to install."
        )


def install_line() -> str:
    """What to type to get bubblewrap here."""
    found = [line for program, line in INSTALL.items() if shutil.which(program)]
    return found[0] if found else "your package manager's line for bubblewrap"


def _ends(box: Sandbox, name: str) -> bool:
    """Whether an endless loop that swallows interrupts is ended by the clock of this name."""
    limits, fault = next(clock[2:] for clock in CLOCKS if clock[0] == name)
    kept, box.limits = box.limits, limits
    try:
        with forked(box) as worker:
            worker.ask({"op": "run", "number": 1, "source": ENDLESS})
            worker.ask({"op": "call", "name": "attempt", "args": (None,), "kwargs": {}})
    except WireError as error:
        return isinstance(error, fault)
    finally:
        box.limits = kept
    return False


def _state(missing: bool, costs: str) -> str:
    return f"MISSING: without it a submission {costs}" if missing else "present"


def _who() -> str:
    return "root" if os.geteuid() == 0 else "an ordinary user"


def _release() -> str:
    return ".".join(platform.release().split(".")[:2])


def _sum(of: int, missing: int) -> str:
    if not missing:
        return f"All {of} protections were tried and hold."
    return f"{of - missing} of {of} protections hold; every report names those that do not."
