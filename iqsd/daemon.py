"""`iqsd start`: one loop that takes events, sweeps, feeds the workers and writes their results, until a signal."""

from __future__ import annotations

import logging
import signal
import sqlite3
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait

from iqsd.errors import IqsdError, ModelReplacedError, NoProcessError, printable
from iqsd.outcome import FAILED, GONE, KEPT, UNCHANGED, Outcome
from iqsd.paths import identity
from iqsd.pipeline import Pipeline
from iqsd.service import notify
from iqsd.service.instance import lock_file
from iqsd.service.reporter import Reporter
from iqsd.service.resting import Resting
from iqsd.service.signals import Signals
from iqsd.watching.intake import Intake
from iqsd.watching.writers import ignore_broken_leases
from iqsd.workers import pool as workers
from iqsd.workers.pool import Pool

log = logging.getLogger("iqsd")

HEARTBEAT_SECONDS = 30.0
"""How often the loop turns when nothing happens: it then checks whether the folders are still there."""

WORK_SECONDS = 0.5
"""How long the loop hands out photos before it looks for news again."""

IDLE_SECONDS = 60.0
"""Workers that have been idle for this long are ended; the next photo starts new ones in a fraction of a second."""

PAUSE_SECONDS = 10.0
"""How long rating pauses after the journal could not be written (locked, disk full) or no process could be started."""


class Daemon:
    """The main loop. One thread does everything except the judging, which the worker processes do.

    Args:
        intake: where photos come from.
        pipeline: the path of a photo, with its journal under the lock.
        pool: the workers.
        reporter: what `iqsd status` reads.
        resting: whether to judge nothing for a while, because the user wants that.
        signals: the signals that the process has received.
        reload: reads the settings again and says whether they can be used (SIGHUP).
    """

    def __init__(
        self,
        intake: Intake,
        pipeline: Pipeline,
        pool: Pool,
        reporter: Reporter,
        resting: Resting,
        signals: Signals,
        reload: Callable[[], None],
    ) -> None:
        self._intake = intake
        self._pipeline = pipeline
        self._pool = pool
        self._journal = pipeline.journal
        self._lock = identity(lock_file(self._journal.path))
        self._reporter = reporter
        self._resting = resting
        self._signals = signals
        self._reload = reload
        self._leave: bool | None = None
        self._beat = min(HEARTBEAT_SECONDS, (notify.watchdog_seconds() or HEARTBEAT_SECONDS * 3) / 3)
        now = time.monotonic()
        self._next_beat = now
        self._progress = now
        self._workers_needed = now
        self._looked_at = 0
        self._paused_until: float | None = None
        self._paused_because = ""
        self._look_for_news = True
        self._expecting = False

    def run(self) -> bool:
        """Watch and rate until SIGTERM or SIGINT, or until there are new settings (SIGHUP) or a restart is needed.

        Returns:
            whether to start again, with the settings as they are then.

        Raises:
            ModelError: the model cannot be loaded.
            sqlite3.DatabaseError: the journal is damaged.
        """
        ignore_broken_leases()
        try:
            self._intake.open()
            notify.tell("READY=1", "STATUS=watching")
            while self._leave is None:
                self._turn()
        finally:
            self._intake.close()
        self._reporter.write(self._intake, busy=0)
        if not self._leave:
            notify.tell("STOPPING=1")
            rest = "; photos in progress will be judged at the next start" if self._pool.is_busy else ""
            log.info("stopped%s", rest)
        return self._leave

    def _turn(self) -> None:
        """One round: wait until something can be done, take the news, move every photo as far as it can go."""
        news: list[int | Connection] = []
        if self._paused_until is None:
            news = [*self._intake.roots.descriptors, *self._pool.connections]
        wait([self._signals.fileno(), *news], self._patience())
        self._obey(self._signals.take())
        if self._leave is not None:  # nothing that the rest of this round finds may change that decision
            return
        now = time.monotonic()
        resting = self._resting.look(now, self._pool.busy)
        self._reporter.resting = resting if self._paused_until is None else self._paused_because
        if now >= self._next_beat:
            self._heartbeat(now)
        if self._paused_until is None or now >= self._paused_until:
            self._paused_until = None
            try:
                self._intake.hear()
                self._expect()
                self._work()
            except sqlite3.OperationalError as error:
                self._pause(f"the journal cannot be used ({error})")
            except NoProcessError as error:
                self._pause(error.detail)
            except ModelReplacedError as error:
                log.info("%s; restarting with that model", error)
                self._take_new_settings()
                self._leave = True
        self._reporter.write_now_and_then(self._intake, self._pool.busy)

    def _patience(self) -> float:
        """How long until something can be due. Zero if there are photos to feed and room for them."""
        moments = [self._next_beat, self._paused_until, self._reporter.next_write()]
        if self._paused_until is None:
            moments.append(self._pool.next_overdue())
            can_go_on = self._intake.has_work and self._pool.has_room
            if self._resting.why:
                moments.append(self._resting.next_look if self._intake.has_work else None)
                can_go_on = self._intake.can_look_ahead
            if can_go_on:
                return 0.0
            moments += [self._intake.next_due(), self._pipeline.regrouping.next_due()]
        return max(0.0, min(moment for moment in moments if moment is not None) - time.monotonic())

    def _obey(self, signals: set[int]) -> None:
        if signals & {signal.SIGTERM, signal.SIGINT}:
            self._leave = False
        elif signal.SIGHUP in signals:
            self._take_new_settings()
        if signal.SIGUSR1 in signals and self._leave is None:  # a restart looks at everything anyway
            self._intake.sweep_now("asked for")

    def _take_new_settings(self) -> None:
        notify.tell(*notify.reloading())
        try:
            self._reload()
        except IqsdError as error:
            log.error("the new settings cannot be used, the old ones stay: %s", error)  # noqa: TRY400  # no stack trace
            notify.tell("READY=1")
        else:
            log.info("restarting with the new settings")
            self._leave = True

    def _expect(self) -> None:
        """Have a worker load the model while the first photos settle."""
        expecting = len(self._intake.settling) > 0 and not self._resting.why
        if expecting and not self._expecting:
            self._pool.warm()
            self._workers_needed = time.monotonic()
        self._expecting = expecting

    def _work(self) -> None:
        for outcome in self._pipeline.collect(0):
            self._tell(outcome)
        if self._resting.why:
            self._intake.look_ahead()
        until = time.monotonic() + WORK_SECONDS
        while not self._resting.why and self._pool.has_room and not self._signals and time.monotonic() < until:
            photo = self._intake.take()
            if photo is None:
                break
            done = self._pipeline.offer(photo)
            if done is not None:
                self._tell(done)
        if self._look_for_news:
            self._pipeline.regrouping.look_for_news(self._intake.roots.hold, time.monotonic())
            self._look_for_news = False
        self._settle()
        self._journal.flush()  # another iqsd waits for the lock that an open transaction holds

    def _settle(self) -> None:
        """Judge frames by each other. A long series takes minutes: signals, status and watchdog do not wait for it."""
        for folder in self._pipeline.regrouping.due(time.monotonic()):
            for outcome in self._pipeline.settle(folder):
                self._tell(outcome)
                self._obey(self._signals.take())
                if (now := time.monotonic()) >= self._next_beat:
                    self._heartbeat(now)
                self._reporter.write_now_and_then(self._intake, self._pool.busy)
                if self._leave is not None:
                    return

    def _heartbeat(self, now: float) -> None:
        """Check what no event reports, and notify systemd's watchdog unless work is stuck."""
        self._next_beat = now + self._beat
        if self._has_lost_its_journal():
            return
        self._intake.check()
        self._look_for_news = True
        if self._looked_at != self._intake.sweeps.looked_at:
            self._looked_at, self._progress = self._intake.sweeps.looked_at, now
        if now - self._workers_needed > IDLE_SECONDS:
            self._pool.rest()
        has_work = not self._resting.why and (self._intake.has_work or self._pool.is_busy)
        if self._paused_until is not None or not has_work or now - self._progress < 2 * workers.TIME_LIMIT_SECONDS:
            notify.tell("WATCHDOG=1", f"STATUS={self._reporter.line(self._intake, self._pool.busy)}")

    def _pause(self, because: str) -> None:
        self._intake.sweep_now("what was under way could not be finished")
        if self._has_lost_its_journal():
            return
        log.error("%s; iqsd tries again in %g s", because, PAUSE_SECONDS)
        self._paused_until, self._paused_because = time.monotonic() + PAUSE_SECONDS, because

    def _has_lost_its_journal(self) -> bool:
        """Writes to a deleted file are lost without an error, and a deleted lock file locks nothing."""
        is_unlocked = identity(lock_file(self._journal.path)) != self._lock
        lost = "journal" if self._journal.is_away else "lock" if is_unlocked else ""
        if lost and self._leave is None:  # a daemon that has been told to end meanwhile ends
            log.warning("the %s is gone; restarting with a new one", lost)
            self._leave = True
        return bool(lost)

    def _tell(self, outcome: Outcome) -> None:
        """Log one line for what happened to a photo; none if it needed nothing."""
        self._progress = self._workers_needed = time.monotonic()
        self._reporter.add(outcome)
        name = printable(outcome.path)
        fields = {"fields": {"photo": name, "outcome": outcome.status}}
        if outcome.status == GONE:
            log.info("%s: gone before it could be rated", name, extra=fields)
        elif outcome.status == FAILED:
            if outcome.is_news:
                log.warning("%s", outcome.error, extra=fields)
        elif outcome.status == KEPT:
            log.info("%s: kept as a person rated it", name, extra=fields)
        elif outcome.status != UNCHANGED and outcome.verdict is not None:
            stars = "stars left to the person" if outcome.rating is None else f"rating {outcome.rating}"
            label = "label left to the person" if outcome.pick_label is None else outcome.verdict.pick_label.word
            log.info("%s: %s, %s (%s)", name, label, stars, "; ".join(outcome.verdict.reasons), extra=fields)
