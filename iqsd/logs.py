"""The daemon's log lines: for a terminal, for journald, or as JSON."""

from __future__ import annotations

import enum
import json
import logging
import os
import sys
from datetime import datetime, timezone


class LogFormat(str, enum.Enum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _ForJournald(logging.Formatter):
    """The priority as journald reads it; journald adds the time itself."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITY.get(record.levelno, 6)}>{super().format(record)}"


class _Json(logging.Formatter):
    """One object per line, with fields that say what the line is about."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": super().format(record),
            **getattr(record, "fields", {}),
        }
        return json.dumps(line, ensure_ascii=True)


def set_up(wanted: LogFormat, quiet: bool) -> None:
    """Log to standard error; if quiet, only warnings and errors."""
    handler = logging.StreamHandler(sys.stderr)
    if wanted is LogFormat.JSON:
        handler.setFormatter(_Json("%(message)s"))
    elif _is_journald():
        handler.setFormatter(_ForJournald("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler], force=True)


def _is_journald() -> bool:
    """Whether standard error goes to journald, which says so in the environment."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
