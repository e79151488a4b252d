"""From a folder to the rows of its report. Nothing is written: the pipeline makes a dry run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from iqsd import rescan, sidecars
from iqsd.bursts.membership import Membership
from iqsd.details import group_from_text
from iqsd.errors import PhotoError, SidecarError, UnreadablePhotoError
from iqsd.outcome import SETTLED, Outcome
from iqsd.photos.capture import Capture, read_capture
from iqsd.photos.finding import Signature, look_at
from iqsd.photos.source import opened
from iqsd.pipeline import Pipeline
from iqsd.policy import rating_of
from iqsd.report.halves import joined
from iqsd.report.rows import Row
from iqsd.scoring.assessment import Assessment
from iqsd.verdict import PickLabel, Verdict
from iqsd.workers.answer import Judged
from iqsd.workers.pool import Pool


class Gathering:
    """Gathers rows.

    Args:
        pipeline: for a dry run.
        pool: judges what the pipeline leaves alone, because a person has rated it.
    """

    def __init__(self, pipeline: Pipeline, pool: Pool) -> None:
        self._pipeline = pipeline
        self._policy = pipeline.policy
        self._journal = pipeline.journal
        self._pool = pool

    def rows(self, folder: Path, settle_seconds: float, advance: Callable[[], None]) -> list[Row]:
        """One row for each photo below a folder, by path.

        Args:
            folder: absolute.
            settle_seconds: for how long a photo must not have changed.
            advance: called after each photo.

        Raises:
            FolderError: the folder does not exist or cannot be listed.
            ModelError: the model cannot be loaded.
        """
        rows: dict[Path, Row] = {}
        for outcome in rescan.rescan([folder], self._pipeline, settle_seconds):
            if outcome.status == SETTLED and outcome.path in rows:  # reported before, and now judged again by its group
                rows[outcome.path] = replace(rows[outcome.path], verdict=self._told(outcome), group=outcome.group)
            else:
                rows[outcome.path] = self._row(outcome)
                advance()
        told = {row.path: row for row in joined(rows.values(), self._policy.pairs)}
        unjudged = [p for p, row in told.items() if row.assessment is None and _may_be_judged(row)]
        for path, answer in self._pool.map(unjudged):
            told[path] = self._judged(told[path], answer)
        return sorted(told.values(), key=lambda row: os.fsencode(row.path))

    def _row(self, outcome: Outcome) -> Row:
        row = Row(outcome.path, None, error=outcome.error)
        if not _may_be_judged(row):
            return row
        details = self._journal.detail(outcome.path)
        capture = outcome.capture or (details.capture if details else None) or _capture(outcome.path)
        group = outcome.group or (details.group if details else None)
        try:
            photo = look_at(outcome.path)
            row = replace(row, signature=photo.signature, taken=_taken(capture, photo.signature), group=group)
            if outcome.error is None:
                state = sidecars.read(outcome.path, self._policy.options)
                row = replace(row, state=state, group=group or _recorded_group(state))
        except PhotoError as error:  # gone or damaged in the meantime
            return replace(row, error=error)
        assessment = outcome.assessment or self._pipeline.memory.figures(photo, self._journal.get(photo.path))
        if assessment is None:
            return row
        return replace(row, assessment=assessment, verdict=self._told(outcome) or self._verdict(row, assessment))

    def _told(self, outcome: Outcome) -> Verdict | None:
        return None if outcome.verdict is None else self._as_written(outcome.verdict)

    def _judged(self, row: Row, answer: Judged | UnreadablePhotoError) -> Row:
        """A photo that the pipeline left alone, because a person has rated it or its sidecar is in the way."""
        if not isinstance(answer, Judged) or row.signature is None:
            return replace(row, error=answer if isinstance(answer, PhotoError) else row.error)
        taken, assessment = _taken(answer.capture, row.signature), answer.assessment.bare
        return replace(row, assessment=assessment, verdict=self._anew(row, assessment), taken=taken)

    def _anew(self, row: Row, assessment: Assessment) -> Verdict:
        """The verdict on a photo in its place among those that are like it."""
        return self._as_written(self._pipeline.regrouping.verdict(row.path.parent, assessment, row.group))

    def _as_written(self, verdict: Verdict) -> Verdict:
        return replace(verdict, rating=rating_of(verdict, self._policy.rejected_as))

    def _verdict(self, row: Row, assessment: Assessment) -> Verdict:
        """What iqsd wrote for a photo that needs nothing; for a field left to a person, what it would have written."""
        verdict = self._anew(row, assessment)
        record = row.state.record if row.state else None
        if record is None or (record.model, record.score) != (assessment.model, assessment.score):
            return verdict
        return Verdict(
            verdict.rating if record.rating is None else record.rating,
            verdict.pick_label if record.pick_label is None else PickLabel(record.pick_label),
            record.reasons,
        )


def _may_be_judged(row: Row) -> bool:
    """Whether the photo itself is in order, as far as is known."""
    return row.error is None or isinstance(row.error, SidecarError)


def _recorded_group(state: sidecars.State) -> Membership | None:
    """From the sidecar, in case the journal was lost."""
    return None if state.record is None else group_from_text(state.record.group)


def _capture(photo: Path) -> Capture | None:
    """From the photo's header, if neither this run nor the journal has looked at it."""
    try:
        with opened(photo) as source:
            return read_capture(source)
    except UnreadablePhotoError:
        return None


def _taken(capture: Capture | None, signature: Signature) -> str:
    """Local time by the camera or, if it does not say, by the file's date."""
    if capture is not None and capture.taken:
        return capture.taken
    return datetime.datetime.fromtimestamp(signature.mtime_ns // 10**9).isoformat(timespec="seconds")
