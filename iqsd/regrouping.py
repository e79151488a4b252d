"""Frames that belong together are judged by each other once their folder is quiet. No photo is opened for this.

The first thing written is each frame's own verdict. When all frames of a burst are there, they are ranked, and those
that step down get another verdict: their sidecars are iqsd's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqsd import sidecars
from iqsd.bursts import grouping
from iqsd.bursts.frame import File, to_frames
from iqsd.bursts.membership import Kind, Membership
from iqsd.bursts.series import restless
from iqsd.bursts.stepping_down import Standing, Word, memberships, of_all, step_down
from iqsd.details import Details
from iqsd.errors import SidecarError
from iqsd.journal import Journal, Status
from iqsd.pairing import Pairs
from iqsd.paths import is_gone
from iqsd.photos.pairs import one_of_each
from iqsd.scales import Scales
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, Verdict, judge

QUIET_SECONDS = 2.0
"""How long a folder must be quiet before its groups are settled: the rest of a burst may be on its way."""

PATIENCE_SECONDS = 30.0
"""A folder that is never quiet is settled this often."""

REST_SECONDS = 1.0
"""How long a folder rests per sidecar that was rewritten, unless it has been quiet for `PATIENCE_SECONDS` (doubled
each time that this was too early). Otherwise, in a series whose frames come one by one (a time lapse, a tethered
camera), each new frame would cause all sidecars to be written again."""


@dataclass(frozen=True)
class Change:
    """A frame whose place in its group has changed.

    Attributes:
        photo: the frame.
        assessment: its bare figures; the journal keeps the rest.
        group: its new place.
        before: the verdict from its old place.
    """

    photo: Path
    assessment: Assessment
    group: Membership | None
    before: Verdict


class Regrouping:
    """Judges frames by each other. For one thread.

    Args:
        journals: what is known; if two know the same thing, the later one counts. Only the last is written to.
        scales: the thresholds from which verdicts are drawn. Only figures of their model count: photos judged by
            another are about to be judged again.
        options: how sidecars are named.
        seconds: see `iqsd.bursts.grouping.group`; 0: every photo is judged by itself.
        pairs: finds the other halves of photos.
    """

    def __init__(
        self, journals: tuple[Journal, ...], scales: Scales, options: sidecars.Options, seconds: float, pairs: Pairs
    ) -> None:
        self._journals = journals
        self._ledger = journals[-1]
        self._scales = scales
        self._options = options
        self._seconds = seconds
        self._pairs = pairs
        self._news: dict[Path, tuple[float, float]] = {}  # folder to when (monotonic) its first and its last news came
        self._rests: dict[Path, tuple[float, float]] = {}  # folder to when its rest ends (monotonic), and its patience
        self._is_dry = len(journals) > 1
        self._told: set[Path] = set()  # in a dry run, which cannot record what is settled

    def verdict(self, folder: Path, assessment: Assessment, group: Membership | None) -> Verdict:
        """The verdict on a frame in its place, from what has been settled in its folder so far."""
        return self._verdict(assessment, group, self._scales.in_force(folder))

    def thresholds(self, folders: Collection[Path]) -> Thresholds | None:
        """The thresholds that all of these folders share; None if they differ."""
        in_force = [self._scales.in_force(folder) for folder in folders] or [self._scales.fixed]
        return in_force[0] if all(one == in_force[0] for one in in_force) else None

    def must_wait(self, folder: Path) -> bool:
        """Whether a photo that iqsd has rated before must wait until all photos of its folder are known."""
        return self._scales.of(folder) is None

    def restless(self) -> set[Path]:
        """The folders in which something has happened since they were settled."""
        if self._is_dry:
            unsettled = {folder for one in self._journals for folder in one.groups.unsettled()}
            return (unsettled - self._told) | set(self._news)
        return {*self._ledger.groups.unsettled(), *(self._news if self._scales.are_relative else ())}

    def of(self, photo: Path) -> Membership | None:
        """A photo's place in its group, as far as it is known."""
        return next((found for one in reversed(self._journals) if (found := one.groups.of(photo)) is not None), None)

    def notice(self, folder: Path, now: float) -> None:
        """Record that something happened in a folder. `now` is monotonic."""
        self._news[folder] = (self._news.get(folder, (now, now))[0], now)

    def put_off(self, folder: Path, now: float) -> bool:
        """Wait for a folder that is not quiet yet, unless it has waited long enough; returns whether it waits."""
        self.notice(folder, now)
        return now - self._news[folder][0] < PATIENCE_SECONDS

    def leave(self, folder: Path) -> None:
        """Drop a folder that is not there; `look_for_news` comes back to it."""
        self._news.pop(folder, None)

    def look_for_news(self, is_watched: Callable[[Path], bool], now: float) -> None:
        """Note what the journal says is not settled: folders that came back, and what an earlier run left.

        Args:
            is_watched: whether to look at a folder: one that is not watched may be a rescan's, which is still at work
                there or decides by whose settings.
            now: monotonic.
        """
        for folder in self._ledger.groups.unsettled():
            if folder in self._news or not is_watched(folder):
                continue
            if not all(is_gone(folder / name) for name in self._ledger.groups.unsettled_in(folder)):
                self.notice(folder, now)

    def next_due(self) -> float | None:
        """When (monotonic) the first folder will have been quiet for long enough."""
        return min(map(self._due, self._news), default=None)

    def due(self, now: float) -> list[Path]:
        """The folders that have been quiet for long enough."""
        return [folder for folder in self._news if now >= self._due(folder)]

    def _due(self, folder: Path) -> float:
        first, last = self._news[folder]
        until, patience = self._rests.get(folder, (-math.inf, PATIENCE_SECONDS))
        return max(min(until, last + patience), min(last + QUIET_SECONDS, first + PATIENCE_SECONDS))

    def rest(self, folder: Path, written: int, now: float) -> None:
        """Record that a folder has been settled, with `written` sidecars written for it. `now` is monotonic."""
        until, patience = self._rests.get(folder, (now, PATIENCE_SECONDS))
        was_early = written > 0 and now < until
        self._rests[folder] = max(until, now + written * REST_SECONDS), patience * 2 if was_early else patience
        self._rests = {folder: rest for folder, rest in self._rests.items() if rest[0] > now}

    def settle(self, folder: Path) -> Iterator[Change]:
        """Judge the photos of a folder again wherever something has happened, and yield those for which it matters.

        If another iqsd writes meanwhile, it may be about these photos: they stay unsettled and are looked at again.
        """
        self._news.pop(folder, None)
        if self._is_dry:
            self._told.add(folder)
        version = self._ledger.version
        moments: dict[str, tuple[float, bool]] = {}
        for journal in self._journals:
            moments |= journal.groups.moments(folder)
        before = self._scales.noted(folder)
        after = self._drawn(folder)
        # Everything is looked at if the thresholds have changed, and in a dry run, whose news are not in the journal.
        everything = [(-math.inf, math.inf)]
        some = before == after and not self._is_dry
        stretches = restless(list(moments.values()), self._seconds) if some else iter(everything)
        self._scales.use(folder, after)
        for since, until in stretches:
            known = self._known(folder, since, until)
            gone = {name for name in known if name in moments and is_gone(folder / name)}
            files = [
                File(name, moments[name][0], found.capture, found.look)
                for name, found in known.items()
                if name in moments and name not in gone and found.capture is not None and found.look is not None
            ]
            places = self._places(folder, files, known, after)
            grouped = {file.name for file in files}
            for name, found in known.items():
                if found.assessment is None:
                    continue
                group = places.get(name) if name in grouped else found.group  # without a look it keeps its place
                old = self._verdict(found.assessment, found.group, before or self._scales.fixed)
                is_elsewhere = group != found.group
                if not is_elsewhere and before is not None and old == self._verdict(found.assessment, group, after):
                    continue
                yield Change(folder / name, found.assessment, group, old)
                if is_elsewhere:  # recorded after its sidecar: a run that is ended before this is made up for
                    self._ledger.groups.put(folder / name, group)
            self._ledger.reserve()
            if self._ledger.version == version:
                self._ledger.groups.settle(folder, since, until)
            for name in gone:  # it may come back, or a sweep will find that it does not
                self._ledger.groups.unsettle(folder / name)
        self._scales.note(folder)

    def _drawn(self, folder: Path) -> Thresholds:
        if not self._scales.are_relative:
            return self._scales.fixed
        known = self._known(folder, -math.inf, math.inf)
        judged = {folder / name: one.assessment for name, one in known.items() if one.assessment is not None}
        return self._scales.draw([judged[photo] for photo in one_of_each(judged)])

    def _known(self, folder: Path, since: float, until: float) -> dict[str, Details]:
        known: dict[str, Details] = {}
        for journal in self._journals:
            for name, found in journal.details(folder, since, until).items():
                # A photo that was not opened in this run looks as it did before.
                before = known.get(name) if found.look is None else None
                known[name] = found if before is None else replace(before, assessment=found.assessment)
        return {
            name: found if self._is_current(found) else replace(found, assessment=None) for name, found in known.items()
        }

    def _is_current(self, found: Details) -> bool:
        return found.assessment is not None and found.assessment.model == self._scales.model

    def _verdict(self, assessment: Assessment, group: Membership | None, thresholds: Thresholds) -> Verdict:
        return step_down(judge(assessment, thresholds), group if self._seconds else None, thresholds)

    def _places(
        self, folder: Path, files: list[File], known: Mapping[str, Details], thresholds: Thresholds
    ) -> dict[str, Membership]:
        if not self._seconds or len(files) < 2:
            return {}
        frames = to_frames(file for file in files if not self._is_undone(folder / file.name))
        groups = grouping.group(frames, self._seconds)
        standings = {
            name: _standing(known[name].assessment, word, thresholds)
            for one in groups
            for frame in one.frames
            for word in [self._word(folder, frame.names) if one.kind is Kind.BURST else Word.NOTHING]
            for name in frame.names
        }
        return memberships(groups, standings)

    def _is_undone(self, photo: Path) -> bool:
        entry = next((found for one in reversed(self._journals) if (found := one.get(photo)) is not None), None)
        return entry is not None and entry.state is Status.UNDONE

    def _word(self, folder: Path, names: Sequence[str]) -> Word:
        """What a person said of a frame, even if only of the half that gets no verdict."""
        files = {folder / name for name in names}
        halves = {half.path for file in files for half in self._pairs.others(file)}
        return of_all({_said(file, self._options) for file in files | halves})


def _standing(assessment: Assessment | None, word: Word, thresholds: Thresholds) -> Standing:
    if assessment is None:
        return Standing(Word.NOTHING, PickLabel.NONE, 0.0)
    return Standing(word, judge(assessment, thresholds).pick_label, assessment.score)


def _said(photo: Path, options: sidecars.Options) -> Word:
    """What a person said of one file."""
    try:
        state = sidecars.read(photo, options)
    except SidecarError:
        return Word.NOTHING  # the attempt to write this sidecar will report it
    if state.pick_label_is_persons and state.pick_label is not None:
        return _WORDS.get(PickLabel(state.pick_label), Word.NOTHING)
    if state.rating_is_persons and state.rating is not None:
        return Word.REJECTED if state.rating < 0 else Word.CHOSEN if state.rating >= _CHOSEN_FROM else Word.NOTHING
    return Word.NOTHING


_WORDS = {PickLabel.REJECTED: Word.REJECTED, PickLabel.ACCEPTED: Word.CHOSEN}
_CHOSEN_FROM = 4  # stars
