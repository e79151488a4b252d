"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own, over the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import INJECT, ROOT, wait_for


class Cluster:
    """A scheduler with its workers.

    Args:
        home: a folder for this cluster alone.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
        self.environment["PYTHONPATH"] = os.pathsep.join([str(INJECT), str(ROOT)])
        file = home / "scheduler.json"
        self.scheduler = self._run("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        self.address: str = json.loads(file.read_text())["address"]

    def add_worker(self, python_path: Path | None = None) -> subprocess.Popen[bytes]:
        """Start one more worker, with one thread; it is ready when this returns.

        Args:
            python_path: where it finds iqsd, if not here.
        """
        environment = self.environment | ({"PYTHONPATH": str(python_path)} if python_path else {})
        log = self.home / f"worker{len(self.workers)}.log"
        arguments = (self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
        self.workers.append(self._run("worker", *arguments, environment=environment))
        wait_for(lambda: b"Starting established connection" in log.read_bytes())
        return self.workers[-1]

    def end(self) -> None:
        """Kill the scheduler and all workers."""
        for process in [*self.workers, self.scheduler]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _run(self, what: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        name = what if what == "scheduler" else f"{what}{len(self.workers)}"
        with (self.home / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", *arguments],
                env=environment or self.environment,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
