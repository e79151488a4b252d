"""`iqsd rescan` on real photographs, as a person runs it."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from iqsd.details import Details
from iqsd.journal import Journal
from iqsd.sidecars import read
from tests.conftest import PHOTOS, Iqsd, copy_photos, digest, sidecar, wait_for
from tests.faults.watched import tiny_photos
from tests.formats.making import dng, photograph, write


def test_every_photo_gets_a_sidecar_with_the_rating_and_label_it_says_and_no_original_changes(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures / "card" / "été")
    before = digest(iqsd.pictures)
    lines = iqsd.rescan()
    assert sorted(line["path"] for line in lines) == sorted(map(str, photos))
    for line in lines:
        assert line["status"] == "rated"
        state = read(Path(line["path"]))
        assert state.exists
        assert state.rating == line["rating"]
        assert state.pick_label == {"rejected": 1, "pending": 2, "accepted": 3}[line["pick_label"]]
        assert not state.rating_is_persons
        assert state.record is not None
        assert state.record.score == line["score"]
        assert list(state.record.reasons) == line["reasons"]
    after = digest(iqsd.pictures)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {f"{name}.xmp" for name in before}


def test_a_second_run_decodes_nothing_and_writes_nothing(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    before = {p: p.stat().st_mtime_ns for p in iqsd.pictures.iterdir()}
    iqsd.environment["PATH"] = "/nonexistent"  # nothing is started, not even a worker
    lines = iqsd.rescan()
    assert [line["status"] for line in lines] == ["unchanged"] * 3
    assert {p: p.stat().st_mtime_ns for p in iqsd.pictures.iterdir()} == before


def test_without_its_journal_nothing_is_judged_again_and_no_byte_changes(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    before = digest(iqsd.pictures)
    shutil.rmtree(iqsd.journal.parent)
    for photo in photos:  # a photo that cannot be read cannot be judged: only its sidecar is left
        photo.write_bytes(b"x" * photo.stat().st_size)
    assert [line["status"] for line in iqsd.rescan()] == ["unchanged"] * 3
    assert {name: d for name, d in digest(iqsd.pictures).items() if name.endswith(".xmp")} == {
        name: d for name, d in before.items() if name.endswith(".xmp")
    }


def test_other_thresholds_change_the_labels_without_opening_a_photo(iqsd: Iqsd) -> None:
    photos = copy_photos(iqsd.pictures, 3)
    iqsd.rescan()
    for photo in photos:
        status = photo.stat()
        photo.write_bytes(b"x" * status.st_size)
        os.utime(photo, ns=(status.st_atime_ns, status.st_mtime_ns))
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\n")
    lines = iqsd.rescan()
    assert [(line["status"], line["pick_label"], line["rating"]) for line in lines] == [("rated", "rejected", 1)] * 3


def test_a_photo_that_changes_is_rated_again(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    (first,) = iqsd.rescan()
    photo.write_bytes(PHOTOS[5].read_bytes())
    (second,) = iqsd.rescan()
    assert second["status"] == "rated"
    assert second["score"] != first["score"]


def test_rejected_photos_get_one_star_or_minus_one_on_request(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\n")
    iqsd.rescan()
    assert (read(photo).rating, read(photo).pick_label) == (1, 1)
    iqsd.configure("[rating]\nreject_below = 100\naccept_from = 100\nrejected_as = 'minus-one'\n")
    iqsd.rescan()
    assert (read(photo).rating, read(photo).pick_label) == (-1, 1)


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    before = digest(iqsd.pictures)
    done = iqsd.run("rescan", iqsd.pictures, "--dry-run")
    assert done.returncode == 0
    assert "2 would be rated (" in done.stdout
    assert digest(iqsd.pictures) == before
    assert [line["status"] for line in iqsd.rescan()] == ["rated"] * 2


def test_the_summary_counts_the_outcomes(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    (iqsd.pictures / "empty.jpg").touch()
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 1
    *rows, summary = done.stdout.splitlines()
    assert len(rows) == 2
    assert re.fullmatch(
        r"2 rated \(\d accepted, \d pending, \d rejected\), 0 kept because a person had rated them, 0 unchanged, "
        r"1 failed \(1 x the file is empty\)",
        summary,
    )
    assert len(done.stderr.splitlines()) == 1


def test_on_a_terminal_there_is_a_bar_with_rate_and_remaining_time_and_only_errors_are_lines(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures)
    (iqsd.pictures / "empty.jpg").touch()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        iqsd.command("rescan", iqsd.pictures),
        env=iqsd.environment | {"TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal says that the other side is gone
        while data := os.read(ours, 10_000):
            shown += data
    os.close(ours)
    assert process.wait() == 1
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "11/11" in text
    assert "photos/s" in text
    assert "remaining 0:00:0" in text
    assert "the file is empty" in text
    assert "dune.jpg" not in text


@pytest.mark.parametrize("command", [["rescan", "--dry-run"], ["report", "-o", "report.html"], ["calibrate"]])
def test_a_command_that_writes_nothing_forgets_no_renamed_photo(iqsd: Iqsd, command: list[str]) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    iqsd.rescan()
    sidecar(photo).write_text(re.sub(r'xmp:Rating="\d"', 'xmp:Rating="2"', sidecar(photo).read_text()))
    iqsd.rescan()
    renamed = photo.rename(photo.with_name("renamed.jpg"))
    assert iqsd.run(*command, iqsd.pictures, cwd=iqsd.home).returncode == 0
    iqsd.rescan()
    assert read(renamed).rating == 2


def test_a_photo_waits_for_a_persons_rating_that_cannot_follow_at_first(iqsd: Iqsd) -> None:
    photo, _ = copy_photos(iqsd.pictures, 2)
    iqsd.rescan()
    text = re.sub(r'xmp:Rating="\d"', 'xmp:Rating="2"', sidecar(photo).read_text())
    sidecar(photo).write_text(text + "\n" * 20_000_000)
    renamed = photo.rename(photo.with_name("renamed.jpg"))
    for _ in range(2):
        (line,) = (line for line in iqsd.rescan() if line["path"] == str(renamed))
        assert "is too large for iqsd to read, and its photo was moved" in line["error"]
        assert not sidecar(renamed).exists()
    sidecar(photo).write_text(text)
    iqsd.rescan()
    assert (read(renamed).rating, read(renamed).rating_is_persons) == (2, True)


def test_a_file_that_grows_is_waited_for(iqsd: Iqsd) -> None:
    iqsd.configure("[watch]\nsettle_seconds = 2\n")  # a busy machine may delay the test between two writes
    data, photo = PHOTOS[0].read_bytes(), iqsd.pictures / "slow.jpg"
    with photo.open("wb", buffering=0) as file:
        file.write(data[:1000])
        process = iqsd.start("rescan", "--json", iqsd.pictures)
        for at in range(1000, len(data), len(data) // 40):
            time.sleep(0.1)
            file.write(data[at : at + len(data) // 40])
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["status"] == "rated"


def test_a_file_that_is_still_being_written_is_left_for_the_next_run(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    with photo.open("r+b"):
        (line,) = iqsd.rescan()
    assert (line["status"], line["path"]) == ("failed", str(photo))
    assert "is still being written by another program" in line["error"]
    (line,) = iqsd.rescan()
    assert line["status"] == "rated"


def test_folders_default_to_the_watched_ones(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    done = iqsd.run("rescan")
    assert done.returncode == 0
    assert "1 rated" in done.stdout


def test_a_broken_photo_in_nested_folders_is_reported_once_and_tried_once(iqsd: Iqsd) -> None:
    below = iqsd.pictures / "below"
    photos = copy_photos(below)
    (below / "a broken.jpg").write_bytes(b"no photo")
    time.sleep(0.5)  # what is still young, or being judged, is taken once anyway
    done = iqsd.run("rescan", ".", "below", "--jobs", "1", cwd=iqsd.pictures)
    assert done.stderr.count("a broken.jpg") == 1
    assert f"{len(photos)} rated (" in done.stdout
    assert "0 unchanged, 1 failed" in done.stdout
    (failed,) = json.loads(iqsd.run("status", "--json").stdout)["failed"]
    assert failed["attempts"] == 1
    assert iqsd.run("undo", "below", ".", cwd=iqsd.pictures).stdout.count(".jpg") == len(photos)


@pytest.mark.parametrize("command", ["rescan", "undo", "start", "report"])
def test_a_photo_given_instead_of_a_folder_is_not_called_missing(iqsd: Iqsd, command: str) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    done = iqsd.run(command, photo)
    assert done.returncode == 5
    assert done.stderr == f"iqsd: {photo}: is a file, not a folder (name the folder it is in)\n"


def test_a_missing_folder_is_an_error_before_anything_is_done(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    done = iqsd.run("rescan", iqsd.pictures, iqsd.home / "nowhere")
    assert done.returncode == 5
    assert "nowhere: there is no such folder" in done.stderr
    assert not list(iqsd.pictures.glob("*.xmp"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_it_within_a_second_with_nothing_half_written_or_forgotten(
    iqsd: Iqsd, number: signal.Signals
) -> None:
    for copy in range(20):
        copy_photos(iqsd.pictures / str(copy))
    before = ["env", "--default-signal=HUP"]  # the tests may have no terminal
    process = iqsd.start("rescan", iqsd.pictures, before=before)
    wait_for(lambda: list(iqsd.pictures.rglob("*.xmp")))
    began = time.monotonic()
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    took = time.monotonic() - began
    assert process.returncode == 130
    assert took < 5  # a second on an idle machine; the tests may run on a busy one
    assert "Traceback" not in out + iqsd.log.read_text()
    assert [p.name for p in iqsd.pictures.rglob("*") if p.is_file() and p.suffix not in (".jpg", ".xmp")] == []
    with Journal(iqsd.journal) as journal:
        for written in iqsd.pictures.rglob("*.xmp"):
            assert read(written.with_suffix("")).record is not None
            assert journal.get(written.with_suffix("")) is not None
    rest = {line["status"] for line in iqsd.rescan()}
    assert rest == {"rated", "unchanged"}
    assert all(sidecar(photo).exists() for photo in iqsd.pictures.rglob("*.jpg"))


def test_a_card_that_is_pulled_out_during_a_run_is_an_error(iqsd: Iqsd) -> None:
    tiny_photos(iqsd.pictures, 300)
    process = iqsd.start("rescan", "--jobs", "1", iqsd.pictures)
    wait_for(lambda: any(iqsd.pictures.glob("*.xmp")))
    iqsd.pictures.rename(iqsd.home / "away")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "1 failed" in out
    assert "gone before they could be rated" in out
    assert iqsd.log.read_text() == (
        f"iqsd: {iqsd.pictures}: disappeared while its photos were being rated (run it again when it is back)\n"
    )


def detail(iqsd: Iqsd, photo: Path) -> Details | None:
    with Journal(iqsd.journal) as journal:
        return journal.detail(photo)


@pytest.mark.parametrize("with_sidecar", [True, False])
def test_a_photo_that_is_renamed_onto_another_of_its_size_and_date_keeps_its_own_verdict(
    iqsd: Iqsd, with_sidecar: bool
) -> None:
    first, second = (iqsd.pictures / f"IMG_{n}.DNG" for n in (1, 2))
    for number, photo in enumerate((first, second)):
        write(photo, dng(photograph(600, 400, number)))
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    assert first.stat().st_size == second.stat().st_size
    iqsd.rescan()
    scores = [read(photo).record for photo in (first, second)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].score != scores[1].score
    second.rename(first)
    if with_sidecar:
        sidecar(second).rename(sidecar(first))
    else:
        sidecar(second).unlink()
    iqsd.rescan()
    now = read(first).record
    assert now is not None
    assert now.score == scores[1].score


def test_photos_of_one_size_and_date_that_are_renumbered_with_their_sidecars_keep_their_verdicts(iqsd: Iqsd) -> None:
    photos = [iqsd.pictures / f"IMG_{n}.DNG" for n in (1, 2, 3)]
    for number, photo in enumerate(photos):
        write(photo, dng(photograph(600, 400, number)))
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    iqsd.rescan()
    records, known = [read(photo).record for photo in photos], [detail(iqsd, photo) for photo in photos]
    for old, new in zip(photos[1:], photos, strict=False):
        old.rename(new)
        sidecar(old).rename(sidecar(new))
    iqsd.rescan()
    now = [read(photo).record for photo in photos[:2]]
    assert [record and record.score for record in now] == [record and record.score for record in records[1:]]
    assert [detail(iqsd, photo) for photo in photos[:2]] == known[1:]  # also what the photos look like


def test_a_restored_archive_is_not_opened_again(iqsd: Iqsd) -> None:
    photo, backup = iqsd.pictures / "segfault.jpg", iqsd.home / "backup"
    shutil.copy2(PHOTOS[0], photo)
    iqsd.rescan()
    known = detail(iqsd, photo)
    shutil.copytree(iqsd.pictures, backup)
    shutil.rmtree(iqsd.pictures)
    shutil.copytree(backup, iqsd.pictures)
    iqsd.inject_faults()  # from now on it crashes its decoder
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}
    assert digest(iqsd.pictures) == digest(backup)
    assert detail(iqsd, photo) == known
