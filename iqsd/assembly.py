"""From settings to a pipeline with its journal, its model and its workers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iqsd import settings
from iqsd.errors import PhotoError
from iqsd.journal import IN_MEMORY, Journal
from iqsd.models import shipped_model
from iqsd.pipeline import Pipeline
from iqsd.policy import Policy
from iqsd.scoring.metadata import Metadata, read_metadata
from iqsd.settings import Settings
from iqsd.workers.pool import Pool

if TYPE_CHECKING:
    from iqsd.photos.reading import Photo
    from iqsd.scoring.checking import Check


@contextlib.contextmanager
def open_pipeline(
    current: Settings,
    force: bool = False,
    dry_run: bool = False,
    undone_too: bool = False,
    patience_seconds: float = 30,
) -> Iterator[tuple[Pipeline, Pool]]:
    """Open everything that rating a photo needs, and close it again.

    Args:
        current: the settings.
        force: also overwrite what a person set.
        dry_run: write nothing.
        undone_too: also rate what was taken back by `iqsd undo`.
        patience_seconds: how long to wait for another program that has the journal locked.

    Raises:
        ModelError: the model or its metadata cannot be used.
        ConfigError: the thresholds do not fit the model.
        JournalError: the journal cannot be used.
    """
    model, policy = policy_of(current, force)
    with (
        Pool(model, jobs_of(current)) as pool,
        Journal(settings.journal_file(), patience_seconds) as journal,
        Journal(IN_MEMORY) as scratch,
    ):
        yield Pipeline(policy, pool, journal, scratch if dry_run else None, undone_too), pool


@contextlib.contextmanager
def open_cluster_pipeline(
    current: Settings, scheduler: str, folders: Sequence[Path], force: bool, dry_run: bool
) -> Iterator[Pipeline]:
    """Like `open_pipeline`, with the workers of a Dask cluster, for a rescan.

    Args:
        current: the settings.
        scheduler: the address of the cluster's scheduler.
        folders: what will be rated; all workers must see these folders.
        force: also overwrite what a person set.
        dry_run: write nothing.

    Raises:
        ClusterError: the cluster cannot be used.
        ModelError: the model or its metadata cannot be used.
        ConfigError: the thresholds do not fit the model.
        JournalError: the journal cannot be used.
    """
    from iqsd.cluster.dask_pool import DaskPool

    model, policy = policy_of(current, force)
    with (
        DaskPool(scheduler, model, folders) as pool,
        Journal(settings.journal_file()) as journal,
        Journal(IN_MEMORY) as scratch,
    ):
        yield Pipeline(policy, pool, journal, scratch if dry_run else None, undone_too=True)


def policy_of(current: Settings, force: bool = False) -> tuple[Path, Policy]:
    """The model that the settings name, or the one that comes with iqsd, and the policy with it (or ModelError)."""
    model, metadata = model_of(current)
    return model, Policy(
        model=metadata.name,
        thresholds=current.thresholds(metadata.thresholds),
        options=current.options(),
        rejected_as=current.rejected_as,
        shares=current.shares(),
        burst_seconds=current.burst_seconds,
        force=force,
        pairs=current.pairs,
    )


def model_of(current: Settings) -> tuple[Path, Metadata]:
    """The model that the settings name, or the one that comes with iqsd, and its metadata (or ModelError)."""
    model = (current.file or shipped_model()).absolute()
    return model, read_metadata(model)


def check_model(current: Settings) -> None:
    """Load the model and run it once, in a process of its own, and check that the thresholds fit it.

    Raises:
        ModelError: the model or its metadata cannot be used.
        ConfigError: the thresholds do not fit the model.
    """
    model, _ = policy_of(current)
    with Pool(model, 1) as pool:
        pool.check()


def look_at_model(model: Path, photos: Sequence[Path]) -> tuple[Check, list[PhotoError]]:
    """Try a model first in a process of its own, which it may crash, then in this one.

    Args:
        model: the .tflite file.
        photos: what to show it in addition to plain frames.

    Returns:
        what the model says, and what is wrong with the photos that cannot be read.

    Raises:
        ModelError: the model or its metadata cannot be used.
    """
    # Other commands leave the runtime and the decoders to the workers.
    from iqsd.photos.complaints import complaints
    from iqsd.photos.reading import read_photo
    from iqsd.scoring.checking import check

    how = read_metadata(model).input
    unread: list[PhotoError] = []

    def readable() -> Iterator[tuple[str, Photo]]:
        for photo in photos:
            try:
                yield photo.name, read_photo(photo, (how.width, how.height))
            except PhotoError as error:
                unread.append(error)

    with Pool(model, 1) as pool:
        pool.check()
    with complaints():  # the runtime prints a greeting on standard error
        return check(model, readable()), unread


def jobs_of(current: Settings) -> int:
    """How many photos to judge at the same time: as set, or one per core that iqsd may use."""
    return current.jobs or len(os.sched_getaffinity(0))
