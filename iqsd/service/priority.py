"""The adapter to the kernel's priorities: whoever works at the machine goes first, for processor and disk."""

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
"""The number of this system call, for which Python has no name; `ioprio_get` has the next number."""


def step_back() -> None:
    """Lower the priority of this process, and so of everything that it starts; never raise it.

    For the disk this is the lowest best-effort priority, not the idle class, which a busy disk would never serve.
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice < NICE:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
        except OSError:  # a sandbox may refuse it
            return
    _step_back_at_the_disk()


def _step_back_at_the_disk() -> None:
    number = _IOPRIO_SET.get(platform.machine())
    if number is None or sys.maxsize < 1 << 32:  # 32-bit programs have other numbers for these calls
        return
    call = ctypes.CDLL(None).syscall
    if call(number + 1, _WHO_PROCESS, 0) >> _CLASS_SHIFT != _IDLE:
        call(number, _WHO_PROCESS, 0, _BEST_EFFORT << _CLASS_SHIFT | _LOWEST)  # if refused, it stays as it is
