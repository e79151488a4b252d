"""The daemon's state for Prometheus: a text file for node_exporter's textfile collector."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from iqsd.errors import ConfigError, printable
from iqsd.outcome import FAILED

log = logging.getLogger("iqsd")

_BEGIN = b"# HELP iqsd_"
_NOT_OURS = "something else is there already"

Sample = tuple[dict[str, str], float]


class MetricsFile:
    """The file, always rewritten as a whole: a reader sees either the old one or the new one.

    Args:
        file: where to write it.
        set_aside: counts the photos that are set aside; None if that cannot be known just now. With a million photos
            this takes a while, so it is called only after what may change the number: a failure, or a sweep.
    """

    def __init__(self, file: Path, set_aside: Callable[[], int | None]) -> None:
        self._file = file
        self._set_aside = set_aside
        self._aside: int | None = None
        self._counted: tuple[int, float, int] | None = None
        self._swept: dict[str, Any] | None = None
        self._failed = False

    def write(self, state: dict[str, Any], cleared: int = 0) -> None:
        """Write the state. A folder that is away is no reason to stop rating.

        Args:
            state: as in status.json.
            cleared: how often photos that are gone have been forgotten, which happens some time after a sweep.
        """
        sweep = state["last_sweep"]
        if sweep is not None and sweep["seconds"] is not None:
            self._swept = sweep
        changed = state["since_start"][FAILED], 0.0 if self._swept is None else self._swept["began"], cleared
        if self._aside is None or changed != self._counted:
            self._aside, self._counted = self._set_aside(), changed
        text = exposition(state, self._swept, self._aside)
        temporary = self._file.with_name(f".{self._file.name}.iqsd-new")
        try:
            if not _is_ours(self._file):
                raise FileExistsError(errno.EEXIST, _NOT_OURS, str(self._file))
            temporary.unlink(missing_ok=True)
            # Others may write to node_exporter's folder, too: a link of theirs must not lead to a file of the user's.
            with temporary.open("x", encoding="utf-8") as file:
                file.write(text)
            temporary.replace(self._file)
            self._failed = False
        except OSError as error:
            if not self._failed:
                log.warning("%s: run.metrics_file cannot be written: %s", printable(self._file), error.strerror)
            self._failed = True


def check_metrics_file(file: Path) -> None:
    """Check that the figures can be written there.

    Raises:
        ConfigError: they cannot.
    """
    reason = ""
    try:
        if not stat.S_ISDIR(file.parent.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not _is_ours(file):
            reason = _NOT_OURS
        elif not os.access(file.parent, os.W_OK | os.X_OK):
            reason = os.strerror(errno.EACCES)
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise ConfigError(f"run.metrics_file cannot be written: {reason}", file)


def _is_ours(file: Path) -> bool:
    """Whether nothing is lost if the file there is replaced."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return False
        with file.open("rb") as old:
            return old.read(len(_BEGIN)) in (_BEGIN, b"")
    except FileNotFoundError:
        return True


def exposition(state: dict[str, Any], swept: dict[str, Any] | None, set_aside: int | None) -> str:
    """The text format of Prometheus, version 0.0.4.

    Args:
        state: as in status.json.
        swept: the last sweep that has finished; None: there is none yet.
        set_aside: how many photos are set aside; None: not known.
    """
    return "".join(
        f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
        + "".join(f"{name}{_labels(ls)} {v!r}\n" for ls, v in samples)
        for name, kind, meaning, samples in _metrics(state, swept, set_aside)
    )


def _metrics(
    state: dict[str, Any], swept: dict[str, Any] | None, set_aside: int | None
) -> Iterator[tuple[str, str, str, list[Sample]]]:
    queue = state["queue"]
    hows = Counter(folder["how"] for folder in state["folders"])
    yield "iqsd_info", "gauge", "Version and model.", [({"version": state["version"], "model": state["model"]}, 1)]
    yield "iqsd_start_time_seconds", "gauge", "When it began, or took new settings.", _one(state["started"])
    outcomes: list[Sample] = [({"outcome": outcome}, number) for outcome, number in state["since_start"].items()]
    yield "iqsd_photos_total", "counter", "Photos since then by what became of them.", outcomes
    waiting: list[Sample] = [({"state": name}, queue[name]) for name in ("judging", "waiting", "settling")]
    yield "iqsd_queue_photos", "gauge", "Photos that are not done yet, as far as they are known.", waiting
    yield "iqsd_set_aside_photos", "gauge", "Photos that could not be rated and are tried no more.", _one(set_aside)
    yield (
        "iqsd_resting",
        "gauge",
        "Whether nothing is judged: on battery, under load, or while the journal cannot be used.",
        _one(int(bool(state["resting"]))),
    )
    watched: list[Sample] = [({"how": how}, number) for how, number in sorted(hows.items())]
    yield "iqsd_folders", "gauge", "Folders of the settings by how changes in them are noticed.", watched
    below = state["watched_folders"]
    yield "iqsd_watched_folders", "gauge", "Folders that the kernel watches, with all below those.", _one(below)
    end = None if swept is None else swept["began"] + swept["seconds"]
    yield "iqsd_last_sweep_timestamp_seconds", "gauge", "When the last sweep of a whole folder ended.", _one(end)
    took = None if swept is None else swept["seconds"]
    yield "iqsd_last_sweep_duration_seconds", "gauge", "How long it took.", _one(took)


def _one(value: float | None) -> list[Sample]:
    return [] if value is None else [({}, value)]


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
