"""`iqsd start`: photos that arrive are rated automatically."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

from iqsd.regrouping import QUIET_SECONDS
from iqsd.sidecars import read
from tests.conftest import PHOTOS, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import comes_to_rest


def rated(photos: list[Path]) -> bool:
    return all(sidecar(photo).exists() for photo in photos)


def test_photos_already_there_and_photos_that_arrive_are_rated(iqsd: Iqsd) -> None:
    there = copy_photos(iqsd.pictures / "before", 2)
    process = iqsd.start("start", iqsd.pictures)
    wait_for(lambda: rated(there))
    arrived = copy_photos(iqsd.pictures / "card" / "DCIM")
    wait_for(lambda: rated(arrived))
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0
    log = iqsd.log.read_text()
    assert log.count(" INFO ") >= 12
    assert "stopped" in log
    assert "Traceback" not in log


def test_a_photo_that_is_still_being_copied_is_waited_for(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    iqsd.pictures.joinpath("x").mkdir()
    data = PHOTOS[0].read_bytes()
    target = iqsd.pictures / "x" / "slow.jpg"
    with target.open("wb") as file:
        for at in range(0, len(data), len(data) // 6 + 1):
            file.write(data[at : at + len(data) // 6 + 1])
            file.flush()
            time.sleep(0.2)
            assert not sidecar(target).exists()
    wait_for(lambda: sidecar(target).exists())
    assert "damaged" not in iqsd.log.read_text()


def test_the_final_rename_of_a_download_counts_and_its_temporary_name_does_not(
    iqsd: Iqsd, daemon: subprocess.Popen[str]
) -> None:
    for temporary in (".a.jpg.Xy12Zw", "a.jpg.part"):
        shutil.copy(PHOTOS[0], iqsd.pictures / temporary)
    time.sleep(1)
    assert not list(iqsd.pictures.glob("*.xmp"))
    (iqsd.pictures / "a.jpg.part").rename(iqsd.pictures / "a.jpg")
    wait_for(lambda: sidecar(iqsd.pictures / "a.jpg").exists())
    assert [p.name for p in iqsd.pictures.glob("*.xmp")] == ["a.jpg.xmp"]


def test_a_folder_moved_into_the_tree_is_rated(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    copy_photos(iqsd.home / "elsewhere" / "deep", 3)
    (iqsd.home / "elsewhere").rename(iqsd.pictures / "moved")
    wait_for(lambda: rated([iqsd.pictures / "moved" / "deep" / photo.name for photo in PHOTOS[:3]]))


def test_a_photo_that_is_written_again_is_rated_again(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(lambda: sidecar(photo).exists())
    first = read(photo).record
    shutil.copy(PHOTOS[5], photo)
    wait_for(lambda: read(photo).record != first)


def test_the_sweep_finds_what_events_miss(iqsd: Iqsd) -> None:
    iqsd.configure("[watch]\nsettle_seconds = 0.3\nsweep_minutes = 0.02\n")
    iqsd.watch()
    (photo,) = copy_photos(iqsd.pictures, 1)
    wait_for(lambda: sidecar(photo).exists())
    sidecar(photo).unlink()  # deleting a sidecar triggers nothing by itself
    wait_for(lambda: sidecar(photo).exists())


def test_a_folder_named_on_the_command_line_is_watched_whatever_other_folders_the_settings_poll(iqsd: Iqsd) -> None:
    iqsd.configure(f"[watch]\nfolders = ['{iqsd.home}']\npoll_folders = ['{iqsd.home}']\n")
    elsewhere = iqsd.home.with_name("elsewhere")
    elsewhere.mkdir()
    iqsd.start("start", elsewhere)
    wait_for(lambda: f"watching {elsewhere} by events" in iqsd.log.read_text())


def test_a_second_daemon_on_the_same_journal_says_so_and_ends(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    second = iqsd.run("start", iqsd.pictures)
    assert second.returncode == 7
    assert f"already watching, as process {daemon.pid}" in second.stderr


def test_a_rescan_beside_the_daemon_works_and_judges_nothing_twice(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    photos = copy_photos(iqsd.pictures)
    wait_for(lambda: rated(photos))
    wait_for(lambda: iqsd.log.read_text().count("score ") >= len(photos))
    assert {line["status"] for line in iqsd.rescan()} == {"unchanged"}


def test_an_idle_daemon_uses_no_processor_time(iqsd: Iqsd, daemon: subprocess.Popen[str]) -> None:
    photos = copy_photos(iqsd.pictures, 2)
    wait_for(lambda: rated(photos))
    time.sleep(QUIET_SECONDS + 1)  # by then the groups in their folder have settled, too
    comes_to_rest(daemon, 2)


def test_interrupting_it_in_the_foreground_ends_it_cleanly(daemon: subprocess.Popen[str]) -> None:
    daemon.send_signal(signal.SIGINT)
    daemon.communicate(timeout=20)
    assert daemon.returncode == 0
