"""What a fork gives up before it runs a student's code. It runs on that side: standard library only.

All steps or none: a step that fails ends the fork, so that nobody's code runs with less than was asked for.
"""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass

SCRATCH = "/tmp"
SCRATCH_OPTIONS = "size={bytes},nr_inodes=1024,mode=1777"
MAX_USERS = 60_000
MAX_DESCRIPTORS = 256

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_NOSUID_NODEV_NOEXEC, _REC_PRIVATE = 2 | 4 | 8, 0x4000 | 0x40000
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 4, 22, 38, 2
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Confinement:
    """What forks give up.

    ``program`` is the system-call filter, empty for none; ``scratch_bytes`` the size of a private folder
    /tmp in a mount namespace of the fork's own, 0 for none; ``first_user`` the first of the users that
    forks take turns at, one each, 0 to stay who they are; ``max_threads`` 0 where the kernel would count
    the threads of everything else that the same user runs.
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
    """Let no process of the same user look into this one, nor into its forks."""
    _must(_prctl(_PR_SET_DUMPABLE, 0))


def confine(wanted: Confinement, number: int, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Give up all of it, for good; ``number`` counts the forks."""
    if wanted.scratch_bytes:
        _scratch(wanted.scratch_bytes)
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
    for what, limit in limits.items():
        resource.setrlimit(what, (limit, limit))
    if wanted.first_user:
        user = wanted.first_user + number % MAX_USERS
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    none = (ctypes.c_uint32 * 6)()
    _must(_LIBC.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), none))
    _must(_prctl(_PR_SET_NO_NEW_PRIVS, 1))
    if wanted.program:
        program = _Program(len(wanted.program) // 8, wanted.program)
        _must(_prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program)))


def _scratch(size: int) -> None:
    options = SCRATCH_OPTIONS.format(bytes=size).encode()
    where = SCRATCH.encode()
    _must(_LIBC.unshare(_CLONE_NEWNS))
    _must(_LIBC.mount(None, b"/", None, ctypes.c_ulong(_REC_PRIVATE), None))
    _must(_LIBC.mount(b"tmpfs", where, b"tmpfs", ctypes.c_ulong(_NOSUID_NODEV_NOEXEC), options))
    os.chdir(SCRATCH)


def _prctl(what: int, first: int, second: int = 0) -> int:
    return _LIBC.prctl(what, *map(ctypes.c_ulong, (first, second, 0, 0)))


def _must(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
