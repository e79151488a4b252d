"""From settings to a pipeline with its journal, its model and its workers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from iqsd import settings
from iqsd.journal import Journal
from iqsd.models import shipped_model
from iqsd.pipeline import Pipeline, Policy
from iqsd.scoring.metadata import Metadata, read_metadata
from iqsd.settings import Settings
from iqsd.workers.pool import Pool


@contextlib.contextmanager
def open_pipeline(
    current: Settings,
    force: bool = False,
    dry_run: bool = False,
    undone_too: bool = False,
    patience_seconds: float = 30,
) -> Iterator[tuple[Pipeline, Pool, Journal]]:
    """Open all that a photo's way needs, and close it again.

    Args:
        current: the settings.
        force: also overwrite what a person set.
        dry_run: write nothing.
        undone_too: rate also what was taken back by `iqsd undo`.
        patience_seconds: how long to wait for another program that has the journal locked.

    Raises:
        ModelError: the model or its metadata cannot be used.
        ConfigError: the thresholds do not fit it.
        JournalError: the journal cannot be used.
    """
    model, metadata = find_model(current)
    policy = Policy(
        model=metadata.name,
        thresholds=current.thresholds(metadata.thresholds),
        options=current.options(),
        rejected_as=current.rejected_as,
        force=force,
        pairs=current.pairs,
    )
    with (
        Pool(model, jobs_of(current)) as pool,
        contextlib.closing(Journal(settings.journal_file(), patience_seconds)) as journal,
    ):
        yield Pipeline(policy, pool, journal, dry_run, undone_too), pool, journal


def find_model(current: Settings) -> tuple[Path, Metadata]:
    """The model of the settings, or the one that comes with iqsd, and its metadata (or ModelError)."""
    model = (current.file or shipped_model()).absolute()
    return model, read_metadata(model)


def checked_model(current: Settings) -> str:
    """The model's name; an error if it or the thresholds for it cannot be used."""
    metadata = find_model(current)[1]
    current.thresholds(metadata.thresholds)
    return metadata.name


def jobs_of(current: Settings) -> int:
    """How many photos to judge at the same time: as set, or one for each core that iqsd may use."""
    return current.jobs or len(os.sched_getaffinity(0))
