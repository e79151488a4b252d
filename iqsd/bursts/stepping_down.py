"""What a frame's group makes of its own verdict: in a burst the best stays, the others step down. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from iqsd.bursts.grouping import Group
from iqsd.bursts.membership import Kind, Membership
from iqsd.errors import printable
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, Verdict


class Word(IntEnum):
    """What a person said about a frame."""

    REJECTED = -1
    NOTHING = 0
    CHOSEN = 1


@dataclass(frozen=True, order=True)
class Standing:
    """How good a frame is among those like it; greater is better.

    Attributes:
        word: a person's word, which comes before everything else.
        label: the frame's own pick label.
        score: 0..100.
    """

    word: Word
    label: PickLabel
    score: float


def memberships(groups: Sequence[Group], standings: Mapping[str, Standing]) -> dict[str, Membership]:
    """Every file's place in its group; files that stand alone have none.

    Args:
        groups: see `iqsd.bursts.grouping`.
        standings: of every file, by name. A frame is as good as its best file, apart from a person's word (`of_all`).
    """
    places: dict[str, Membership] = {}
    for one in groups:
        # sorted is stable: of two equally good frames, the one taken first
        ranked = sorted(one.frames, key=lambda frame: _of_frame([standings[n] for n in frame.names]), reverse=True)
        for place, frame in enumerate(ranked, 1):
            here = Membership(one.kind, one.frames[0].name, len(ranked), place, ranked[0].name)
            places.update(dict.fromkeys(frame.names, here))
    return places


def _of_frame(files: Sequence[Standing]) -> Standing:
    """That of its best file, with a person's word on any of them."""
    return replace(max(files), word=of_all({file.word for file in files}))


def of_all(words: Collection[Word]) -> Word:
    """A person's word on any file of a frame counts for all of them."""
    return next((said for said in (Word.CHOSEN, Word.REJECTED) if said in words), Word.NOTHING)


def step_down(verdict: Verdict, membership: Membership | None, thresholds: Thresholds) -> Verdict:
    """The verdict on a frame as part of its group.

    Nothing is rejected for being like another frame: what would be accepted becomes pending, with fewer stars than any
    accepted frame, and what is pending or rejected stays so. Brackets and panoramas are left whole.

    Args:
        verdict: the frame's own.
        membership: its place in its group; None: it stands alone.
        thresholds: those that gave its own verdict.
    """
    if membership is None:
        return verdict
    said = reason(membership)
    steps_down = membership.kind is Kind.BURST and membership.place > 1
    if not steps_down or verdict.pick_label is not PickLabel.ACCEPTED:
        return replace(verdict, reasons=(*verdict.reasons, said))
    least_accepted = 1 + sum(thresholds.accept_from >= cut for cut in thresholds.stars)
    stars = min(verdict.rating, max(1, least_accepted - 1))
    return Verdict(stars, PickLabel.PENDING, (said, *verdict.reasons))


def reason(membership: Membership) -> str:
    """A frame's place in its group, in words."""
    if membership.kind is Kind.BRACKET:
        return f"part of an exposure bracket of {membership.size}"
    if membership.kind is Kind.PANORAMA:
        return f"part of a panorama of {membership.size}"
    if membership.place == 1:
        return f"the best of {membership.size} alike"
    return f"{_ordinal(membership.place)} of {membership.size} alike, {printable(membership.best)} is the best"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
