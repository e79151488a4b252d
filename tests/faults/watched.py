"""A real daemon on a real folder, whose log tells what it did: every test in this folder starts with one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.conftest import Iqsd, sidecar, wait_for

ONE_JUDGEMENT = {"IQSD_ONE_JUDGEMENT": "1"}
"""For tests with thousands of photos that are not about the model's scores."""

HASTE = {"IQSD_HASTE": "1"}
"""For tests of things that happen every half minute, or after ten seconds."""


def children(pid: int) -> list[int]:
    """The child processes of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def workers(pid: int) -> list[int]:
    """The processes that judge: they are forked from the one process that iqsd starts."""
    return [worker for nursery in children(pid) for worker in children(nursery)]


def tiny_photo(number: int = 0) -> bytes:
    """A real JPEG of 64 x 64 pixels, a different one for each number."""
    pixels = np.random.default_rng(number).integers(0, 255, (64, 64, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(pixels, (5, 5), 0))[1])


def tiny_photos(folder: Path, count: int, prefix: str = "") -> list[Path]:
    """Write `count` of them."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [tiny_photo(number) for number in range(10)]
    photos = [folder / f"{prefix}{number:05}.jpg" for number in range(count)]
    for number, photo in enumerate(photos):
        photo.write_bytes(kinds[number % 10])
    return photos


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """The identities of the sidecar files below a folder, which change with every write."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*.xmp")}


class Watched:
    """`iqsd start` on the pictures folder.

    Args:
        iqsd: the program with its home.
        settings: lines for config.toml.
        folders: what to watch.
        before: a command that runs the program (`unshare ...`).
        inject: faults by name, and variables for others (tests/faults/inject).
    """

    def __init__(
        self,
        iqsd: Iqsd,
        settings: str = "[watch]\nsettle_seconds = 0.3\n",
        folders: Sequence[Path] = (),
        before: Sequence[str] = (),
        inject: bool | dict[str, str] = False,
    ) -> None:
        self.iqsd = iqsd
        self.folders = folders or [iqsd.pictures]
        self._before = before
        iqsd.configure(settings)
        if inject:
            iqsd.inject_faults()
            iqsd.environment.update(inject if isinstance(inject, dict) else {})

    def start(self, word: str = "compared", times: int = 1) -> subprocess.Popen[str]:
        """Start it and wait for a word in its log."""
        already = len(self.lines()) if self.iqsd.log.exists() else 0
        how = ("--log-format", "json", "--jobs", "2")
        process = self.iqsd.start("start", *self.folders, *how, before=self._before)
        wait_for(lambda: sum(word in str(line["message"]) for line in self.lines()[already:]) >= times)
        return process

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        whole = self.iqsd.log.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def says(self, *words: str) -> bool:
        """Whether one line of the log holds all the words."""
        return any(all(word in str(line["message"]) for word in words) for line in self.lines())

    def outcomes(self) -> Counter[tuple[str, str]]:
        """How often each photo had each outcome, by (name, outcome)."""
        return Counter((Path(line["photo"]).name, line["outcome"]) for line in self.lines() if "photo" in line)

    def all_rated(self, photos: Sequence[Path], seconds: float = 60) -> None:
        """Wait until every photo has a sidecar and is in the log; fail if one was rated twice."""
        wait_for(lambda: all(sidecar(photo).exists() for photo in photos), seconds)
        names = {photo.name for photo in photos}
        wait_for(lambda: names <= {name for name, outcome in self.outcomes() if outcome == "rated"})
        told = Counter(line["photo"] for line in self.lines() if line.get("outcome") == "rated")
        assert [photo for photo, times in told.items() if times > 1] == []
        assert "Traceback" not in self.iqsd.log.read_text()


def end(process: subprocess.Popen[str]) -> None:
    """Send SIGTERM; the process must end cleanly."""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=40)
    assert process.returncode == 0


def memory_mb(process: subprocess.Popen[str]) -> int:
    """The most memory it has held."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmHWM"))


def comes_to_rest(process: subprocess.Popen[str], ticks: int) -> None:
    """Wait until it uses at most `ticks` hundredths of a second of processor time in three seconds."""

    def used() -> int:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def is_idle() -> bool:
        before = used()
        time.sleep(3)
        return used() - before <= ticks

    wait_for(is_idle)


def is_root() -> bool:
    return os.geteuid() == 0
