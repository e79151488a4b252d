"""The daemon writes down what it is doing, in a small file beside the journal that `iqsd status` reads.

This is a file rather than an answer to a question, so that it can be read when the daemon hangs or has died.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from iqsd import __version__
from iqsd.errors import counted, printable
from iqsd.outcome import FAILED, GONE, KEPT, RATED, SETTLED, UNCHANGED, Outcome
from iqsd.service.metrics import MetricsFile
from iqsd.watching.intake import Intake

_WRITE_EVERY_SECONDS = 5.0
_RATE_OVER_SECONDS = 300
_RATE_FROM_SECONDS = 60  # one photo in the first second does not make 60 a minute


class Reporter:
    """Counts what the daemon does and writes it down, at most every five seconds and only if there is news.

    Args:
        file: where to write it.
        model: the name of the model.
        jobs: how many photos are judged at the same time.
        metrics: the file for Prometheus; None: there is none.

    Attributes:
        resting: why no new photo is judged; empty: they are judged.
    """

    def __init__(self, file: Path, model: str, jobs: int, metrics: MetricsFile | None = None) -> None:
        self.resting = ""
        self._file = file
        self._metrics = metrics
        self._fixed = {"version": __version__, "pid": os.getpid(), "started": time.time(), "model": model, "jobs": jobs}
        self._began = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._last: dict[str, Any] | None = None
        self._recent: deque[tuple[int, int]] = deque(maxlen=_RATE_OVER_SECONDS)  # second, how many photos
        self._shown: object = None
        self._next = 0.0
        self._dirty = True

    def add(self, outcome: Outcome) -> None:
        """Count what became of a photo."""
        self._counts[outcome.status] += 1
        self._dirty = True
        if outcome.status not in (UNCHANGED, GONE, SETTLED):
            second = int(time.monotonic())
            before = self._recent.pop()[1] if self._recent and self._recent[-1][0] == second else 0
            self._recent.append((second, before + 1))
            self._last = {"path": printable(outcome.path), "outcome": outcome.status, "time": time.time()}

    def next_write(self) -> float | None:
        """When (monotonic) there will be something to write; None: there is nothing."""
        return self._next if self._dirty else None

    def write_now_and_then(self, intake: Intake, busy: int) -> None:
        """Write if it is time and there is news."""
        self._dirty |= self._gist(intake, busy) != self._shown
        if self._dirty and time.monotonic() >= self._next:
            self.write(intake, busy)

    def write(self, intake: Intake, busy: int) -> None:
        """Write the state. A full disk or a folder that is gone is no reason to stop rating."""
        self._shown, self._dirty, self._next = self._gist(intake, busy), False, time.monotonic() + _WRITE_EVERY_SECONDS
        state = self._state(intake, busy)
        temporary = self._file.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(state), "utf-8")
            temporary.replace(self._file)
        except OSError:
            self._dirty = True
        if self._metrics is not None:
            self._metrics.write(state, intake.sweeps.cleared)

    def line(self, intake: Intake, busy: int) -> str:
        """The state in a few words."""
        missing = sum(root.identity is None for root in intake.roots)
        words = [f"{busy} being judged", f"{intake.waiting} waiting", f"{len(intake.settling)} settling"]
        words += ["sweeping"] if intake.is_sweeping else []
        words += [f"{counted(missing, 'folder', 'folders')} missing"] if missing else []
        words += [f"resting: {self.resting}"] if self.resting else []
        work = busy or intake.has_work or len(intake.settling) or missing or self.resting
        return ", ".join(words) if work else "idle"

    def _gist(self, intake: Intake, busy: int) -> object:
        """The part of the state that is news when it changes."""
        swept = intake.sweeps.last
        return self.line(intake, busy), swept and (swept.began, swept.seconds), intake.sweeps.cleared

    def _state(self, intake: Intake, busy: int) -> dict[str, Any]:
        now = time.monotonic()
        over = min(max(now - self._began, _RATE_FROM_SECONDS), _RATE_OVER_SECONDS)
        recent = sum(count for second, count in self._recent if second >= now - over)
        swept = intake.sweeps.last
        return {
            **self._fixed,
            "updated": time.time(),
            "folders": [{"path": printable(r.path), "how": r.how, "why": r.refused or r.polled} for r in intake.roots],
            "resting": self.resting,
            "watched_folders": intake.roots.watched_folders,
            "queue": {
                "judging": busy,
                "waiting": intake.waiting,
                "settling": len(intake.settling),
                "sweeping": intake.is_sweeping,
            },
            "since_start": {name: self._counts[name] for name in (RATED, KEPT, UNCHANGED, FAILED)},
            "photos_per_minute": round(recent * 60 / over, 1),
            "last_photo": self._last,
            "last_sweep": None if swept is None else {**vars(swept), "folder": printable(swept.folder)},
        }


def status_file(journal: Path) -> Path:
    """Where the daemon with this journal writes its state."""
    return journal.with_name("status.json")
