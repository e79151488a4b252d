"""The adapter to the kernel's priorities: whoever works at the machine goes first, at the processor and at the disk."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

NICE = 10

_WHO_PROCESS = 1
_BEST_EFFORT, _IDLE = 2, 3
_CLASS_SHIFT = 13
_LOWEST = 7

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "riscv64": 30, "ppc64le": 273, "s390x": 282}
"""The number of the system call, for which Python has no name; that of `ioprio_get` is the next."""


def step_back() -> None:
    """Lower the priority of this process, and so of all that it starts; never raise it.

    At the disk the lowest best-effort priority and not the idle class, which a busy disk would never let read.
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice < NICE:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
        except OSError:  # a sandbox that refuses it
            return
    _step_back_at_the_disk()


def _step_back_at_the_disk() -> None:
    number = _IOPRIO_SET.get(platform.machine())
    if number is None or sys.maxsize < 1 << 32:  # the numbers of 32-bit programs are others
        return
    call = ctypes.CDLL(None).syscall
    if call(number + 1, _WHO_PROCESS, 0) >> _CLASS_SHIFT != _IDLE:
        call(number, _WHO_PROCESS, 0, _BEST_EFFORT << _CLASS_SHIFT | _LOWEST)  # refused, it stays as it is
