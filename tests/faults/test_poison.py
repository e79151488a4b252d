"""A photo that crashes, hangs or starves its decoder affects only itself, is tried three times and set aside."""

from pathlib import Path

import pytest

from tests.conftest import PHOTOS, Iqsd, copy_photos, sidecar


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("segfault", "its decoder crashed (Segmentation fault)"),
        ("killed", "its decoder crashed (Killed)"),
        ("greedy", "needs more than 2 GiB of memory to open"),
        ("endless", "took longer than 3 s to open"),
    ],
)
def test_it_affects_only_itself_and_is_set_aside_after_three_attempts(iqsd: Iqsd, fault: str, reason: str) -> None:
    iqsd.inject_faults()
    photos = copy_photos(iqsd.pictures, 3)
    poison = iqsd.pictures / f"{fault}.jpg"
    poison.write_bytes(PHOTOS[0].read_bytes())
    for attempt in range(4):
        lines = {Path(line["path"]).name: line for line in iqsd.rescan()}
        assert reason in lines[poison.name]["error"]
        assert ("set aside" in lines[poison.name]["error"]) == (attempt == 3)
        assert all(sidecar(photo).exists() for photo in photos)
        assert not sidecar(poison).exists()


@pytest.mark.parametrize("fault", ["segfault", "endless"])
def test_photos_that_wait_behind_it_are_judged_by_another_worker(iqsd: Iqsd, fault: str) -> None:
    iqsd.inject_faults()
    (iqsd.pictures / "a").mkdir()
    (iqsd.pictures / "a" / f"{fault}.jpg").write_bytes(PHOTOS[0].read_bytes())
    photos = copy_photos(iqsd.pictures / "b", 3)
    statuses = {Path(line["path"]).name: line["status"] for line in iqsd.rescan("--jobs", "1")}
    assert statuses == {f"{fault}.jpg": "failed"} | {photo.name: "rated" for photo in photos}


def test_a_photo_that_is_deleted_while_it_is_judged_is_no_failure(iqsd: Iqsd) -> None:
    iqsd.inject_faults()
    copy_photos(iqsd.pictures, 1)
    (iqsd.pictures / "vanishing.jpg").write_bytes(PHOTOS[0].read_bytes())
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "0 failed, 1 gone before they could be rated" in done.stdout
    assert sorted(file.suffix for file in iqsd.pictures.iterdir()) == [".jpg", ".xmp"]


def test_an_error_of_iqsds_own_in_odd_metadata_affects_only_that_photo(iqsd: Iqsd) -> None:
    iqsd.inject_faults()
    photos = copy_photos(iqsd.pictures, 2)
    (iqsd.pictures / "confusing.jpg").write_bytes(PHOTOS[0].read_bytes())
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 1
    assert all(sidecar(photo).exists() for photo in photos)
    (line,) = done.stderr.splitlines()
    assert "confusing.jpg: iqsd failed on its metadata (ZeroDivisionError: never meant to happen)" in line


def test_a_photo_that_was_set_aside_is_tried_again_when_it_changes(iqsd: Iqsd) -> None:
    photo = iqsd.pictures / "a.jpg"
    photo.write_text("not yet a photo")
    for _ in range(4):
        (line,) = iqsd.rescan()
    assert "set aside" in line["error"]
    photo.write_bytes(PHOTOS[0].read_bytes())
    (line,) = iqsd.rescan()
    assert line["status"] == "rated"
