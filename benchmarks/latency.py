"""The daemon: the time from a photo's file being closed to its sidecar being in place, and the cost of waiting."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import memory

SETTLE_SECONDS = 0.5
_IDLE_SECONDS = 20.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds after settling: median, 99th percentile, worst; and the number of photos."""

    median: float
    p99: float
    worst: float
    photos: int


@dataclass(frozen=True)
class Idle:
    """What the waiting daemon uses: CPU in per cent of one core, wake-ups per second, memory in MB."""

    cpu: float
    wakeups: float
    memory: float


@contextmanager
def daemon(home: Path, environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path, float]]:
    """`iqsd start` on an empty folder: the process, the folder, the seconds until it was ready."""
    pictures, log = home / "Pictures", home / "log"
    pictures.mkdir(parents=True)
    config = home / "config.toml"
    config.write_text(f"[watch]\nsettle_seconds = {SETTLE_SECONDS}\n", "utf-8")
    start = time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "iqsd", "start", str(pictures), "--config", str(config)],
            env={**os.environ, **environment},
            stderr=said,
            start_new_session=True,
        )
    try:
        while b"watching" not in log.read_bytes():
            if process.poll() is not None:
                raise RuntimeError(log.read_text("utf-8"))
            time.sleep(0.002)
        yield process, pictures, time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def latency(pictures: Path, photos: list[Path]) -> Latency:
    """Let photos arrive one after another, and measure each."""
    taken = []
    for photo in photos:
        target = pictures / f"arrived-{photo.name}"
        sidecar = target.with_name(target.name + ".xmp")
        shutil.copyfile(photo, target)
        closed = time.perf_counter()
        while not sidecar.exists():
            if time.perf_counter() - closed > 60:
                raise RuntimeError(f"no sidecar for {target} within a minute")
            time.sleep(0.001)
        taken.append(1000 * (time.perf_counter() - closed - SETTLE_SECONDS))
    taken.sort()
    return Latency(statistics.median(taken), taken[min(len(taken) - 1, int(0.99 * len(taken)))], taken[-1], len(taken))


def idle(process: subprocess.Popen[bytes]) -> Idle:
    """Measure what the daemon uses while nothing happens."""
    time.sleep(5)  # until the last folder is quiet and its frames have been judged by each other
    before = _used(process.pid)
    time.sleep(_IDLE_SECONDS)
    after = _used(process.pid)
    cpu = (after[0] - before[0]) / os.sysconf("SC_CLK_TCK") / _IDLE_SECONDS
    return Idle(100 * cpu, (after[1] - before[1]) / _IDLE_SECONDS, memory(process.pid))


def _used(session: int) -> tuple[int, int]:
    """Clock ticks and voluntary context switches of all processes of the session."""
    ticks = switches = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                fields = (entry / "stat").read_text("ascii").rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
                status = (entry / "status").read_text("ascii").splitlines()
                switches += int(next(line for line in status if line.startswith("voluntary")).split()[1])
        except (OSError, StopIteration):
            continue
    return ticks, switches
