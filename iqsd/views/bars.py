"""Bars made of characters, with a plain form for terminals that only know ASCII."""

from __future__ import annotations

from dataclasses import dataclass

_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Marks:
    """The characters that a view draws with.

    Attributes:
        star: one star of a rating.
        full: one filled cell of a bar.
        empty: one empty cell.
        threshold: an empty cell that contains a threshold.
        is_fine: whether a cell can be filled by eighths.
    """

    star: str
    full: str
    empty: str
    threshold: str
    is_fine: bool


_DRAWN = Marks("★", "█", "·", "┊", is_fine=True)
_PLAIN = Marks("*", "#", ".", "|", is_fine=False)


def marks(encoding: str) -> Marks:
    """The best characters that can be written in this encoding."""
    try:
        f"{_EIGHTHS}{_DRAWN.star}{_DRAWN.empty}{_DRAWN.threshold}".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _DRAWN


def bar(share: float, width: int, with_marks: Marks) -> str:
    """A bar that fills a share of its width, 0..1; trailing blanks are left out."""
    cells = min(max(share, 0.0), 1.0) * width
    if not with_marks.is_fine:
        return with_marks.full * round(cells)
    whole, rest = divmod(round(cells * 8), 8)
    return (with_marks.full * whole + _EIGHTHS[rest]).rstrip()


def gauge(share: float, threshold: float, width: int, with_marks: Marks) -> str:
    """A bar of fixed width for a share, 0..1, on which the threshold is marked until it is reached."""
    filled = round(min(max(share, 0.0), 1.0) * width)
    mark = min(width - 1, int(threshold * width))
    cells = [with_marks.full if at < filled else with_marks.empty for at in range(width)]
    if filled <= mark:
        cells[mark] = with_marks.threshold
    return "".join(cells)
