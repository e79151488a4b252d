"""What the daemon records for `iqsd status`: true figures however busy it is, and the reason if it does nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path

import pytest

from iqsd.journal import Journal
from iqsd.outcome import RATED, Outcome
from iqsd.service.reporter import Reporter
from iqsd.watching.intake import Intake
from iqsd.watching.schedule import Rhythm
from tests.conftest import Iqsd, copy_photos, wait_for
from tests.faults.watched import HASTE, Watched, end


@pytest.mark.parametrize("minutes", [10, 2])
def test_it_counts_all_photos_of_the_last_five_minutes_or_since_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    file = tmp_path / "status.json"
    reporter = Reporter(file, "m/1", 2)
    with Journal(tmp_path / "journal.db") as journal:
        intake = Intake([tmp_path], [], Rhythm(1, 60, 5), journal, lambda photo, entry, sidecar: True)
        for _ in range(minutes):
            now += 60
            for _ in range(3000):
                reporter.add(Outcome(tmp_path / "a.jpg", RATED))
        reporter.write(intake, busy=0)
    assert json.loads(file.read_text())["photos_per_minute"] == pytest.approx(3000, rel=0.25)


def test_it_says_that_the_journal_cannot_be_used(iqsd: Iqsd) -> None:
    Watched(iqsd).start("watching")
    with contextlib.closing(sqlite3.connect(iqsd.journal)) as other:
        other.execute("BEGIN IMMEDIATE")
        copy_photos(iqsd.pictures, 1)
        wait_for(lambda: "the journal cannot be used" in iqsd.run("status").stdout)


def test_the_status_of_a_daemon_that_no_longer_runs_is_shown_as_of_then(iqsd: Iqsd) -> None:
    process = Watched(iqsd).start("watching")
    assert "when it last ran" not in iqsd.run("status").stdout
    end(process)
    said = iqsd.run("status").stdout.splitlines()
    assert said[0].startswith("iqsd is not running")
    assert said[1].startswith("when it last ran, ")
    assert said[2].startswith("model ")


def test_photos_that_were_set_aside_are_counted_among_those_that_failed(iqsd: Iqsd) -> None:
    (iqsd.pictures / "broken.jpg").write_bytes(b"no photo")
    for aside in ("", "", " (1 set aside)"):
        iqsd.rescan()
        assert f"journal: 1 failed{aside}" in iqsd.run("status").stdout.splitlines()


def test_photos_being_judged_when_it_stops_are_reported_only_if_there_are_any(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    end(watched.start("watching"))
    assert watched.lines()[-1]["message"] == "stopped"
    copy_photos(iqsd.pictures, 1)[0].rename(iqsd.pictures / "endless.jpg")
    process = watched.start("watching")
    file = iqsd.journal.with_name("status.json")
    wait_for(lambda: json.loads(file.read_text())["queue"]["judging"] == 1)
    end(process)
    assert watched.lines()[-1]["message"] == "stopped; photos in progress will be judged at the next start"
