"""How a forked worker gives up its rights before it runs student code.

This module runs inside the worker, so it imports the standard library only. If any step fails, the worker
exits: student code never runs with less confinement than requested.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass

SCRATCH = "/tmp"
SCRATCH_OPTIONS = "size={bytes},nr_inodes=256,mode=1777"
MAX_USERS = 60_000
MAX_DESCRIPTORS = 256

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_NOSUID_NODEV_NOEXEC, _REC_PRIVATE = 2 | 4 | 8, 0x4000 | 0x40000
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 4, 22, 38, 2
_PR_SET_DEATH_SIGNAL = 1
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Confinement:
    """The confinement of every worker.

    ``program`` is the system-call filter (BPF), empty for none. ``scratch_bytes`` is the size of a private
    /tmp in a mount namespace of the worker's own, 0 for none. ``first_user`` is the first of MAX_USERS user
    ids; each worker gets the next one. With 0 it keeps the parent's user. ``max_threads`` is the limit on
    threads; it is 0 (no limit) where the kernel would count the threads of all processes of the same user.
    """

    program: bytes = b""
    scratch_bytes: int = 0
    first_user: int = 0
    max_threads: int = 0


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def hide() -> None:
    """Keep other processes of the same user from reading or tracing this process and its forks."""
    _raise_on_error(_prctl(_PR_SET_DUMPABLE, 0))


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends; a change of the user undoes it."""
    _raise_on_error(_prctl(_PR_SET_DEATH_SIGNAL, signal.SIGKILL))


def confine(wanted: Confinement, number: int, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Apply ``wanted`` and the limits for good; this is the ``number``-th fork of the parent."""
    if wanted.scratch_bytes:
        _mount_scratch(wanted.scratch_bytes)
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: MAX_DESCRIPTORS,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_CORE: 0,
    }
    if wanted.max_threads:
        limits[resource.RLIMIT_NPROC] = wanted.max_threads
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    if wanted.first_user:
        user = wanted.first_user + number % MAX_USERS
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    die_with_parent()
    no_capabilities = (ctypes.c_uint32 * 6)()
    _raise_on_error(_LIBC.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), no_capabilities))
    _raise_on_error(_prctl(_PR_SET_NO_NEW_PRIVS, 1))
    if wanted.program:
        program = _Program(len(wanted.program) // 8, wanted.program)
        _raise_on_error(_prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program)))


def _mount_scratch(size: int) -> None:
    options = SCRATCH_OPTIONS.format(bytes=size).encode()
    folder = SCRATCH.encode()
    _raise_on_error(_LIBC.unshare(_CLONE_NEWNS))
    _raise_on_error(_LIBC.mount(None, b"/", None, ctypes.c_ulong(_REC_PRIVATE), None))
    _raise_on_error(_LIBC.mount(b"tmpfs", folder, b"tmpfs", ctypes.c_ulong(_NOSUID_NODEV_NOEXEC), options))
    os.chdir(SCRATCH)


def _prctl(option: int, first: int, second: int = 0) -> int:
    return _LIBC.prctl(option, *map(ctypes.c_ulong, (first, second, 0, 0)))


def _raise_on_error(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
