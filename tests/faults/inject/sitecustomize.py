"""Faults injected by name: put this folder on PYTHONPATH, and a photo called segfault.jpg crashes its decoder.

Python imports this module when it starts. It acts only in iqsd's own processes. Besides photos' names, there are
variables: IQSD_FAULT_CLOCK shifts the wall clock by this many seconds, IQSD_FAULT_MOUNTS is read instead of the
kernel's table of mounts, IQSD_FAULT_POWER instead of its folder of power supplies, the file IQSD_FAULT_LOAD instead of
the load, IQSD_FAULT_DISK gives photos file numbers and change dates beyond 63 bits, and IQSD_FAULT_DEAF suppresses all
events. To keep tests quick, IQSD_HASTE shortens the daemon's waits, and IQSD_ONE_JUDGEMENT judges one photo and reuses
the result for all others.
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

    real = reading.read_photo

    def read_photo(path: Path, wanted: tuple[int, int]) -> Any:
        if path.stem in FAULTS:
            FAULTS[path.stem]()
        photo = real(path, wanted)
        if path.stem == "vanishing":
            path.unlink()
        return photo

    reading.read_photo = read_photo
    if "IQSD_ONE_JUDGEMENT" in os.environ:
        _judge_once()


def _judge_once() -> None:
    from iqsd.scoring.scorer import Scorer

    real = Scorer.assess
    said: list[Any] = []

    def assess(self: Scorer, pixels: Any, coarseness: float | None = None, profile: bytes = b"") -> Any:
        if not said:
            said.append(real(self, pixels, coarseness, profile))
        return said[0]

    Scorer.assess = assess  # type: ignore[method-assign]


def _confuse() -> None:
    from iqsd import sidecars

    real = sidecars.read

    def read(
        photo: Path, options: sidecars.Options | None = None, *, into_photo: bool = False, is_gone: bool = False
    ) -> sidecars.State:
        if photo.stem == "confusing":
            raise ZeroDivisionError("never meant to happen")
        return real(photo, options, into_photo=into_photo, is_gone=is_gone)

    sidecars.read = read


def _in_parent() -> None:
    _confuse()
    from iqsd.workers import pool

    pool.TIME_LIMIT_SECONDS = 3.0
    if "IQSD_HASTE" in os.environ:
        from iqsd import daemon
        from iqsd.service import reporter, resting

        reporter._WRITE_EVERY_SECONDS = 0.5
        daemon.HEARTBEAT_SECONDS = daemon.PAUSE_SECONDS = resting.LOOK_EVERY_SECONDS = 1.0
        daemon.IDLE_SECONDS = 3.0
    if "IQSD_FAULT_CLOCK" in os.environ:
        _set_clock(float(os.environ["IQSD_FAULT_CLOCK"]))
    if "IQSD_FAULT_MOUNTS" in os.environ:
        from iqsd.watching import mounts

        mounts.MOUNTS = Path(os.environ["IQSD_FAULT_MOUNTS"])
    if "IQSD_FAULT_POWER" in os.environ:
        from iqsd.service import machine

        machine.POWER_SUPPLIES = Path(os.environ["IQSD_FAULT_POWER"])
    if "IQSD_FAULT_LOAD" in os.environ:
        file = Path(os.environ["IQSD_FAULT_LOAD"])
        os.getloadavg = lambda: (float(file.read_text()), 0.0, 0.0)
    if "IQSD_FAULT_DISK" in os.environ:
        _number_high()
    if "IQSD_FAULT_DEAF" in os.environ:
        from iqsd.watching.roots import Roots

        Roots.news = lambda self: iter(())  # type: ignore[method-assign]
        Roots.descriptors = property(lambda self: [])  # type: ignore[assignment,method-assign]


def _set_clock(seconds: float) -> None:
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1e9)


def _number_high() -> None:
    real = os.stat

    def stat(path: Any, **how: Any) -> os.stat_result:
        found = real(path, **how)
        if not str(path).endswith(".jpg"):
            return found
        mode, number, *rest = found
        dates = {"st_mtime_ns": found.st_mtime_ns, "st_ctime_ns": (1 << 63) + found.st_ctime_ns}
        return os.stat_result((mode, number | 1 << 63, *rest), dates)

    os.stat = stat


if "iqsd.workers.process" in sys.orig_argv:
    _in_worker()
elif "iqsd" in sys.orig_argv:
    _in_parent()
