"""Moments that follow one another closely. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise


def series_of(moments: Sequence[float], seconds: float) -> list[tuple[float, float]]:
    """(first, last) of every stretch of ascending moments that has no pause longer than `seconds`."""
    pauses = [(a, b) for a, b in pairwise(moments) if b - a > seconds]
    starts = [*moments[:1], *(after for _, after in pauses)]
    return list(zip(starts, [*(before for before, _ in pauses), *moments[-1:]], strict=True))


def restless(moments: Sequence[tuple[float, bool]], seconds: float) -> Iterator[tuple[float, float]]:
    """The stretches in which something is not settled.

    Args:
        moments: in any order, each with whether it is settled.
        seconds: see `series_of`.
    """
    moved = sorted(moment for moment, is_settled in moments if not is_settled)
    at = 0
    for first, last in series_of(sorted(moment for moment, _ in moments), seconds):
        while at < len(moved) and moved[at] < first:
            at += 1
        if at < len(moved) and moved[at] <= last:
            yield first, last
