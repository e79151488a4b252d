"""No photo and no near twin of one is on both sides of a split."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import PHOTOS
from tests.training.making import Picture, write_pictures
from training.datasets import Labelled, Scale
from training.overlap import OverlapError, check_split, split
from training.photos import fingerprints

SCALE = Scale("share", 0, 1)


def labelled(*paths: Path, scene: str = "") -> list[Labelled]:
    return [Labelled(path, path.name, SCALE, 0.5, scene=scene) for path in paths]


def recompressed(photo: Picture) -> Picture:
    _, data = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def resized(photo: Picture) -> Picture:
    return np.asarray(cv2.resize(photo, (300, 200), interpolation=cv2.INTER_AREA), np.uint8)


def mirrored(photo: Picture) -> Picture:
    return photo[:, ::-1]


def brightened(photo: Picture) -> Picture:
    return np.asarray(cv2.convertScaleAbs(photo, alpha=0.9, beta=12), np.uint8)


@pytest.mark.parametrize("change", [recompressed, resized, mirrored, brightened])
def test_a_changed_copy_on_the_other_side_is_found_and_named(
    change: Callable[[Picture], Picture], tmp_path: Path
) -> None:
    original = cv2.imread(str(PHOTOS[1]))
    assert original is not None
    copy = tmp_path / "copy.jpg"
    cv2.imwrite(str(copy), change(np.asarray(original, np.uint8)))
    photos = labelled(*PHOTOS, copy)
    parts = ["train"] * len(PHOTOS) + ["test"]
    with pytest.raises(OverlapError) as caught:
        check_split(photos, parts)
    assert str(caught.value).startswith("1 pairs stand in different parts: ")
    assert f"{PHOTOS[1].name} (train) and copy.jpg (test): " in str(caught.value)
    check_split(photos, ["train"] * len(photos))


def test_different_photos_are_not_twins() -> None:
    check_split(labelled(*PHOTOS), [str(place) for place in range(len(PHOTOS))])


def test_photos_that_share_a_scene_or_their_bytes_belong_together(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a.png", "b.png", "c.png"])
    a, b, c = (tmp_path / f"{name}.png" for name in "abc")
    with pytest.raises(OverlapError, match="the same scene"):
        check_split(labelled(a, b, scene="original 1"), ["train", "test"])
    flat = np.full((40, 40, 3), 127, np.uint8)
    for path in (b, c):
        cv2.imwrite(str(path), flat)
    with pytest.raises(OverlapError, match=r"b\.png \(train\) and c\.png \(test\): the same file"):
        check_split(labelled(a, b, c), ["train", "train", "test"])


def test_a_split_is_by_image_and_seeded_has_the_wanted_shares_and_passes_the_check(tmp_path: Path) -> None:
    names = [f"{number:03}.png" for number in range(60)]
    write_pictures(tmp_path, names)
    for number in range(0, 20, 2):  # ten pairs of twins
        picture = cv2.imread(str(tmp_path / names[number]))
        assert picture is not None
        cv2.imwrite(str(tmp_path / names[number + 1]), picture[:, ::-1] if number % 4 else picture)
    photos = labelled(*(tmp_path / name for name in names))
    prints = fingerprints(photo.path for photo in photos)
    parts = split(photos, {"train": 0.8, "val": 0.1, "test": 0.1}, 7, prints)
    assert [parts.count(part) for part in ("train", "val", "test")] == [48, 6, 6]
    check_split(photos, parts, prints)
    assert split(photos, {"train": 0.8, "val": 0.1, "test": 0.1}, 7, prints) == parts
    assert split(photos, {"train": 0.8, "val": 0.1, "test": 0.1}, 8, prints) != parts


def test_one_large_scene_goes_to_one_side_as_a_whole(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{number}.png" for number in range(30)])
    paths = sorted(tmp_path.iterdir())
    photos = labelled(*paths[:20], scene="one") + labelled(*paths[20:])
    parts = split(photos, {"train": 0.5, "test": 0.5}, 1)
    assert len(set(parts[:20])) == 1
    assert set(parts) == {"train", "test"}
