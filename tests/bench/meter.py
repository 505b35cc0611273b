"""Wall time, processor time and peak memory of a command and of all that it starts, namespaces included.

Read from /proc a few times a second: what a process used stays in its parent's count when it is waited for,
so that the largest sum ever seen misses at most what was used since the look before.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PERIOD_SECONDS = 0.2  # looking takes some milliseconds of a core, which whoever is measured lacks
MEMORY_EVERY = 3  # looks; reading it takes longer


@dataclass
class Used:
    """What a command used. ``trusted_mb`` is the part of the memory outside of workers' namespaces."""

    wall: float = 0.0
    cpu: float = 0.0
    memory_mb: float = 0.0
    trusted_mb: float = 0.0
    processes: int = 0
    code: int = 0


def measure(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> Used:
    """Run ``command`` to its end."""
    used, over = Used(), threading.Event()
    log = folder / "log.txt"
    with log.open("wb") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=said, stderr=said
        )
        watcher = threading.Thread(target=_watch, args=(process.pid, used, over))
        watcher.start()
        used.code = process.wait()
        used.wall = time.perf_counter() - start
        over.set()
        watcher.join()
    if used.code:
        raise RuntimeError(f"{command[:3]} ended with {used.code}: {log.read_text(errors='replace')[-2000:]}")
    return used


def _watch(root: int, used: Used, over: threading.Event) -> None:
    looks = 0
    while not over.wait(PERIOD_SECONDS):
        stats = _family(root)
        used.cpu = max(used.cpu, sum(cpu for _, cpu in stats.values()))
        used.processes = max(used.processes, len(stats))
        if looks % MEMORY_EVERY == 0:
            boxed = _inside(stats)
            sizes = {pid: _megabytes(pid) for pid in stats}
            used.memory_mb = max(used.memory_mb, sum(sizes.values()))
            trusted = sum(size for pid, size in sizes.items() if pid not in boxed)
            used.trusted_mb = max(used.trusted_mb, trusted)
        looks += 1


def _family(root: int) -> dict[int, tuple[int, float]]:
    """Process -> (parent, seconds of processor, those of its ended children included) of root's family."""
    found: dict[int, tuple[int, float]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                found[int(entry)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    family = {root}
    while more := {pid for pid, (parent, _) in found.items() if parent in family} - family:
        family |= more
    return {pid: found[pid] for pid in family if pid in found}


def _inside(stats: dict[int, tuple[int, float]]) -> set[int]:
    """Those in a process namespace of their own: the sandbox's."""
    here = os.readlink("/proc/self/ns/pid")
    inside = set()
    for pid in stats:
        try:
            inside |= {pid} if os.readlink(f"/proc/{pid}/ns/pid") != here else set()
        except OSError:
            inside.add(pid)
    return inside


def _megabytes(pid: int) -> float:
    """The memory of one process, what it shares divided by who shares it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4 / 1024
    return 0.0
