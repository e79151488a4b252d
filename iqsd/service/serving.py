"""`iqsd start` put together: lock, journal, settings and daemon; and all of it again for new settings."""

from __future__ import annotations

import logging
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

from iqsd import daemon, settings
from iqsd.assembly import check_model, jobs_of, open_pipeline
from iqsd.errors import IqsdError, JournalError, NewerJournalError, NoProcessError, printable
from iqsd.journal import Journal
from iqsd.journal_file import rescue
from iqsd.paths import SET_FOLDERS, absolute, check_folder, is_folder
from iqsd.service import notify
from iqsd.service.instance import single_instance
from iqsd.service.metrics import MetricsFile
from iqsd.service.reporter import Reporter, status_file
from iqsd.service.resting import Limits, Resting
from iqsd.service.signals import Signals
from iqsd.settings import Settings
from iqsd.watching.intake import Intake
from iqsd.watching.schedule import Rhythm

log = logging.getLogger("iqsd")

Load = Callable[[], Settings]
"""Reads the settings; raises ConfigError."""


def serve(load: Load) -> None:
    """Watch and rate until stopped; with new settings, start over.

    Raises:
        IqsdError: it cannot start (the settings, the model, the journal, no folder), or another daemon is running.
    """
    with Signals() as signals:
        again = _begin(load, _loaded(load), signals, may_be_damaged=True)
        may_be_damaged = False  # with a million photos, the check takes a while
        while (current := again) is not None:
            try:
                again = _begin(load, current, signals, may_be_damaged)
                may_be_damaged = False
            except NewerJournalError:  # iqsd was upgraded: systemd starts the new version
                raise
            except (JournalError, NoProcessError) as error:  # its disk may be away or full, perhaps not for long
                log.error("%s; iqsd tries again in %g s", error, daemon.PAUSE_SECONDS)  # noqa: TRY400  # no stack trace
                may_be_damaged = isinstance(error, JournalError)
                notify.tell("WATCHDOG=1", f"STATUS={error}")
                wait([signals.fileno()], daemon.PAUSE_SECONDS)
                told = signals.take()
                if told & {signal.SIGTERM, signal.SIGINT}:
                    return
                if signal.SIGHUP in told:
                    again = _anew(load, current)


def _begin(load: Load, current: Settings, signals: Signals, may_be_damaged: bool) -> Settings | None:
    """Run once under the lock, which is taken each time: its file may have been deleted with the journal."""
    file = settings.journal_file()
    with single_instance(file):
        if may_be_damaged:
            _rescued(file)
        try:
            return _serve(load, current, signals)
        except sqlite3.DatabaseError:
            if not _rescued(file):
                raise
            return current


def _rescued(journal: Path) -> bool:
    """Move the journal out of the way if it is damaged, and return whether it was; then a new one can be made."""
    damaged = rescue(journal)
    if damaged is not None:
        log.error("the journal was damaged: moved to %s and rebuilt from the sidecars", printable(damaged))
    return damaged is not None


def _serve(load: Load, current: Settings, signals: Signals) -> Settings | None:
    latest = current

    def reload() -> None:
        nonlocal latest
        latest = _checked(load)

    rhythm = Rhythm(current.settle_seconds, current.sweep_minutes * 60, current.poll_minutes * 60)
    resting = Resting(Limits(current.pause_on_battery, current.pause_above_load))
    with open_pipeline(current, patience_seconds=5) as (pipeline, pool):
        pool.warm()  # the worker loads the model meanwhile
        journal = pipeline.journal
        metrics = None if current.metrics_file is None else MetricsFile(current.metrics_file, _set_aside(journal))
        reporter = Reporter(status_file(journal.path), pipeline.policy.model, jobs_of(current), metrics)
        intake = Intake(current.watched(), current.poll_folders or (), rhythm, journal, pipeline.memory.is_known)
        pool.check()
        loop = daemon.Daemon(intake, pipeline, pool, reporter, resting, signals, reload)
        return latest if loop.run() else None


def _set_aside(journal: Journal) -> Callable[[], int | None]:
    def count() -> int | None:
        try:
            return journal.counts()["set_aside"]
        except sqlite3.Error:  # the main loop finds out by itself and deals with it
            return None

    return count


def _anew(load: Load, current: Settings) -> Settings:
    """The settings as they are now, or the current ones if the new ones cannot be used."""
    try:
        return _checked(load)
    except IqsdError as error:
        log.error("the new settings cannot be used, the old ones stay: %s", error)  # noqa: TRY400  # no stack trace
        return current


def _checked(load: Load) -> Settings:
    loaded = _loaded(load)
    check_model(loaded)
    return loaded


def _loaded(load: Load) -> Settings:
    """The settings, if there is something to watch. If one folder of several is away, the daemon waits for it."""
    current = load()
    folders = tuple(map(absolute, current.watched()))
    if not any(map(is_folder, folders)):
        check_folder(folders[0], SET_FOLDERS)
    return replace(current, folders=folders, poll_folders=current.polled())
