"""What the doctor says about one thing."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from iqsd.errors import IqsdError, printable


class Level(str, enum.Enum):
    """How serious it is."""

    OK = "ok"
    WARNING = "warning"
    """iqsd works, but not as well as it could."""
    PROBLEM = "problem"
    """Something that was asked for will not happen."""


@dataclass(frozen=True)
class Finding:
    """What the doctor says about one thing.

    Attributes:
        topic: which thing, in a word.
        level: how serious it is.
        found: what was found.
        advice: what to do; empty if there is nothing to do.
    """

    topic: str
    level: Level
    found: str
    advice: str = ""


def ok(topic: str, found: str) -> Finding:
    """All is well."""
    return Finding(topic, Level.OK, found)


def warning(topic: str, found: str, advice: str) -> Finding:
    """It could be better."""
    return Finding(topic, Level.WARNING, found, advice)


def problem(topic: str, found: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(topic, Level.PROBLEM, found, advice)


def from_error(topic: str, error: IqsdError, advice: str) -> Finding:
    """A problem that another part of iqsd reports; its own advice takes precedence."""
    where = f"{printable(error.path)}: " if error.path is not None else ""
    return problem(topic, f"{where}{error.detail}", error.advice or advice)
