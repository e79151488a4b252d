"""Everything besides a photo that decides what is written of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from iqsd import sidecars
from iqsd.calibration import Shares
from iqsd.photos.pairs import PairSidecars
from iqsd.scoring.metadata import Thresholds
from iqsd.sidecars import RejectedAs
from iqsd.verdict import PickLabel, Verdict


def rating_of(verdict: Verdict, rejected_as: RejectedAs) -> int:
    """The rating to write: -1 in place of a star for a rejected photo, if the user wants it so."""
    is_minus_one = verdict.pick_label is PickLabel.REJECTED and rejected_as is RejectedAs.MINUS_ONE
    return -1 if is_minus_one else verdict.rating


@dataclass(frozen=True)
class Policy:
    """Everything besides the photo that decides what is written.

    Attributes:
        model: the model's recorded name; with another model, photos are judged again.
        thresholds: where scores turn into labels and stars.
        options: how sidecars are named and written.
        rejected_as: the rating of a rejected photo.
        shares: how much of each folder is to be rejected and accepted; without shares, the thresholds are fixed.
        burst_seconds: similar frames no further apart than this are a burst; 0: every photo is judged by itself.
        force: also overwrite what a person set.
        pairs: which half of a RAW file with its JPEG gets the verdict.
    """

    model: str
    thresholds: Thresholds
    options: sidecars.Options
    rejected_as: RejectedAs = RejectedAs.ONE_STAR
    shares: Shares = field(default_factory=Shares)
    burst_seconds: float = 0.0
    force: bool = False
    pairs: PairSidecars = PairSidecars.BOTH

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two policies that lead to the same verdict: 32 digits, which the journal keeps with every photo.

        `force` and `pairs` are left out: they decide where the verdict is written, not what it is.
        """
        decides = repr((self.model, self.thresholds, self.options, self.rejected_as, self.shares, self.burst_seconds))
        return hashlib.blake2b(decides.encode(), digest_size=16).hexdigest()
