"""The thresholds for the photos of a folder: the fixed ones, or the folder's own, drawn from its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from iqsd.calibration import Shares, thresholds_for
from iqsd.journal import Journal
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds

FEW, ENOUGH = 10, 50
"""With fewer photos than `FEW` the fixed thresholds apply, from `ENOUGH` on the folder's own; in between, a blend."""


class Scales:
    """The thresholds of every folder.

    Args:
        journals: where a folder's own are kept; if two have them, the later one counts. Only the last is written to.
        fixed: the model's, or the user's.
        shares: what part of each folder is to be rejected and accepted.
        model: the model whose scores the thresholds divide, as its metadata name it.
    """

    def __init__(self, journals: tuple[Journal, ...], fixed: Thresholds, shares: Shares, model: str) -> None:
        self.fixed = fixed
        self.model = model
        self.are_relative = shares != Shares()
        self._journals = journals
        self._shares = shares
        self._in_use: dict[Path, Thresholds] = {}  # drawn, but some photos of the folder are still to be judged by them

    def of(self, folder: Path) -> Thresholds | None:
        """The thresholds in use for a folder; None: its own have not been drawn yet."""
        return self._in_use.get(folder) or self.noted(folder)

    def noted(self, folder: Path) -> Thresholds | None:
        """The thresholds that all of a folder's photos have been judged by; None: its own have not been drawn yet."""
        if not self.are_relative:
            return self.fixed
        found = (one.groups.scale(folder, self.model) for one in reversed(self._journals))
        known = next((scale for scale in found if scale is not None), None)
        if known is None:
            return None
        reject, accept, stars = known
        return replace(self.fixed, reject_below=reject, accept_from=accept, stars=stars)

    def in_force(self, folder: Path) -> Thresholds:
        """The thresholds for a folder now: the fixed ones until its own have been drawn."""
        return self.of(folder) or self.fixed

    def draw(self, photos: Sequence[Assessment]) -> Thresholds:
        """The thresholds that follow from a folder's photos."""
        if not self.are_relative or len(photos) < FEW:
            return self.fixed
        return blend(self.fixed, thresholds_for(photos, self._shares, self.fixed), len(photos))

    def use(self, folder: Path, thresholds: Thresholds) -> None:
        """Judge a folder's photos by these from now on."""
        if self.are_relative:
            self._in_use[folder] = thresholds

    def note(self, folder: Path) -> None:
        """Remember the thresholds in use, now that all photos of the folder have been judged by them."""
        if (thresholds := self._in_use.pop(folder, None)) is not None:
            self._journals[-1].groups.put_scale(folder, self.model, thresholds)


def blend(fixed: Thresholds, own: Thresholds, photos: int) -> Thresholds:
    """Thresholds between the fixed ones and a folder's own: the more photos, the closer to its own. One decimal."""
    share = min(1.0, max(0.0, (photos - FEW) / (ENOUGH - FEW)))

    def between(a: float, b: float) -> float:
        return b if share == 1.0 else round(a + (b - a) * share, 1)

    one, two, three, four = (between(a, b) for a, b in zip(fixed.stars, own.stars, strict=True))
    return replace(
        fixed,
        reject_below=between(fixed.reject_below, own.reject_below),
        accept_from=between(fixed.accept_from, own.accept_from),
        stars=(one, two, three, four),
    )
