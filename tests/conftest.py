"""What every test may use: real photos, a home of its own, and the real program in its own process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
INJECT = ROOT / "tests" / "faults" / "inject"
PHOTOS = sorted((ROOT / "tests" / "photos").glob("*.jpg"))

# How long an example takes shows only how busy the machine is; tests of speed measure it themselves.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell makes programs started with `&` ignore Ctrl-C, and children inherit that; those the tests interrupt must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Iqsd:
    """The real program, with its own config, state and pictures below one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.pictures = home / "Pictures"
        self.config = home / "config" / "iqsd" / "config.toml"
        self.journal = home / "state" / "iqsd" / "journal.db"
        self.started: list[subprocess.Popen[str]] = []
        self.pictures.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "PYTHONWARNINGS": "error",
        }
        self.configure("[watch]\nsettle_seconds = 0.3\n")

    def inject_faults(self) -> None:
        """From now on `tests/faults/inject` acts in every process."""
        self.environment["PYTHONPATH"] = os.pathsep.join([str(INJECT), str(ROOT)])

    def configure(self, text: str) -> None:
        """Write config.toml."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, "utf-8")

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "iqsd", *map(str, arguments)]

    def run(self, *arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=100, **more
        )

    def rescan(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """`iqsd rescan --json` of the pictures folder: one object per photo."""
        done = self.run("rescan", self.pictures, "--json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start(self, *arguments: str | Path, before: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a process that keeps running; its standard error is in `log`. `before` is a command that runs it."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [*before, *self.command(*arguments)],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def watch(self) -> subprocess.Popen[str]:
        """`iqsd start` on the pictures folder; it is watching when this returns."""
        process = self.start("start", self.pictures)
        wait_for(lambda: "watching" in self.log.read_text())
        return process

    def lose_journal(self) -> None:
        """Delete the journal, as may happen at any time."""
        for file in self.journal.parent.glob("journal.db*"):
            file.unlink()

    def end(self) -> None:
        """Kill all processes started that still run."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    @property
    def log(self) -> Path:
        """Where a started process's standard error goes."""
        return self.home / "log"


@pytest.fixture
def iqsd(tmp_path: Path) -> Iterator[Iqsd]:
    program = Iqsd(tmp_path / "home")
    yield program
    program.end()


@pytest.fixture
def daemon(iqsd: Iqsd) -> subprocess.Popen[str]:
    return iqsd.watch()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until the condition holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come true within {seconds} s"
        time.sleep(0.05)


def copy_photos(folder: Path, names: int | None = None) -> list[Path]:
    """Copies of the real photographs."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(photo, folder)) for photo in PHOTOS[:names]]


def sidecar(photo: Path) -> Path:
    """Where its sidecar is by default."""
    return photo.with_name(photo.name + ".xmp")


def digest(folder: Path) -> dict[str, str]:
    """The SHA-256 of every regular file below a folder, by its path relative to it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
