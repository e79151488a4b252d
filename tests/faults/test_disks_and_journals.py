"""A full disk, and a journal that is damaged, locked, from a newer iqsd, or deleted while in use."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import Iqsd, copy_photos, digest, sidecar, wait_for
from tests.faults.test_bad_input import as_a_user, bound_by_permissions, run_bound_by_permissions
from tests.faults.watched import HASTE, Watched, end, is_root, tiny_photos


@pytest.mark.skipif(not is_root(), reason="only root can mount")
@pytest.mark.parametrize("what", ["pictures", "state"])
def test_a_full_disk_is_reported_and_the_photos_it_kept_from_being_rated_are_rated_later(iqsd: Iqsd, what: str) -> None:
    folder = iqsd.pictures if what == "pictures" else iqsd.journal.parent
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        watched = Watched(iqsd, "[watch]\nsettle_seconds = 0.3\nsweep_minutes = 0.03\n", inject=HASTE)
        process = watched.start()
        photos = tiny_photos(iqsd.pictures, 30)
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        wait_for(lambda: watched.says("No space left on device") or watched.says("disk is full"))
        assert process.poll() is None
        ballast.unlink()
        wait_for(lambda: all(sidecar(photo).exists() for photo in photos))
        end(process)  # a sidecar appears an instant before its temporary file is gone
        assert not list(iqsd.pictures.glob("*.tmp"))
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def test_a_damaged_journal_is_moved_away_and_built_anew_from_the_sidecars(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    before = digest(iqsd.pictures)
    data = bytearray(iqsd.journal.read_bytes())
    data[: len(data) // 2] = b"?" * (len(data) // 2)
    iqsd.journal.write_bytes(data)
    watched = Watched(iqsd, inject=True)
    process = watched.start()
    assert watched.says("the journal was damaged: moved to")
    wait_for(lambda: len(list(iqsd.journal.parent.glob("journal.damaged-*"))) == 1)
    wait_for(lambda: '"rated": 3' in iqsd.run("status", "--json").stdout)
    end(process)
    assert digest(iqsd.pictures) == before
    assert watched.outcomes() == {}


def test_a_journal_that_is_damaged_while_in_use_is_moved_away_and_the_daemon_goes_on(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 2)
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    watched.all_rated(photos)
    with contextlib.closing(sqlite3.connect(iqsd.journal)) as db:
        wait_for(lambda: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0))
    with iqsd.journal.open("r+b") as file:
        file.seek(100)
        file.write(b"?" * (iqsd.journal.stat().st_size - 100))
    later = copy_photos(iqsd.pictures / "later", 1)
    wait_for(lambda: watched.says("the journal was damaged: moved to"))
    wait_for(lambda: sidecar(later[0]).exists())
    wait_for(lambda: '"rated": 3' in iqsd.run("status", "--json").stdout)
    end(process)


def test_a_journal_from_a_newer_iqsd_is_left_alone(iqsd: Iqsd) -> None:
    iqsd.rescan()
    with sqlite3.connect(iqsd.journal) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    done = iqsd.run("start", iqsd.pictures)
    assert done.returncode == 6
    assert "newer iqsd" in done.stderr


def test_a_daemon_whose_journal_a_newer_iqsd_has_taken_over_ends(iqsd: Iqsd) -> None:
    process = Watched(iqsd).start()
    with sqlite3.connect(iqsd.journal) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=40)
    assert process.returncode == 6


def test_a_locked_journal_is_waited_for(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    other = sqlite3.connect(iqsd.journal)
    other.execute("BEGIN IMMEDIATE")
    photos = copy_photos(iqsd.pictures, 2)
    wait_for(lambda: watched.says("the journal cannot be used (database is locked)"))
    other.rollback()
    other.close()
    wait_for(lambda: all(sidecar(photo).exists() for photo in photos))
    wait_for(lambda: '"rated": 2' in iqsd.run("status", "--json").stdout)
    end(process)


def test_a_journal_that_is_deleted_while_in_use_loses_nothing(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 2)
    watched = Watched(iqsd)
    iqsd.environment["WATCHDOG_USEC"] = "3000000"  # then it checks things every second
    process = watched.start()
    watched.all_rated(photos)
    iqsd.lose_journal()
    wait_for(lambda: watched.says("the journal is gone; restarting with a new one"))
    wait_for(iqsd.journal.exists)
    later = copy_photos(iqsd.pictures / "later", 1)
    wait_for(lambda: sidecar(later[0]).exists())
    time.sleep(1)
    assert process.poll() is None
    end(process)
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}


def test_a_daemon_told_to_end_ends_even_if_its_journal_is_gone(iqsd: Iqsd) -> None:
    process = Watched(iqsd, inject=HASTE).start()
    process.send_signal(signal.SIGSTOP)
    shutil.rmtree(iqsd.journal.parent)
    time.sleep(1.5)  # by then it is time to check the journal
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=40)
    assert process.returncode == 0


def test_a_daemon_whose_lock_alone_was_deleted_is_still_the_only_one(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    iqsd.journal.with_suffix(".lock").unlink()
    wait_for(lambda: watched.says("the lock is gone"))
    wait_for(lambda: f"running as process {process.pid}" in iqsd.run("status").stdout)
    second = iqsd.run("start", iqsd.pictures)
    assert second.returncode == 7
    assert f"process {process.pid}" in second.stderr
    end(process)


def test_a_daemon_whose_lock_was_deleted_with_its_journal_is_still_the_only_one(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    shutil.rmtree(iqsd.journal.parent)
    wait_for(lambda: watched.says("the journal is gone; restarting with a new one"))
    wait_for(iqsd.journal.exists)
    second = iqsd.run("start", iqsd.pictures)
    assert second.returncode == 7
    assert f"process {process.pid}" in second.stderr
    end(process)


def take_away(state: Path) -> Path:
    """Take the journal's disk away; returns where it is meanwhile."""
    away = state.rename(state.with_name("away"))
    state.write_text("where the disk was")
    return away


def bring_back(state: Path, away: Path) -> None:
    state.unlink()
    away.rename(state)


def test_a_journal_whose_disk_is_away_is_waited_for(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    state = iqsd.journal.parent
    away = take_away(state)
    photos = copy_photos(iqsd.pictures, 2)
    wait_for(lambda: watched.says("journal.lock: cannot be locked", "tries again"))
    bring_back(state, away)
    watched.all_rated(photos)
    take_away(state)
    wait_for(lambda: str(watched.lines()[-1]["message"]).endswith("tries again in 1 s"))
    end(process)


def test_settings_changed_while_the_journals_disk_is_away_apply_when_it_is_back(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    state = iqsd.journal.parent
    away = take_away(state)
    wait_for(lambda: watched.says("journal.lock: cannot be locked", "tries again"))
    iqsd.configure("[watch]\nsettle_seconds = 0.3\n[sidecars]\nnaming = 'bose'\n")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: watched.says("the old ones stay", '"bose"'))
    iqsd.configure("[watch]\nsettle_seconds = 0.3\n[sidecars]\nnaming = 'base'\n")
    process.send_signal(signal.SIGHUP)
    bring_back(state, away)
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(photo.with_suffix(".xmp").exists)
    end(process)


def test_two_daemons_on_one_journal_are_one_too_many(iqsd: Iqsd) -> None:
    process = Watched(iqsd).start()
    second = iqsd.run("start", iqsd.pictures)
    assert second.returncode == 7
    assert f"process {process.pid}" in second.stderr
    assert Path(f"/proc/{process.pid}").exists()


def test_a_journal_that_cannot_be_created_is_not_called_damaged(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    iqsd.environment["XDG_STATE_HOME"] = "/proc/nowhere"
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 6
    assert "cannot be created: No such file or directory (check its permissions" in done.stderr
    assert "move it away" not in done.stderr


@as_a_user
def test_what_a_journal_of_another_user_cannot_record_is_not_done(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    before = digest(iqsd.pictures)
    iqsd.journal.chmod(0o444)
    undone = run_bound_by_permissions(iqsd, "undo", iqsd.pictures)
    assert (undone.returncode, digest(iqsd.pictures)) == (6, before)
    assert "journal.db: cannot be used: attempt to write a readonly database (check its permissions" in undone.stderr
    sidecar(photo).unlink()
    rated = run_bound_by_permissions(iqsd)
    assert (rated.returncode, sidecar(photo).exists()) == (6, False)
    photos = copy_photos(iqsd.pictures, 3)
    watched = Watched(iqsd, before=bound_by_permissions(), inject=HASTE)
    watched.start("attempt to write a readonly database", times=4)
    assert not any(sidecar(photo).exists() for photo in photos)


@pytest.mark.skipif(not is_root(), reason="only root can mount")
def test_a_start_on_a_full_disk_says_which_file_cannot_be_written(iqsd: Iqsd) -> None:
    folder = iqsd.journal.parent
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        with (folder / "ballast").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        done = iqsd.run("start", iqsd.pictures)
        assert done.returncode == 6
        assert "journal.lock: cannot be written: No space left on device" in done.stderr
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
