"""Watched folders that go and come back, and mounts that report no changes."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import HASTE, Watched, end, is_root, tiny_photo, tiny_photos


def test_a_root_that_is_deleted_and_made_again_is_watched_again(iqsd: Iqsd) -> None:
    watched = Watched(iqsd, inject=HASTE)
    process = watched.start()
    shutil.rmtree(iqsd.pictures)
    wait_for(lambda: watched.says("does not exist; iqsd waits for it"))
    wait_for(lambda: "missing" in iqsd.run("status").stdout)
    photos = copy_photos(iqsd.pictures, 2)
    watched.all_rated(photos)
    later = iqsd.pictures / "later.jpg"
    later.write_bytes(tiny_photo())
    watched.all_rated([later])
    end(process)


def test_a_root_that_is_exchanged_for_another_folder_is_watched_in_its_place(iqsd: Iqsd) -> None:
    watched = Watched(iqsd)
    watched.start()
    photos = copy_photos(iqsd.home / "new", 2)
    iqsd.pictures.rename(iqsd.home / "old")
    (iqsd.home / "new").rename(iqsd.pictures)
    watched.all_rated([iqsd.pictures / photo.name for photo in photos])


def test_a_root_that_is_missing_at_start_is_waited_for(iqsd: Iqsd) -> None:
    disk = iqsd.home / "disk"
    watched = Watched(iqsd, folders=[iqsd.pictures, disk], inject=HASTE)
    watched.start()
    assert watched.says("disk does not exist")
    (here,) = copy_photos(iqsd.pictures, 1)
    watched.all_rated([here])
    (there,) = copy_photos(disk, 1)
    watched.all_rated([there])


def test_no_root_at_all_is_an_error(iqsd: Iqsd) -> None:
    done = iqsd.run("start", iqsd.home / "nowhere")
    assert done.returncode == 5
    assert "there is no such folder" in done.stderr


@pytest.mark.skipif(not is_root(), reason="only root can mount")
def test_a_disk_that_is_unmounted_and_mounted_again_is_recognised_without_opening_a_photo(iqsd: Iqsd) -> None:
    image = iqsd.home / "disk.img"
    image.write_bytes(b"")
    with image.open("r+b") as file:
        file.truncate(16 << 20)
    made = subprocess.run(["mkfs.ext4", "-q", image], capture_output=True)
    mount = ["mount", "-o", "loop", str(image), str(iqsd.pictures)]
    if made.returncode != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs a loop device and mkfs.ext4")
    try:
        photos = tiny_photos(iqsd.pictures / "deep", 5)
        watched = Watched(iqsd, inject=HASTE)
        watched.start()
        watched.all_rated(photos)
        subprocess.run(["umount", iqsd.pictures], check=True)
        wait_for(lambda: watched.says("disappeared: iqsd sets up its watches again"))
        wait_for(lambda: watched.says("compared", "0 photos"))
        subprocess.run(mount, check=True)
        wait_for(lambda: watched.says("compared", "appeared or disappeared", "5 photos, 0 new"))
        later = iqsd.pictures / "deep" / "later.jpg"
        later.write_bytes(tiny_photo(7))
        watched.all_rated([*photos, later])
    finally:
        subprocess.run(["umount", "-l", iqsd.pictures], check=False)


@pytest.mark.skipif(not is_root(), reason="only root can mount")
def test_a_disk_mounted_below_a_root_is_watched_once_a_sweep_has_found_it(iqsd: Iqsd) -> None:
    disk = iqsd.pictures / "disk"
    disk.mkdir()
    watched = Watched(iqsd)
    process = watched.start()
    if subprocess.run(["mount", "-t", "tmpfs", "none", disk], capture_output=True).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        first, later = disk / "first.jpg", disk / "later.jpg"
        first.write_bytes(tiny_photo())
        process.send_signal(signal.SIGUSR1)
        watched.all_rated([first])
        later.write_bytes(tiny_photo(1))
        watched.all_rated([later])
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


@pytest.mark.skipif(not is_root(), reason="only root can mount")
def test_the_photos_on_a_card_mounted_below_a_root_need_not_wait_for_the_next_regular_sweep(iqsd: Iqsd) -> None:
    card = iqsd.pictures / "card"
    card.mkdir()
    watched = Watched(iqsd, inject=HASTE)
    watched.start()
    if subprocess.run(["mount", "-t", "tmpfs", "none", card], capture_output=True).returncode != 0:
        pytest.skip("cannot mount here")
    try:
        watched.all_rated(copy_photos(card / "DCIM", 2))
    finally:
        subprocess.run(["umount", "-l", card], check=False)


def test_a_network_mount_is_recognised_and_compared_often(iqsd: Iqsd) -> None:
    mounts = iqsd.home / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"40 22 0:50 / {str(iqsd.pictures).replace(' ', chr(92) + '040')} rw,relatime - nfs4 nas:/photos rw\n"
    )
    watched = Watched(
        iqsd,
        "[watch]\nsettle_seconds = 0.3\npoll_minutes = 0.02\n",
        inject={"IQSD_FAULT_MOUNTS": str(mounts), "IQSD_FAULT_DEAF": "1"},  # another machine writes: no event comes
    )
    watched.start()
    assert watched.says("nfs4 does not report changes made on other machines")
    photos = copy_photos(iqsd.pictures / "from-afar", 2)
    watched.all_rated(photos)


def test_a_network_share_mounted_below_a_root_meanwhile_is_recognised(iqsd: Iqsd) -> None:
    mounts = iqsd.home / "mountinfo"
    mounts.write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    watched = Watched(iqsd, inject={**HASTE, "IQSD_FAULT_MOUNTS": str(mounts)})
    watched.start()
    with mounts.open("a") as table:
        table.write(f"40 22 0:50 / {iqsd.pictures / 'share'} rw - nfs4 nas:/photos rw\n")
    wait_for(lambda: watched.says("nfs4 does not report changes made on other machines"))


def test_a_folder_is_compared_often_if_the_settings_say_so(iqsd: Iqsd) -> None:
    settings = f'[watch]\nsettle_seconds = 0.3\npoll_minutes = 0.02\npoll_folders = ["{iqsd.pictures}"]\n'
    watched = Watched(iqsd, settings, inject={"IQSD_FAULT_DEAF": "1"})
    watched.start()
    photos = copy_photos(iqsd.pictures, 1)
    watched.all_rated(photos)


def test_a_clock_set_back_or_forward_delays_nothing_and_loses_nothing(iqsd: Iqsd) -> None:
    for number, off in enumerate(("-86400", "86400")):
        watched = Watched(iqsd, inject={"IQSD_FAULT_CLOCK": off})
        photos = copy_photos(iqsd.pictures / f"{number}before", 1)
        process = watched.start()
        photos += copy_photos(iqsd.pictures / f"{number}after", 2)
        watched.all_rated(photos)
        end(process)


def test_a_folder_without_permission_to_write_costs_only_itself(iqsd: Iqsd) -> None:
    before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if is_root() and not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs setpriv")
    (bad,) = copy_photos(iqsd.pictures / "archive", 1)
    bad.parent.chmod(0o555)
    (good,) = copy_photos(iqsd.pictures, 1)
    watched = Watched(iqsd, "[watch]\nsettle_seconds = 0.3\nsweep_minutes = 0.02\n", before=before if is_root() else [])
    watched.start()
    watched.all_rated([good])
    wait_for(lambda: watched.says("archive", "read-only"))
    bad.parent.chmod(0o755)
    wait_for(lambda: sidecar(bad).exists())
    assert sum("read-only" in str(line["message"]) for line in watched.lines()) == 1
