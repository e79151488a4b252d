"""Faults injected by name: put this folder on PYTHONPATH, and a photo called segfault.jpg crashes its decoder.

Python imports this module at start. It only acts in iqsd's own processes.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def _segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory is short


def _greedy() -> None:
    bytearray(64 << 30)


def _endless() -> None:
    while True:
        time.sleep(0.1)


FAULTS = {"segfault": _segfault, "killed": _killed, "greedy": _greedy, "endless": _endless}


def _in_worker() -> None:
    from iqsd.photos import reading

    real = reading.read_pixels

    def read_pixels(path: Path, wanted: tuple[int, int]) -> Any:
        if path.stem in FAULTS:
            FAULTS[path.stem]()
        return real(path, wanted)

    reading.read_pixels = read_pixels


def _in_parent() -> None:
    from iqsd.workers import pool

    pool.TIME_LIMIT_SECONDS = 3.0


if "iqsd.workers.process" in sys.orig_argv:
    _in_worker()
elif "iqsd" in sys.orig_argv:
    _in_parent()
