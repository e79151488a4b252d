"""The parts of watching on their own: schedule, mounts, groups that settle, moved photos, sleep."""

import contextlib
import logging
import time
from pathlib import Path

import pytest

from iqsd.journal import Entry, Journal, Status
from iqsd.photos.finding import Photo, Signature, look_at
from iqsd.watching import clocks, events, mounts, settling
from iqsd.watching import intake as intake_module
from iqsd.watching.intake import Intake
from iqsd.watching.schedule import MOST_WAITING, Due, Rhythm, Schedule
from iqsd.watching.settling import Settling
from tests.faults.watched import tiny_photo, tiny_photos

ROOT = Path("/photos")
RHYTHM = Rhythm(settle=5, sweep=3600, poll=300)


def photo(name: str, size: int = 1) -> Photo:
    return Photo(Path("/p") / name, Signature(size, 0), 0)


def take_all(intake: Intake, photos: list[Path], seen: set[Path]) -> None:
    """Take photos until all were seen; at most ten of them settle at a time."""
    while seen != set(photos):
        intake.hear()
        assert len(intake.settling) <= 10
        found = intake.take()
        if found is not None:
            seen.add(found.path)


def test_only_the_earlier_of_two_sweeps_of_a_folder_happens() -> None:
    schedule = Schedule((ROOT,), RHYTHM)
    schedule.ask(ROOT, "regular", 100)
    schedule.ask(ROOT, "overflow", 10)
    schedule.ask(ROOT, "later", 50)
    assert schedule.next_due() == 10
    assert schedule.take(10) == [Due(ROOT, "overflow")]
    assert schedule.take(1000) == []


def test_sweeps_come_about_every_hour_and_polled_folders_cost_at_most_two_percent() -> None:
    for polled, took, least, most in ((False, 1, 3240, 3960), (True, 1, 300, 300), (True, 30, 1500, 1500)):
        schedule = Schedule((ROOT,), RHYTHM)
        schedule.done(ROOT, polled, took, now=0)
        assert least <= (schedule.next_due() or 0) <= most


def test_too_many_new_folders_become_one_sweep_of_everything() -> None:
    schedule = Schedule((ROOT,), RHYTHM)
    for number in range(3 * MOST_WAITING):
        schedule.ask(ROOT / str(number), "new folder", 1)
    assert len(schedule.take(1)) <= MOST_WAITING + 1
    assert MOST_WAITING >= 1


def test_there_may_be_more_watched_folders_than_new_ones_can_wait() -> None:
    roots = [Path(f"/photos/{number}") for number in range(MOST_WAITING + 1)]
    schedule = Schedule(tuple(roots), RHYTHM)
    schedule.ask_all("start", 10)
    assert [due.folder for due in schedule.take(10)] == roots


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("nfs4 nas:/photos", False),
        ("cifs //nas/photos", False),
        ("fuse.sshfs nas:photos", False),
        ("fuse /dev/fuse", False),
        ("ext4 /dev/sdb1", True),
        ("fuseblk /dev/sdb1", True),
        ("btrfs /dev/sdb1", True),
    ],
)
def test_which_file_systems_report_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, tells: bool
) -> None:
    folder = tmp_path / "my photos" / "2024"
    folder.mkdir(parents=True)
    point = str(folder.parent).replace(" ", "\\040")
    table = tmp_path / "mountinfo"
    table.write_text(
        f"1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n2 1 0:5 / {point} rw,noatime shared:2 master:3 - {line} rw\n"
    )
    monkeypatch.setattr(mounts, "MOUNTS", table)
    assert mounts.file_system(folder) == line.split()[0]
    assert mounts.tells_of_changes(mounts.file_system(folder)) is tells
    assert mounts.file_system(tmp_path) == "ext4"


def test_raw_and_jpeg_of_one_name_wait_for_each_other_and_for_their_sidecar() -> None:
    waiting = Settling(5)
    waiting.notice(photo("a.jpg"), 0)
    waiting.notice(photo("b.jpg"), 1)
    waiting.notice(photo("a.nef"), 4)
    assert waiting.due(6) == [photo("b.jpg")]
    waiting.companion(Path("/p/a"), 6)  # a.xmp
    waiting.companion(Path("/p/a.nef"), 7)  # a.nef.xmp
    waiting.companion(Path("/p/c"), 7)
    assert photo("a.jpg") not in waiting.due(11.9)
    assert waiting.due(12) == [photo("b.jpg"), photo("a.jpg"), photo("a.nef")]


def test_a_photo_that_is_open_for_writing_waits_but_not_forever() -> None:
    waiting = Settling(5)
    waiting.notice(photo("a.jpg"), 0)
    assert not waiting.confirm(photo("a.jpg"), photo("a.jpg"), 5, being_written=True)
    assert waiting.due(9) == []
    assert waiting.due(10) == [photo("a.jpg")]
    assert waiting.confirm(photo("a.jpg"), photo("a.jpg"), settling.WRITER_PATIENCE_SECONDS, being_written=True)
    assert len(waiting) == 0


def test_what_could_not_be_watched_is_tried_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    intake = Intake([pictures], [], Rhythm(1, 0, 1), journal, lambda photo, entry, sidecar: True)
    intake.open()
    (root,) = intake.roots
    root.refused = "too many folders"
    assert root.how == "sweeps"
    intake.check()
    assert root.how == "events"
    intake.close()
    journal.close()


def test_sleep_is_noticed_and_answered_with_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asleep = 0.0
    monkeypatch.setattr(clocks, "_asleep", lambda: asleep)
    journal = Journal(tmp_path / "journal.db")
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    intake = Intake([pictures], [], RHYTHM, journal, lambda photo, entry, sidecar: False)
    intake.open()
    intake.hear()
    assert intake.take() is None
    asleep = 3600.0
    intake.check()
    intake.hear()
    intake.take()
    assert intake.sweeps.last is not None
    assert intake.sweeps.last.why == "resume"
    intake.close()
    journal.close()


def test_more_photos_than_can_wait_are_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "MOST", 10)
    journal = Journal(tmp_path / "journal.db")
    pictures = tmp_path / "Pictures"
    photos = tiny_photos(pictures, 95)
    rhythm = Rhythm(settle=0.05, sweep=3600, poll=300)
    seen: set[Path] = set()
    intake = Intake([pictures], [], rhythm, journal, lambda photo, entry, sidecar: photo.path in seen)
    intake.open()
    take_all(intake, photos, seen)
    intake.close()
    journal.close()


def test_a_sidecar_of_a_rated_photo_is_heeded_even_while_another_photo_of_that_name_is_arriving(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    (rated,) = tiny_photos(tmp_path / "Pictures", 1)
    intake = Intake([rated.parent], [], RHYTHM, journal, lambda photo, entry, sidecar: sidecar is None)
    intake.open()
    rated.with_suffix(".nef").write_bytes(b"the first part")
    intake.hear()
    assert len(intake.settling) == 1
    rated.with_name(f"{rated.name}.xmp").write_bytes(b"a person's")
    intake.hear()
    assert len(intake.settling) == 2
    intake.close()
    journal.close()


def test_more_sidecars_at_once_than_photos_can_wait_become_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "MOST", 10)
    journal = Journal(tmp_path / "journal.db")
    photos = tiny_photos(tmp_path / "Pictures", 35)
    seen: set[Path] = set()
    rhythm = Rhythm(settle=0.05, sweep=3600, poll=300)
    root = tmp_path / "Pictures"
    intake = Intake([root], [], rhythm, journal, lambda photo, _, xmp: xmp is None or photo.path in seen)
    intake.open()
    for photo in photos:
        photo.with_name(f"{photo.name}.xmp").write_bytes(b"a person's")
    take_all(intake, photos, seen)
    intake.close()
    journal.close()


def test_a_new_folder_that_has_since_been_renamed_is_no_trouble(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path / "journal.db")
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    intake = Intake([pictures], [], RHYTHM, journal, lambda photo, entry, sidecar: True)
    intake.open()
    (pictures / "New Folder").mkdir()
    (pictures / "New Folder").rename(pictures / "Holidays")
    intake.hear()
    while intake.is_sweeping:
        intake.take()
        intake.hear()
    intake.close()
    journal.close()
    assert caplog.messages == []


def test_what_a_sweep_cannot_look_at_is_named_once_until_it_has_been_put_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path / "journal.db")
    roots = [tmp_path / "Pictures", tmp_path / "Scans"]
    links = [root / "gone.jpg" for root in roots]
    for root in roots:
        root.mkdir()
    intake = Intake(roots, [], RHYTHM, journal, lambda photo, entry, sidecar: True)
    intake.open()

    def sweep(times: int) -> None:
        for _ in range(times):
            intake.sweep_now("asked for")
            intake.hear()
            while intake.is_sweeping:
                intake.take()

    for _ in range(2):
        for link in links:
            link.symlink_to("nowhere")
        sweep(3)
        for link in links:
            link.unlink()
        sweep(1)
    intake.close()
    journal.close()
    assert (
        caplog.messages == [f"{link}: cannot be accessed: a link to a file that does not exist" for link in links] * 2
    )


@pytest.mark.parametrize("name", ["..xmp", "...xmp", ".IMG.jpg.xmp"])
def test_a_hidden_file_that_ends_like_a_sidecar_is_not_a_sidecar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """From Python 3.13 on, `..xmp` without its suffix is no name."""
    journal, asked = Journal(tmp_path / "journal.db"), set()

    def named(path: Path) -> list[Path]:
        asked.add(path)
        return []

    monkeypatch.setattr(journal, "named", named)
    pictures = tmp_path / "Pictures"
    pictures.mkdir()
    intake = Intake([pictures], [], RHYTHM, journal, lambda photo, entry, sidecar: True)
    intake.open()
    for each in (name, "IMG.jpg.xmp"):
        (pictures / each).touch()
    intake.hear()
    intake.close()
    journal.close()
    assert asked == {pictures / "IMG.jpg"}


def test_what_is_known_about_a_folder_renamed_during_a_sweep_is_kept_until_it_is_found(
    tmp_path: Path,
) -> None:
    """Only the journal remembers what it looks like."""
    journal = Journal(tmp_path / "journal.db")
    (early,) = tiny_photos(tmp_path / "Pictures" / "m", 1)
    (photo,) = tiny_photos(tmp_path / "Pictures" / "x", 1)
    for each in (early, photo):
        journal.put(each, Entry(look_at(each).signature, None, Status.RATED, "p"))
    rhythm = Rhythm(settle=0.05, sweep=3600, poll=300)
    intake = Intake([tmp_path / "Pictures"], [], rhythm, journal, lambda photo, entry, sidecar: entry is not None)
    time.sleep(0.1)  # both have settled
    intake.open()
    intake.hear()
    for _ in range(2):  # the folder itself, and the first one in it
        intake.sweeps.step()
    photo.parent.rename(photo.parent.with_name("a"))
    found = None
    while found is None:
        intake.hear()
        found = intake.take()
    assert found.path == tmp_path / "Pictures" / "a" / photo.name
    assert journal.get(photo) is not None
    assert intake.take() is None
    intake.hear()
    assert journal.get(photo) is None
    intake.close()
    journal.close()


def test_what_is_known_about_many_photos_moved_during_a_sweep_is_kept_until_all_events_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_READ_BYTES", 1 << 10)
    monkeypatch.setattr(intake_module, "MOST_READY", 10)
    with Journal(tmp_path / "journal.db") as journal:
        early = tiny_photos(tmp_path / "Pictures" / "m", 1)
        stays, *photos = tiny_photos(tmp_path / "Pictures" / "x", 100)
        for each in (*early, stays, *photos):
            journal.put(each, Entry(look_at(each).signature, None, Status.RATED, "p"))
        rhythm = Rhythm(settle=0.3, sweep=3600, poll=300)
        intake = Intake([tmp_path / "Pictures"], [], rhythm, journal, lambda photo, entry, sidecar: entry is not None)
        intake.open()
        with contextlib.closing(intake):
            intake.hear()
            for _ in range(2):  # the folder itself, and the first one in it
                intake.sweeps.step()
            for photo in photos:
                photo.rename(early[0].with_name(f"moved{photo.name}"))
            for _ in photos:
                found = None
                while found is None:
                    intake.hear()
                    found = intake.take()
                assert journal.get(photos[0].with_name(found.path.name.removeprefix("moved"))) is not None


def test_what_is_known_about_a_photo_moved_during_a_sweep_and_then_changed_is_kept_until_it_is_found(
    tmp_path: Path,
) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        early = tiny_photos(tmp_path / "Pictures" / "m", 1)
        stays, photo = tiny_photos(tmp_path / "Pictures" / "x", 2)
        for each in (*early, stays, photo):
            journal.put(each, Entry(look_at(each).signature, None, Status.RATED, "p"))
        rhythm = Rhythm(settle=0.8, sweep=3600, poll=300)
        intake = Intake([tmp_path / "Pictures"], [], rhythm, journal, lambda photo, entry, sidecar: entry is not None)
        time.sleep(0.9)  # all have settled
        intake.open()
        with contextlib.closing(intake):
            intake.hear()
            for _ in range(2):  # the folder itself, and the first one in it
                intake.sweeps.step()
            moved = photo.rename(early[0].with_name("moved.jpg"))
            intake.hear()
            assert intake.take() is None
            assert not intake.is_sweeping
            intake.hear()
            time.sleep(0.1)
            moved.chmod(0o600)
            while intake.take() is None:
                intake.hear()
            assert journal.get(photo) is not None


@pytest.mark.parametrize("camera", ["one file again and again", "one frame after the other"])
def test_deleted_photos_are_forgotten_even_if_a_camera_never_rests(tmp_path: Path, camera: str) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        pictures = tmp_path / "Pictures"
        kept, gone = tiny_photos(pictures, 2)
        for each in (kept, gone):
            journal.put(each, Entry(look_at(each).signature, None, Status.RATED, "p"))
        gone.unlink()
        rhythm = Rhythm(settle=0.3, sweep=3600, poll=300)
        intake = Intake([pictures], [], rhythm, journal, lambda photo, entry, sidecar: entry is not None)
        intake.open()
        with contextlib.closing(intake):
            for turn in range(40):
                name = "latest.jpg" if "again" in camera else f"frame{turn}.jpg"
                (pictures / name).write_bytes(tiny_photo(turn))
                intake.hear()
                intake.take()
                time.sleep(0.05)
                assert turn < 2 or len(intake.settling) > 0
        assert journal.get(kept) is not None
        assert journal.get(gone) is None
