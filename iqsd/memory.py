"""What is already known of a photo, from the journal or its sidecar: nothing is found out twice."""

from __future__ import annotations

from pathlib import Path

from iqsd import moving, sidecars
from iqsd.details import group_from_text
from iqsd.journal import Entry, Journal, Status
from iqsd.paths import is_gone
from iqsd.photos.finding import Photo, Signature
from iqsd.policy import Policy
from iqsd.scoring.assessment import Assessment
from iqsd.workers.answer import Judged


class Memory:
    """The ledger of one run, and what it knows of photos.

    Args:
        policy: everything besides the photo that decides what is written.
        journal: the ledger.
        scratch: for a dry run: takes its findings in place of the ledger.
        undone_too: also rate what was taken back by `iqsd undo`, because a person asks for it.

    Attributes:
        ledger: where this run records its findings.
    """

    def __init__(self, policy: Policy, journal: Journal, scratch: Journal | None, undone_too: bool) -> None:
        self._policy = policy
        self._journal = journal
        self._undone_too = undone_too
        self.ledger = scratch or journal

    def entry(self, path: Path) -> Entry | None:
        """What this run or an earlier one recorded of a photo."""
        return self.ledger.get(path) or self._journal.get(path)

    def is_known(self, photo: Photo, entry: Entry | None, sidecar: Signature | None) -> bool:
        """Whether the photo needs nothing: it, its sidecar and the policy have not changed since it was done."""
        if entry is not None and self.was_undone(photo, entry):
            return True
        return (
            not self._policy.force
            and entry is not None
            and entry.state not in (Status.UNDONE, Status.LEFT_OUT)
            and entry.photo == photo.signature
            and not may_be_rated(photo, entry)
            and entry.sidecar == sidecar
            and entry.policy == self._policy.fingerprint
            and (entry.state is not Status.FAILED or entry.is_set_aside)
        )

    def was_undone(self, photo: Photo, entry: Entry) -> bool:
        """Whether a person took back what iqsd wrote, and has not asked for it again."""
        return entry.state is Status.UNDONE and entry.photo == photo.signature and not self._undone_too

    def is_anothers(self, photo: Photo, entry: Entry | None, state: sidecars.State) -> bool:
        """Whether another iqsd (on another computer, with other settings) has rated the photo after this one did.

        The two would overwrite each other for ever, so the last word stays until the photo or the settings change.
        This does not apply to a sidecar that came along from another photo, or that records the effect of a better
        frame which is gone: there may be nobody left to correct it.
        """
        record = state.record
        return (
            record is not None
            and record.moment is not None
            and record.photo_size == photo.signature.size
            and entry is not None
            and entry.state is Status.RATED
            and entry.sidecar is not None
            and record.moment.timestamp() * 1e9 > entry.sidecar.mtime_ns
            and entry.policy == self._policy.fingerprint
            and self.figures(photo, entry) is not None
            and not (self._policy.force or state.is_behind or self._is_outlived(photo, record))
        )

    def _is_outlived(self, photo: Photo, record: sidecars.Record) -> bool:
        """Whether the best frame of a record's group is gone, and the journal has another place for this photo."""
        group = group_from_text(record.group)
        if group is None or group == self._journal.groups.of(photo.path):
            return False
        return is_gone(photo.path.with_name(group.best))

    def figures(self, photo: Photo, entry: Entry | None) -> Assessment | None:
        """See `figures_of`."""
        return figures_of(photo, entry, self._policy.model)

    def told(self, photo: Photo, entry: Entry | None, state: sidecars.State) -> Assessment | None:
        """The figures of this very photo by this very model, from the journal or the sidecar: no need to open it."""
        if (found := self.figures(photo, entry)) is not None:
            return found
        record = state.record
        if entry is not None and (
            entry.photo != photo.signature  # it has changed since, though perhaps not in size
            or (is_another_file(photo, entry) and self._journal.has_alike(photo.path))  # they may have swapped names
        ):
            return None
        if record is None or record.model != self._policy.model or record.photo_size != photo.signature.size:
            return None
        told = Assessment(record.score, record.aesthetic, record.quality, record.faults, record.model)
        others = None if entry is None else entry.figures(photo.signature, self._policy.model)
        # A restored photo keeps its sidecar's figures. For a renumbered one the journal has another's capture and look.
        return told if others is None or told == others else None

    def opened_before(self, path: Path) -> Judged | None:
        """What an earlier run, or this one, found out when it opened a file."""
        found = self.ledger.detail(path) or self._journal.detail(path)
        if found is None or found.assessment is None or found.capture is None or found.look is None:
            return None
        return Judged(found.assessment, found.capture, found.look)


def figures_of(photo: Photo, entry: Entry | None, model: str) -> Assessment | None:
    """What the journal knows of this very file by this very model."""
    if entry is None or is_another_file(photo, entry):
        return None
    return entry.figures(photo.signature, model)


def may_be_rated(photo: Photo, entry: Entry | None) -> bool:
    """Whether a rating may have entered the photo unseen: it changed, but its size and date are as before."""
    return entry is not None and entry.photo == photo.signature and entry.changed_ns not in (0, photo.changed_ns)


def is_unseen(photo: Photo, entry: Entry | None) -> bool:
    """Whether to look for a rating in the photo itself: one may have been added unseen, or while nobody looked.

    Also if its date is another: programs set it to that of the picture, which is older than iqsd's record.
    """
    return entry is not None and (
        entry.photo != photo.signature or may_be_rated(photo, entry) or entry.state in (Status.FAILED, Status.LEFT_OUT)
    )


def is_another_file(photo: Photo, entry: Entry) -> bool:
    """Whether a photo of the same size and date has taken the place of the one that the journal knows."""
    return may_be_rated(photo, entry) and entry.inode not in (0, moving.inode(photo.path))
