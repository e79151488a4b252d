"""One run of a program with all its processes: time, CPU and peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
_INTERVAL = 0.05


@dataclass(frozen=True)
class Run:
    """What a run took: seconds of wall clock, seconds of CPU, peak memory in MB (each shared page counted once)."""

    wall: float
    cpu: float
    memory: float


def fresh_home(home: Path) -> dict[str, str]:
    """Make a home for an iqsd that knows nothing yet and takes all photos for complete; returns its environment."""
    config = home / "config" / "iqsd" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[watch]\nsettle_seconds = 0\n", "utf-8")
    xdg = {"XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config"}
    return {**xdg, "PYTHONPATH": str(HERE.parent)}


def run(command: list[str], environment: dict[str, str] | None = None, output: IO[str] | None = None) -> Run:
    """Run a command to its end and measure it with its children; its output goes to `output`, if given."""
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    peak = [0.0]
    done = threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, peak, done))
    sampler.start()
    said = process.communicate()[1]
    wall = time.perf_counter() - start
    done.set()
    sampler.join()
    after = os.times()
    if process.returncode:
        raise RuntimeError(f"{command[:4]} failed: {said.decode(errors='replace')[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(wall, cpu, peak[0])


def memory(session: int) -> float:
    """The memory that the processes of a session use now, in MB, with shared pages divided among them (PSS)."""
    total = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                rollup = (entry / "smaps_rollup").read_text("ascii")
                total += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
        except (OSError, StopIteration):  # the process has ended meanwhile
            continue
    return total / 1024


def _sample(session: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(_INTERVAL):
        peak[0] = max(peak[0], memory(session))
