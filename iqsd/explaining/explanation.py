"""Everything that is known about one photo, in one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd import sidecars
from iqsd.bursts.membership import Membership
from iqsd.bursts.stepping_down import step_down
from iqsd.details import group_from_text
from iqsd.errors import PhotoError, SidecarError, UnreadablePhotoError
from iqsd.explaining.score import Parts, margins, parts
from iqsd.journal import Journal
from iqsd.memory import Memory
from iqsd.pairing import Pairing, Pairs, pairing
from iqsd.paths import absolute
from iqsd.photos.capture import Capture
from iqsd.photos.finding import look_at
from iqsd.photos.pairs import one_of_each, others, stem
from iqsd.policy import Policy
from iqsd.scales import Scales
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Metadata, Thresholds
from iqsd.verdict import Verdict, judge

FEWEST = 10
"""A place among fewer photos than this says nothing."""


@dataclass(frozen=True)
class Standing:
    """A photo's place, by score, among the photos of its folder that the journal knows.

    Attributes:
        place: 1 for the best; photos with equal scores share one.
        of: how many there are.
    """

    place: int
    of: int

    @property
    def upper_percent(self) -> int:
        """The smallest top share that includes it, 1..100 percent."""
        return -(-100 * self.place // self.of)


@dataclass(frozen=True)
class Explanation:
    """One photo explained.

    Attributes:
        path: where it is.
        assessment: what the model says, with its distributions.
        verdict: what that comes to, in its group.
        thresholds: those that gave this verdict.
        parts: what the score is made of.
        margins: how far it is from another verdict, in sentences.
        state: what is in its sidecar; None if that cannot be read.
        pair: what the other half of its pair means for it; likewise.
        trouble: why it cannot be read; None if it can.
        standing: its place in its folder; None: the journal knows too few photos there.
        group: its place among frames that belong together; None: it stands alone, or has not been grouped yet.
        capture: how it was taken.
        source: the file whose figures these are: itself, or another half of its pair.
        is_known: whether they are the journal's, and the file was not opened.
        bins: output name to what each share of its distribution stands for.
    """

    path: Path
    assessment: Assessment
    verdict: Verdict
    thresholds: Thresholds
    parts: Parts
    margins: tuple[str, ...]
    state: sidecars.State | None
    pair: Pairing | None
    trouble: PhotoError | None
    standing: Standing | None
    group: Membership | None
    capture: Capture
    source: Path
    is_known: bool
    bins: Mapping[str, tuple[str, ...]]


class Explainer:
    """Explains photos.

    Args:
        metadata: of the model in use.
        policy: what decides on verdicts.
        journal: what is known already.
    """

    def __init__(self, metadata: Metadata, policy: Policy, journal: Journal) -> None:
        self._metadata = metadata
        self._options = policy.options
        self._journal = journal
        self._scales = Scales((journal,), policy.thresholds, policy.shares, policy.model)
        self._memory = Memory(policy, journal, scratch=None, undone_too=True)
        self._pairs = Pairs()
        self._folder: tuple[Path, str] | None = None
        self._scores: Mapping[str, float] = {}
        self._alike: defaultdict[str, list[str]] = defaultdict(list)  # by stem

    def source(self, photo: Path) -> Path:
        """The file whose figures iqsd uses for a photo: itself, or another half of its pair."""
        if self.known(photo) is not None:
            return photo
        try:
            _, pair = self._stands(photo)
        except PhotoError:
            return photo
        return photo.with_name((pair.decode if pair.assessment is None else pair.source).name)

    def known(self, photo: Path) -> tuple[Assessment, Capture | None] | None:
        """The journal's figures, if they are for this very file, by this very model and with their distributions."""
        photo = _as_journalled(photo)
        entry, details = self._journal.get(photo), self._journal.detail(photo)
        if entry is None or details is None or details.assessment is None:
            return None
        shares = {name: len(values) for name, values in details.assessment.distributions.items()}
        is_whole = shares == {output.name: len(output.bins) for output in self._metadata.outputs if output.bins}
        try:
            figures = self._memory.figures(look_at(photo), entry)
        except UnreadablePhotoError:
            return None
        return (details.assessment, details.capture) if is_whole and figures is not None else None

    def explain(
        self, photo: Path, source: Path, assessment: Assessment, capture: Capture | None, is_known: bool
    ) -> Explanation:
        """Put together what is known about a photo.

        Args:
            photo: where it is.
            source: the file whose figures these are.
            assessment: what the model says about that, with distributions.
            capture: how it was taken; None: not known.
            is_known: whether these are the journal's.
        """
        journalled = _as_journalled(photo)
        thresholds = self._scales.in_force(journalled.parent)
        own = judge(assessment, thresholds)
        details = self._journal.detail(_as_journalled(source)) if is_known else None
        state, pair, trouble = None, None, None
        try:
            state, pair = self._stands(photo)
        except PhotoError as error:
            trouble = error
        group = self._recorded_group(source, assessment) if details is None else details.group
        verdict = step_down(own, group, thresholds)
        stepped = [f"on its own it would be {own.pick_label.word}"] if verdict.pick_label != own.pick_label else []
        return Explanation(
            path=photo,
            assessment=assessment,
            verdict=verdict,
            thresholds=thresholds,
            parts=parts(assessment, self._metadata),
            margins=(*stepped, *margins(assessment, own, thresholds)),
            state=state,
            pair=pair,
            trouble=trouble,
            standing=self._standing(journalled, assessment),
            group=group,
            capture=capture or Capture(),
            source=source,
            is_known=is_known,
            bins={output.name: output.bins for output in self._metadata.outputs},
        )

    def _stands(self, photo: Path) -> tuple[sidecars.State, Pairing]:
        found, state = look_at(_as_journalled(photo)), sidecars.read(photo, self._options)
        told = self._memory.told(found, self._journal.get(found.path), state)
        return state, pairing(found, told, self._pairs.others(found.path), self._options, self._memory)

    def _recorded_group(self, photo: Path, assessment: Assessment) -> Membership | None:
        """From the sidecar, for a photo that the journal does not know, if the sidecar holds the same figures."""
        try:
            record = sidecars.read(photo, self._options).record
        except SidecarError:
            return None
        if record is None or (record.model, record.score) != (assessment.model, assessment.score):
            return None
        return group_from_text(record.group)

    def _standing(self, photo: Path, assessment: Assessment) -> Standing | None:
        if self._folder != (photo.parent, assessment.model):  # photos come folder by folder: read each folder once
            self._folder = photo.parent, assessment.model
            scores = self._journal.scores(*self._folder)
            singles = one_of_each(photo.with_name(name) for name in scores)  # a RAW file and its JPEG are one photo
            self._scores = {single.name: scores[single.name] for single in singles}
            self._alike = defaultdict(list)
            for name in self._scores:
                self._alike[stem(name)].append(name)
        itself = {photo.name, *others(photo.name, self._alike.get(stem(photo.name), ()))}
        return standing(assessment.score, [score for name, score in self._scores.items() if name not in itself])


def _as_journalled(photo: Path) -> Path:
    return absolute(photo.parent) / photo.name


def standing(score: float, others: Sequence[float]) -> Standing | None:
    """A score's place among others; None if there are too few."""
    if len(others) + 1 < FEWEST:
        return None
    return Standing(1 + sum(other > score for other in others), len(others) + 1)
