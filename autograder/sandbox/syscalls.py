"""The system calls that a student's process may make, as a BPF program that the kernel runs on each call.

An allow-list: what Python, NumPy and threads need to compute, to use visible files and to communicate over
the socket they were given. No allowed call acts on another process, starts one, opens a socket, mounts,
traces or loads code into the kernel. The program is built by the grader and passed to the workers as bytes.
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

# The calls that student code is most likely to try fail with EPERM. All others that are not allowed fail with
# ENOSYS, on which newer C libraries fall back to older calls. clone3 must be among these, because a filter
# cannot read its flags.
REFUSED = """
    fork vfork execve execveat socket socketpair connect bind listen accept accept4 kill tkill tgkill
    ptrace process_vm_readv process_vm_writev mount umount2 chroot unshare setns mknod mknodat chown
    setuid setgid setreuid setregid setresuid setresgid setgroups
"""

CLONE_THREAD = 0x00010000
NAMESPACES = 0x7E020080  # CLONE_NEW*: time, mount, cgroup, uts, ipc, user, pid, net
PRCTL = (15, 16, 0x53564D41)  # PR_SET_NAME and PR_GET_NAME of a thread; PR_SET_VMA names memory
# Descriptors, flags and locks; not F_SETOWN, by which the kernel would signal other processes.
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
# TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX
IOCTL = (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451)
O_ASYNC = 0o20000


class NoFilter(Exception):
    """The filter cannot be built on this platform; the message says what is missing."""


def system_call_filter() -> bytes:
    """The filter for this machine's processor, as BPF instructions. Raises NoFilter."""
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
        if known:  # newer processors lack some of the older calls
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
