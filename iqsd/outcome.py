"""What became of one photo: what every command reports, and not itself part of the path."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from iqsd.bursts.membership import Membership
from iqsd.errors import FolderError, PhotoError, UnreadablePhotoError
from iqsd.journal import Entry, Status
from iqsd.photos.capture import Capture
from iqsd.photos.finding import Photo
from iqsd.scoring.assessment import Assessment
from iqsd.verdict import Verdict


class Outcome(NamedTuple):
    """What became of one photo.

    Attributes:
        path: the photo.
        status: rated (a sidecar was written, or would be), kept (a person rated it), unchanged, or failed; gone:
            deleted or renamed before it could be rated; settled: its group was judged again, and its sidecar was
            rewritten.
        assessment: the bare figures, if there are any: a report or a calibration keeps those of all photos.
        verdict: the verdict that follows from them; None for a failure.
        rating: the stars iqsd wrote (or would); None where a person's were left or nothing was written.
        pick_label: likewise.
        error: why it failed.
        is_news: for a failure, whether it differs from the last one.
        before: for a settled photo that was rated in this very run, the verdict that was reported then.
        capture: how it was taken, if it was opened in this run.
        group: its place among the frames that belong together with it, if that was looked up.
    """

    path: Path
    status: str
    assessment: Assessment | None = None
    verdict: Verdict | None = None
    rating: int | None = None
    pick_label: int | None = None
    error: PhotoError | FolderError | None = None
    is_news: bool = True
    before: Verdict | None = None
    capture: Capture | None = None
    group: Membership | None = None


RATED, KEPT, UNCHANGED, FAILED, GONE, SETTLED = "rated", "kept", "unchanged", "failed", "gone", "settled"


def known(photo: Photo, entry: Entry) -> Outcome:
    """What became of a photo that the journal knows and that needs nothing."""
    if entry.state is Status.FAILED:
        text = f"{entry.reason} (tried {entry.attempts} times; set aside until the file changes)"
        return Outcome(photo.path, FAILED, error=UnreadablePhotoError(text, photo.path))
    return Outcome(photo.path, KEPT if entry.state is Status.KEPT else UNCHANGED)
