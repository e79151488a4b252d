"""The report as a file: rows and thumbnails put on the page, and the page put in place whole."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import ReportError, printable
from iqsd.products import Product
from iqsd.report.page import MARK, pieces
from iqsd.report.rows import Row, as_object, file_name
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import FAULT_WORDS
from iqsd.workers.pool import Crew

VERSION = 1
"""The version of the page's data and of the report.json that it saves."""

LONG_EDGE = 320
"""The longer side of a thumbnail, in pixels."""

REPORT = Product("report", MARK, ReportError)
"""Reports as files."""


@dataclass(frozen=True)
class Look:
    """What the page shows besides the photos.

    Attributes:
        model: the model's name.
        thresholds: to mark in the histogram; None: there are several.
        dry_run: show what would be written, not what is there.
    """

    model: str
    thresholds: Thresholds | None
    dry_run: bool


def make(target: Path, folder: Path, rows: Sequence[Row], look: Look, jobs: int, advance: Callable[[], None]) -> None:
    """Write the report.

    Args:
        target: the page; an existing report is replaced, anything else stays.
        folder: what it is about, absolute.
        rows: its photos.
        look: what else the page shows.
        jobs: how many thumbnails to make at the same time.
        advance: called after each row.

    Raises:
        ReportError: the file cannot be written, or is something other than a report.
    """
    REPORT.check(target)
    pictured = [row.path for row in rows if row.has_picture]
    with Crew[bytes]("iqsd.report.thumbnail", str(LONG_EDGE), jobs) as crew:
        write(target, folder, rows, look, _thumbnails(rows, crew.map(pictured), advance))


def write(target: Path, folder: Path, rows: Sequence[Row], look: Look, thumbnails: Iterator[bytes]) -> None:
    """Write the page of these rows with these thumbnails, one for each row; empty where there is none."""
    data: dict[str, object] = {
        "version": VERSION,
        "title": printable(folder.name or folder),
        "folder": file_name(folder),
        "base": _base(target, folder),
        "made": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "dry_run": look.dry_run,
        "model": look.model,
        "thresholds": vars(look.thresholds) if look.thresholds else None,
        "faults": FAULT_WORDS,
        "rows": [as_object(row, folder) for row in rows],
    }
    REPORT.put(target, (part.encode() for part in pieces(str(data["title"]), data, thumbnails)))


def _thumbnails(
    rows: Sequence[Row], made: Iterator[tuple[Path, object]], advance: Callable[[], None]
) -> Iterator[bytes]:
    """In the order of the rows; empty for a row without one, because its photo cannot be read or has changed since."""
    for row in rows:
        thumbnail = next(made)[1] if row.has_picture else b""
        yield thumbnail if isinstance(thumbnail, bytes) else b""
        advance()


def _base(target: Path, folder: Path) -> str:
    """The way from the page to the photos."""
    relative = os.path.relpath(folder, target.absolute().parent)
    return "" if relative == os.curdir else f"{file_name(Path(relative))}/"
