"""The system calls that a student's process may make, as a program that the kernel runs on each of them.

An allow-list: what Python, NumPy and threads need to compute, to use files that are already in view and to
talk over the socket they were given. Nothing here takes another process as its object, starts one, opens a
socket, mounts, traces or loads. The program is made on the trusted side and handed to the forks as bytes.
"""

from __future__ import annotations

import errno
import tempfile

ALLOWED = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range
    open openat creat stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
    epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    truncate ftruncate fallocate fsync fdatasync flock umask chmod fchmod fchmodat utime utimes utimensat
    statfs fstatfs sendfile copy_file_range fadvise64
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    mmap munmap mprotect mremap madvise mincore msync brk
    futex set_robust_list get_robust_list rseq set_tid_address restart_syscall arch_prctl
    sched_yield sched_getaffinity sched_getparam sched_getscheduler getpriority getcpu
    exit exit_group rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait
    sigaltstack setitimer getitimer alarm pause nanosleep clock_nanosleep clock_gettime clock_getres
    gettimeofday time times getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid
    getgroups getpgrp getpgid getsid uname sysinfo getrusage getrlimit setrlimit getrandom wait4 waitid
    recvfrom sendto recvmsg sendmsg shutdown getsockopt getsockname getpeername
"""

# What a curious student meets first; all else that is not allowed does not exist (ENOSYS), by which newer
# C libraries fall back to older calls: clone3 must be one of those, for its flags are out of sight here.
REFUSED = """
    fork vfork execve execveat socket socketpair connect bind listen accept accept4 kill tkill tgkill
    ptrace process_vm_readv process_vm_writev mount umount2 chroot unshare setns mknod mknodat chown
    setuid setgid setreuid setregid setresuid setresgid setgroups
"""

CLONE_THREAD = 0x00010000
NAMESPACES = 0x7E020080  # CLONE_NEW*: time, mount, cgroup, uts, ipc, user, pid, net
PRCTL = (15, 16, 0x53564D41)  # the thread's name, set and got; the name of a piece of memory
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # descriptors, flags and locks: no owner to be signalled
IOCTL = (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451)  # a terminal? its size; blocking; close-on-exec
O_ASYNC = 0o20000


class NoFilter(Exception):
    """This platform cannot make the program; the sentence says what is missing."""


def system_call_filter() -> bytes:
    """The filter for this machine's processor as BPF instructions; raises NoFilter."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:
        raise NoFilter("libseccomp is missing; on Debian or Ubuntu: apt install libseccomp2") from error
    arg, equal, masked = pyseccomp.Arg, pyseccomp.EQ, pyseccomp.MASKED_EQ
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))

    def rule(action: int, name: str, *conditions: pyseccomp.Arg) -> None:
        try:
            known = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) >= 0
        except ValueError:
            known = False
        if known:  # an older call may not exist on a newer processor
            rules.add_rule(action, name, *conditions)

    for name in ALLOWED.split():
        rule(pyseccomp.ALLOW, name)
    for name in REFUSED.split():
        rule(pyseccomp.ERRNO(errno.EPERM), name)
    rule(pyseccomp.ALLOW, "clone", arg(0, masked, CLONE_THREAD | NAMESPACES, CLONE_THREAD))
    rule(pyseccomp.ERRNO(errno.EPERM), "clone", arg(0, masked, CLONE_THREAD, 0))
    rule(pyseccomp.ALLOW, "prlimit64", arg(0, equal, 0))
    for name, place, values in (("prctl", 0, PRCTL), ("ioctl", 1, IOCTL)):
        for value in values:
            rule(pyseccomp.ALLOW, name, arg(place, equal, value))
    for value in FCNTL:
        more = (arg(2, masked, O_ASYNC, 0),) if value == 4 else ()
        rule(pyseccomp.ALLOW, "fcntl", arg(1, equal, value), *more)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
