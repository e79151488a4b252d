"""Judging a series of thousands of frames takes minutes: meanwhile the daemon is neither deaf nor silent."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from iqsd import daemon
from iqsd.outcome import SETTLED, Outcome
from iqsd.service import notify
from iqsd.service.signals import Signals

FOLDER = Path("/shoot")
FRAMES = 1000


def run(
    signals: Signals, at: int, what: int | None, *, is_journal_away: bool = False, reporter: MagicMock | None = None
) -> tuple[int, bool]:
    """Let a daemon settle the series; at one frame a signal comes, if any, and the journal may be missing.

    Returns:
        how many frames were written when it had ended; whether it starts again.
    """
    written = 0

    def settle(_: Path) -> Iterator[Outcome]:
        nonlocal written
        for number in range(FRAMES):
            if number == at and what is not None:
                os.kill(os.getpid(), what)
                pipeline.journal.is_away = is_journal_away
            written += 1
            yield Outcome(FOLDER / f"{number}.jpg", SETTLED)
        os.kill(os.getpid(), signal.SIGTERM)

    intake, pipeline, pool = MagicMock(), MagicMock(), MagicMock()
    intake.take.return_value = intake.next_due.return_value = None
    intake.roots.descriptors, intake.has_work, intake.sweeps.looked_at = [], False, 0
    intake.settling.__len__.return_value = 0
    pipeline.collect.return_value, pipeline.journal.is_away = [], False
    pipeline.settle.side_effect = settle
    pipeline.regrouping.due.return_value, pipeline.regrouping.next_due.return_value = [FOLDER], 0.0
    pool.connections, pool.has_room, pool.next_overdue.return_value = [], False, None
    reporter = reporter or MagicMock()
    reporter.next_write, reporter.line = lambda: None, lambda *_: "busy"
    resting = MagicMock(why="", look=lambda *_: "")
    begins_again = daemon.Daemon(intake, pipeline, pool, reporter, resting, signals, MagicMock()).run()
    return written, begins_again


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_heeded_in_the_middle_of_a_long_series(what: int) -> None:
    with Signals() as signals:
        assert run(signals, 10, what) == (11, what == signal.SIGHUP)


def test_a_daemon_told_to_end_in_the_middle_of_a_long_series_ends_even_if_its_journal_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daemon, "HEARTBEAT_SECONDS", 0.0)
    with Signals() as signals:
        assert run(signals, 10, signal.SIGTERM, is_journal_away=True) == (11, False)


def test_systemd_hears_from_the_daemon_in_the_middle_of_a_long_series(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(daemon, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(notify, "tell", lambda *lines: told.extend(lines))
    with Signals() as signals:
        run(signals, 0, None)
    assert told.count("WATCHDOG=1") >= FRAMES


def test_status_says_what_is_being_done_in_the_middle_of_a_long_series() -> None:
    reporter = MagicMock()
    with Signals() as signals:
        run(signals, 0, None, reporter=reporter)
    assert reporter.write_now_and_then.call_count >= FRAMES
