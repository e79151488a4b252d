"""From a folder to the rows of its report. Nothing is written: the pipeline runs dry."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from iqsd import rescan, sidecars
from iqsd.errors import PhotoError, SidecarError
from iqsd.journal import Journal
from iqsd.photos.capture import Capture
from iqsd.photos.finding import look_at
from iqsd.pipeline import Outcome, Pipeline
from iqsd.report.rows import Row
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, Verdict, judge
from iqsd.workers.answer import Judged
from iqsd.workers.pool import Pool


class Gathering:
    """Gathers rows.

    Args:
        pipeline: walked dry.
        pool: judges what the pipeline need not judge, because a person has.
        journal: what is known already.
        thresholds: the verdict's.
        options: how sidecars are named.
    """

    def __init__(
        self, pipeline: Pipeline, pool: Pool, journal: Journal, thresholds: Thresholds, options: sidecars.Options
    ) -> None:
        self._pipeline = pipeline
        self._pool = pool
        self._journal = journal
        self._thresholds = thresholds
        self._options = options

    def rows(self, folder: Path, settle_seconds: float, advance: Callable[[], None]) -> Iterator[Row]:
        """One row for each photo below a folder, as they are done.

        Args:
            folder: absolute.
            settle_seconds: for how long a photo has to stand still.
            advance: called after each.

        Raises:
            FolderError: the folder is not there or cannot be listed.
            ModelError: the model cannot be loaded.
        """
        unjudged: dict[Path, Row] = {}
        for outcome in rescan.rescan([folder], self._pipeline, self._journal, settle_seconds):
            row = self._row(outcome)
            if row.assessment is None and (row.error is None or isinstance(row.error, SidecarError)):
                unjudged[row.path] = row
            else:
                yield row
                advance()
        for path, answer in self._pool.map(unjudged):
            row = unjudged[path]
            if isinstance(answer, Judged):
                verdict = judge(answer.assessment, self._thresholds)
                yield _taken(replace(row, assessment=answer.assessment, verdict=verdict), answer.capture)
            else:
                yield replace(row, error=answer)
            advance()

    def _row(self, outcome: Outcome) -> Row:
        row = Row(outcome.path, None, error=outcome.error)
        if outcome.error is not None and not isinstance(outcome.error, SidecarError):
            return row
        try:
            signature = look_at(outcome.path).signature
            row = replace(row, signature=signature, taken=_file_time(signature.mtime_ns))
            if outcome.error is None:
                row = replace(row, state=sidecars.read(outcome.path, self._options))
        except PhotoError as error:  # gone or spoilt a moment later
            return replace(row, error=error)
        if outcome.assessment is None:
            return row
        verdict = outcome.verdict or self._verdict(outcome.assessment, row.state)
        details = self._journal.detail(outcome.path)
        row = replace(row, assessment=outcome.assessment, verdict=verdict, group=details.group if details else None)
        return _taken(row, outcome.capture or (details.capture if details else None))

    def _verdict(self, assessment: Assessment, state: sidecars.State | None) -> Verdict:
        """What iqsd wrote of a photo that needs nothing; where it left a field to a person, what it would have said."""
        verdict = judge(assessment, self._thresholds)
        record = state.record if state else None
        if record is None or (record.model, record.score) != (assessment.model, assessment.score):
            return verdict
        return Verdict(
            verdict.rating if record.rating is None else record.rating,
            verdict.pick_label if record.pick_label is None else PickLabel(record.pick_label),
            record.reasons,
        )


def _taken(row: Row, capture: Capture | None) -> Row:
    """The camera's time in place of the file's, if it is known."""
    return replace(row, taken=capture.taken) if capture is not None and capture.taken else row


def _file_time(mtime_ns: int) -> str:
    return datetime.datetime.fromtimestamp(mtime_ns // 10**9).isoformat(timespec="seconds")
