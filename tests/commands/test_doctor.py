"""`iqsd doctor`: says what is in the way and what to do, and changes nothing."""

import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from iqsd.doctor import examination, folders
from iqsd.doctor.finding import Level
from tests.conftest import Iqsd, copy_photos, digest
from tests.faults.test_bad_input import as_a_user, run_bound_by_permissions


def examine(iqsd: Iqsd) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and the findings by topic."""
    done = iqsd.run("doctor", "--json")
    assert done.stderr == ""
    topics: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        topics.setdefault(finding["topic"], []).append(finding)
    return done.returncode, topics


def test_a_fresh_home_has_no_problem_and_stays_as_it_is(iqsd: Iqsd) -> None:
    before = digest(iqsd.home)
    code, found = examine(iqsd)
    assert code == 0
    assert digest(iqsd.home) == before
    for topic in ("versions", "settings", "model", "folder", "inotify", "disk", "journal", "digikam"):
        assert [finding["level"] for finding in found[topic]] == ["ok"], topic
    assert found["daemon"][0]["level"] == "warning"
    assert found["daemon"][0]["advice"] == "`iqsd service install`"


def test_each_problem_is_named_with_advice_and_everything_else_is_still_checked(iqsd: Iqsd) -> None:
    iqsd.configure('[watch]\nfolders = ["/nowhere/photos"]\n[model]\nfile = "/nowhere/mine.tflite"\n')
    iqsd.journal.parent.mkdir(parents=True)
    iqsd.journal.write_bytes(b"no database" * 100)
    (iqsd.home / "config" / "digikamrc").write_text("[Album Settings]\n")
    code, found = examine(iqsd)
    assert code == 1
    for topic, words in {
        "folder": "/nowhere/photos does not exist",
        "model": "mine",
        "journal": "cannot be used",
    }.items():
        assert found[topic][0]["level"] == "problem"
        assert words in found[topic][0]["found"]
        assert found[topic][0]["advice"]
    assert all(
        finding["level"] == "warning" and "iqsd digikam setup" in finding["advice"] for finding in found["digikam"]
    )


def test_a_wrong_setting_is_a_problem_and_the_rest_is_examined_with_the_defaults(iqsd: Iqsd) -> None:
    iqsd.configure("[rating]\nreject_below = 1000\n")
    code, found = examine(iqsd)
    assert code == 1
    assert "line 2: rating.reject_below" in found["settings"][0]["found"]
    assert found["folder"][0]["level"] == "ok"


def test_a_file_with_an_odd_name_is_named_in_one_line(iqsd: Iqsd) -> None:
    odd = iqsd.home / "a\nb.toml"
    odd.write_text("x = 1\n")
    assert f"{iqsd.home}/a\\nb.toml: line 1: unknown" in iqsd.run("doctor", "--config", odd).stdout


def test_a_journal_of_a_newer_iqsd_and_photos_set_aside_are_reported(iqsd: Iqsd) -> None:
    broken = copy_photos(iqsd.pictures, 1)[0]
    broken.write_bytes(broken.read_bytes()[:2000])
    for _ in range(3):
        iqsd.run("rescan", iqsd.pictures)
    _, found = examine(iqsd)
    assert found["photos"][0]["found"].startswith("1 photo that could not be read is set aside")
    with sqlite3.connect(iqsd.journal) as db:
        db.execute("PRAGMA user_version = 1000")
    db.close()
    code, found = examine(iqsd)
    assert code == 1
    assert found["journal"][0]["advice"] == "upgrade iqsd, or move the journal away"


def test_a_running_daemon_is_found(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    _, found = examine(iqsd)
    assert found["daemon"][0] == {
        "topic": "daemon", "level": "ok", "found": f"running as process {daemon.pid}", "advice": "",
    }  # fmt: skip


def test_a_folder_that_the_daemons_sandbox_leaves_out_is_named(tmp_path: Path) -> None:
    """As ProtectSystem=strict does."""
    sandbox = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && echo && exec sleep 100'
    shut, link, others = tmp_path / "shut", tmp_path / "link", tmp_path / "open"
    shut.mkdir()
    others.mkdir()
    link.symlink_to(shut)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", sandbox, str(shut)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            pytest.skip("needs user namespaces")
        found = list(examination._shut_out(process.pid, [shut, link, others, tmp_path / "gone"]))
        process.kill()
    assert [finding.level for finding in found] == [Level.PROBLEM] * 2
    assert [str(folder) in finding.found for folder, finding in zip([shut, link], found, strict=True)] == [True] * 2
    assert all(f"ReadWritePaths={shut}," in finding.advice for finding in found)


@pytest.mark.parametrize(
    ("state", "level"), [("alive", "ok"), ("waiting for a disk", "warning"), ("stopped by a signal", "problem")]
)
def test_a_daemon_that_happens_to_be_waiting_for_its_disk_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, level: str
) -> None:
    process = {"pid": 1, "state": state, "memory_mb": 30}
    monkeypatch.setattr(examination, "status", lambda journal: {"running": True, "process": process, "daemon": None})
    (finding,) = examination._service(tmp_path / "journal.db", [])
    assert finding.level.value == level


def test_people_get_one_line_per_finding_with_the_advice_below(iqsd: Iqsd) -> None:
    iqsd.configure('[watch]\nfolders = ["/nowhere"]\n')
    lines = iqsd.run("doctor").stdout.splitlines()
    at = lines.index("problem  folder    /nowhere does not exist")
    assert lines[at + 1].strip() == "-> mount the disk, create the folder, or set watch.folders"
    assert lines[-1] == "1 problem, 1 warning."


def test_more_folders_than_the_kernel_watches_name_the_sysctl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"album {number}").mkdir()
    limit = tmp_path / "max_user_watches"
    monkeypatch.setattr(folders, "MAX_WATCHES", limit)
    for allowed, level in (("100", Level.OK), ("12", Level.WARNING), ("11", Level.PROBLEM)):
        limit.write_text(allowed)
        *_, watches = folders.look_at_folders([tmp_path])
        assert (watches.topic, watches.level) == ("inotify", level)
        assert ("sudo sysctl fs.inotify.max_user_watches=" in watches.advice) is (level is not Level.OK)


def test_a_full_disk_is_a_problem_and_a_tight_one_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    for full, tight, level in ((0, 0, Level.OK), (0, 2 * free, Level.WARNING), (2 * free, 2 * free, Level.PROBLEM)):
        monkeypatch.setattr(folders, "FULL_BYTES", full)
        monkeypatch.setattr(folders, "TIGHT_BYTES", tight)
        assert [finding.level for finding in folders.look_at_room([tmp_path, tmp_path])] == [level]


@as_a_user
@pytest.mark.parametrize("is_there", [False, True])
def test_a_journal_that_iqsd_may_not_write_to_is_a_problem(iqsd: Iqsd, is_there: bool) -> None:
    place = iqsd.journal if is_there else iqsd.journal.parents[1]
    iqsd.rescan()
    if not is_there:
        shutil.rmtree(iqsd.journal.parent)
    place.chmod(0o555)
    done = run_bound_by_permissions(iqsd, "doctor")
    place.chmod(0o755)
    assert done.returncode == 1
    assert f"iqsd may not write to {place}: nothing can be rated" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_iqsd_may_not_write_to_is_named(tmp_path: Path) -> None:
    locked = tmp_path / "album" / "locked"
    locked.mkdir(parents=True)
    locked.chmod(0o500)
    finding = next(folders.look_at_folders([tmp_path]))
    assert finding.level is Level.PROBLEM
    assert str(locked) in finding.found


def test_a_single_folder_is_counted_in_the_singular(tmp_path: Path) -> None:
    found = [finding.found for finding in folders.look_at_folders([tmp_path])]
    assert f"{tmp_path}: 1 folder on " in found[0]
    assert found[1].startswith("1 folder to watch; ")


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 bytes"), (4_500, "4 kB"), (3_400_000_000, "3.4 GB"), (2 * 10**12, "2.0 TB")]
)
def test_sizes_are_shown_as_people_read_them(count: int, text: str) -> None:
    assert folders.size(count) == text
