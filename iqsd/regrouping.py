"""Frames that belong together are judged by each other, once their folder is at rest. No photo is opened for it.

What is written first is each frame's own verdict. When all of a burst are there, its frames are ranked, and those that
step down get another one: their sidecars are iqsd's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iqsd import sidecars
from iqsd.bursts.membership import Kind, Membership
from iqsd.bursts.series import restless
from iqsd.bursts.stepping_down import Standing, Word, memberships, step_down
from iqsd.details import Details
from iqsd.errors import SidecarError
from iqsd.journal import Journal, Status
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, Verdict, judge

QUIET_SECONDS = 2.0
"""So long nothing must have come into a folder before its groups are settled: the rest of a burst is on its way."""

PATIENCE_SECONDS = 30.0
"""A folder that never is quiet is settled that often."""


@dataclass(frozen=True)
class Change:
    """A frame whose place in its group is another now.

    Attributes:
        photo: the frame.
        assessment: its figures.
        group: that place.
        before: its verdict by its old place.
    """

    photo: Path
    assessment: Assessment
    group: Membership | None
    before: Verdict


class Regrouping:
    """What frames make of each other. For one thread.

    Args:
        journals: what is known; where two know something, the later one counts. The last is written to.
        thresholds: by which verdicts are drawn.
        options: how sidecars are named.
        seconds: see `iqsd.bursts.grouping.group`; 0: every photo is judged by itself.
    """

    def __init__(
        self, journals: tuple[Journal, ...], thresholds: Thresholds, options: sidecars.Options, seconds: float
    ) -> None:
        self._journals = journals
        self._ledger = journals[-1]
        self._thresholds = thresholds
        self._options = options
        self._seconds = seconds
        self._news: dict[Path, tuple[float, float]] = {}  # folder to when (monotonic) something came first, and last

    def verdict(self, assessment: Assessment, group: Membership | None) -> Verdict:
        """The verdict on a frame in its place."""
        return step_down(judge(assessment, self._thresholds), group if self._seconds else None, self._thresholds)

    def of(self, photo: Path) -> Membership | None:
        """A photo's place in its group, as far as it is known."""
        return next((found for one in reversed(self._journals) if (found := one.groups.of(photo)) is not None), None)

    def notice(self, folder: Path, now: float) -> None:
        """Something happened in a folder. `now` is monotonic."""
        self._news[folder] = (self._news.get(folder, (now, now))[0], now)

    def put_off(self, folder: Path, now: float) -> None:
        """A folder is not at rest yet."""
        self._news[folder] = (now, now)

    def look_for_news(self, now: float) -> None:
        """Whatever the journal says is not settled: what is gone since, and what a run before this one left."""
        for folder in self._ledger.groups.unsettled():
            if folder not in self._news:
                self.notice(folder, now)

    def next_due(self) -> float | None:
        """When (monotonic) the first folder will have been quiet for long enough."""
        return min((_due(*news) for news in self._news.values()), default=None)

    def due(self, now: float) -> list[Path]:
        """The folders that have."""
        return [folder for folder, news in self._news.items() if now >= _due(*news)]

    def settle(self, folder: Path) -> Iterator[Change]:
        """Group the photos of a folder anew wherever something has happened, and name those for which it matters."""
        self._news.pop(folder, None)
        moments: dict[str, tuple[float, bool]] = {}
        for journal in self._journals:
            moments |= journal.groups.moments(folder)
        for since, until in restless(list(moments.values()), self._seconds):
            details: dict[str, Details] = {}
            for journal in self._journals:
                details |= journal.details(folder, since, until)
            times = {name: moments[name][0] for name in details}
            places = self._places(folder, details, times)
            for name, known in details.items():
                group = places.get(name)
                if known.assessment is not None and group != known.group:
                    self._ledger.groups.put(folder / name, group)
                    yield Change(folder / name, known.assessment, group, self.verdict(known.assessment, known.group))
            self._ledger.groups.settle(folder, since, until)

    def _places(self, folder: Path, details: dict[str, Details], times: dict[str, float]) -> dict[str, Membership]:
        if not self._seconds or len(details) < 2:
            return {}
        from iqsd.bursts.frame import File, to_frames  # they need NumPy, which most photos do not
        from iqsd.bursts.grouping import group

        undone = {n for n in details if (e := self._ledger.get(folder / n)) is not None and e.state is Status.UNDONE}
        files = [
            File(name, times[name], known.capture, known.look)
            for name, known in details.items()
            if known.capture is not None and known.look is not None and name not in undone
        ]
        groups = group(to_frames(files), self._seconds)
        standings = {
            name: self._standing(folder / name, details[name].assessment, one.kind)
            for one in groups
            for frame in one.frames
            for name in frame.names
        }
        return memberships(groups, standings)

    def _standing(self, photo: Path, assessment: Assessment | None, kind: Kind) -> Standing:
        if assessment is None:
            return Standing(Word.NOTHING, PickLabel.NONE, 0.0)
        word = self._word(photo) if kind is Kind.BURST else Word.NOTHING
        return Standing(word, judge(assessment, self._thresholds).pick_label, assessment.score)

    def _word(self, photo: Path) -> Word:
        """What a person said of a frame."""
        try:
            state = sidecars.read(photo, self._options)
        except SidecarError:
            return Word.NOTHING  # whoever writes it will say so
        if state.pick_label_is_persons and state.pick_label is not None:
            return _WORDS.get(PickLabel(state.pick_label), Word.NOTHING)
        if state.rating_is_persons and state.rating is not None:
            return Word.REJECTED if state.rating < 0 else Word.CHOSEN if state.rating >= _CHOSEN_FROM else Word.NOTHING
        return Word.NOTHING


_WORDS = {PickLabel.REJECTED: Word.REJECTED, PickLabel.ACCEPTED: Word.CHOSEN}
_CHOSEN_FROM = 4  # stars


def _due(first: float, last: float) -> float:
    return min(last + QUIET_SECONDS, first + PATIENCE_SECONDS)
