"""What can go wrong: every error says what is wrong, with which file, what to do, and how the program ends.

Two families. A `PhotoError` costs one photo: it is reported and the run goes on. Every other `IqsdError` ends the
command with its exit code. Deliberately light to import: everything imports this, and this imports nothing of iqsd.
"""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import ClassVar


class ExitCode(enum.IntEnum):
    """How a command ends: `EXIT_CODES` says what each means."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    CONFIG = 3
    MODEL = 4
    FOLDER = 5
    JOURNAL = 6
    ALREADY_RUNNING = 7
    REPORT = 8
    CLUSTER = 9
    INTERRUPTED = 130


EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.OK: "Everything asked for was done.",
    ExitCode.SOME_FAILED: (
        "Some photos could not be rated (each is named with the reason), a check found a problem, or no daemon runs."
    ),
    ExitCode.USAGE: "The command line was not understood.",
    ExitCode.CONFIG: (
        "config.toml has an unknown key or a wrong value, or the settings of digiKam or systemd could not be used."
    ),
    ExitCode.MODEL: "The model or its metadata file is missing or damaged, or they do not fit each other.",
    ExitCode.FOLDER: "A folder to rate or watch does not exist or cannot be read.",
    ExitCode.JOURNAL: "The journal cannot be used.",
    ExitCode.ALREADY_RUNNING: "Another iqsd is already watching with this journal.",
    ExitCode.REPORT: "The report cannot be written, or a report.json cannot be understood.",
    ExitCode.CLUSTER: "The Dask cluster cannot be reached, was lost, or would not judge as this machine does.",
    ExitCode.INTERRUPTED: (
        "Stopped by Ctrl-C. What was rated until then is complete and stays. `iqsd start` then ends with 0."
    ),
}


class IqsdError(Exception):
    """An error with a text for the person who reads it at two in the morning.

    Attributes:
        title: what kind of thing went wrong, in a few words.
        detail: what exactly.
        path: the file or folder it is about, if there is one.
        advice: what to do now; may be empty where the detail says it.
    """

    title: ClassVar[str] = "Something went wrong"
    advice: ClassVar[str] = ""
    exit_code: ClassVar[ExitCode] = ExitCode.SOME_FAILED

    def __init__(self, detail: str, path: Path | None = None, advice: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.path = path
        if advice is not None:
            self.advice = advice  # type: ignore[misc]  # an instance may know better than its class

    def __str__(self) -> str:
        """One line: where, what, and what to do."""
        where = f"{printable(self.path)}: " if self.path is not None else ""
        then = f" ({self.advice})" if self.advice else ""
        return f"{where}{self.detail}{then}"


class ConfigError(IqsdError):
    """config.toml or an option is wrong."""

    title = "Configuration"
    exit_code = ExitCode.CONFIG


class ModelError(IqsdError):
    """The model or its metadata cannot be used."""

    title = "Model"
    exit_code = ExitCode.MODEL


class ModelReplacedError(ModelError):
    """The model file was replaced by another model while photos were being judged."""


class NoProcessError(IqsdError):
    """The system does not let iqsd start a process to judge photos: too many are running, or memory is short."""

    title = "No process"
    advice = "see `ulimit -a` and what else is running"


class FolderError(IqsdError):
    """A folder that was asked for does not exist or cannot be read."""

    title = "Folder"
    exit_code = ExitCode.FOLDER


class JournalError(IqsdError):
    """The journal cannot be used."""

    title = "Journal"
    exit_code = ExitCode.JOURNAL


class NewerJournalError(JournalError):
    """The journal is from a newer iqsd."""


class ReportError(IqsdError):
    """The report cannot be written, or a report.json cannot be understood."""

    title = "Report"
    exit_code = ExitCode.REPORT


class AlreadyRunningError(IqsdError):
    """Another daemon holds the lock of this journal."""

    title = "Already running"
    exit_code = ExitCode.ALREADY_RUNNING


class HeatMapError(IqsdError):
    """The heat map cannot be written."""

    title = "Heat map"


class ClusterError(IqsdError):
    """The Dask cluster cannot be reached or was lost, or a worker has another iqsd or does not see the photos."""

    title = "Cluster"
    exit_code = ExitCode.CLUSTER


class DigikamError(IqsdError):
    """digiKam's settings do not exist, cannot be read, or must not be written now; nothing was changed."""

    title = "digiKam"
    exit_code = ExitCode.CONFIG


class PhotoError(IqsdError):
    """One photo cannot be rated; the others are not affected."""

    title = "Photo"


class UnreadablePhotoError(PhotoError):
    """The file cannot be read or decoded: empty, truncated, not what its name says, too large."""

    title = "Unreadable photo"


class MissingLibraryError(UnreadablePhotoError):
    """The library for the photo's format is not installed; the photo is tried again at every run."""

    title = "Missing library"


class SidecarError(PhotoError):
    """The sidecar cannot be read, understood or written; it stays byte for byte as it was."""

    title = "Sidecar"


def printable(path: Path | str) -> str:
    """The path as one printable line, whatever bytes its name contains (not UTF-8, newlines, control codes)."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun in the right form: 1 photo, 2 photos."""
    return f"{number:,} {one if number == 1 else many}"
