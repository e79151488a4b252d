"""Faults that show only at the size cameras deliver are seen, named and counted; photos without them are left alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.errors import ModelError
from iqsd.models import shipped_model
from iqsd.photos.formats import Pixels
from iqsd.photos.jpeg import read_header
from iqsd.photos.reading import read_photo, read_pixels
from iqsd.scoring import detail, tiles
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.scorer import Scorer, assessment
from iqsd.verdict import judge
from tests.conftest import PHOTOS
from tests.tiny_model import METADATA, write_model

LARGE = [photo for photo in PHOTOS if photo.stem in ("garden", "twowings", "ladybird", "yellowflower")]
JUDGE = detail.read_judge(shipped_model().with_name("detail.json"))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(shipped_model())


def rgb(photo: Path) -> Pixels:
    return read_pixels(photo, (2000, 2000))


def resized(image: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def blurred(image: Pixels, sigma: int) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def noisy(image: Pixels, sigma: int) -> Pixels:
    grain = np.random.default_rng(1).normal(0, sigma, image.shape)
    return np.clip(image + grain + 0.5, 0, 255).astype(np.uint8)


def compressed(image: Pixels, quality: int) -> Pixels:
    shown = cv2.imdecode(encoded(image, quality), cv2.IMREAD_COLOR_RGB)
    assert shown is not None
    return np.asarray(shown, np.uint8)


def encoded(image: Pixels, quality: int = 95) -> Pixels:
    return np.asarray(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1], np.uint8)


def assessed(scorer: Scorer, tmp_path: Path, image: Pixels, quality: int = 95) -> Assessment:
    """A photo's whole path: saved to a file, and read from it as a worker does."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(image, quality).tobytes())
    photo = read_photo(path, scorer.wanted)
    return scorer.assess(photo.pixels, photo.coarseness, photo.profile)


@pytest.mark.parametrize("photo", LARGE, ids=lambda photo: photo.stem)
def test_a_good_photo_has_no_fault_of_detail(photo: Path) -> None:
    found = detail.faults(rgb(photo), None, JUDGE)
    assert set(found) == {"blur", "motion_blur", "noise", "compression"}
    assert max(found.values()) < 0.5


@pytest.mark.parametrize("photo", LARGE, ids=lambda photo: photo.stem)
@pytest.mark.parametrize(
    ("fault", "spoil", "strengths"),
    [("blur", blurred, (2, 4)), ("noise", noisy, (14, 30)), ("compression", compressed, (14, 6))],
    ids=["blur", "noise", "compression"],
)
def test_a_fault_is_named_first_and_more_of_it_is_worse(
    photo: Path, fault: str, spoil: Callable[[Pixels, int], Pixels], strengths: tuple[int, int]
) -> None:
    image = rgb(photo)
    clean, some, much = (detail.faults(shown, None, JUDGE) for shown in (image, *(spoil(image, s) for s in strengths)))
    assert clean[fault] < some[fault] < much[fault]
    assert max(much, key=much.__getitem__) == fault
    assert much[fault] >= 0.5


@pytest.mark.parametrize("photo", LARGE, ids=lambda photo: photo.stem)
def test_a_shake_is_distinguished_from_soft_focus(photo: Path) -> None:
    image = rgb(photo)
    shakes = np.full((1, 17), 1 / 17, np.float32), np.eye(13, dtype=np.float32) / 13
    for found in (detail.faults(np.asarray(cv2.filter2D(image, -1, shake), np.uint8), None, JUDGE) for shake in shakes):
        assert found["motion_blur"] == found["blur"] >= 0.5
    for found in (detail.faults(blurred(image, sigma), None, JUDGE) for sigma in (2, 4)):
        assert found["blur"] >= 0.5 > found["motion_blur"] == 0.0


def test_a_motion_blur_is_as_severe_as_the_network_finds_the_blur(scorer: Scorer) -> None:
    raw = scorer.raw(blurred(rgb(LARGE[0]), 24))
    shaken, soft = (assessment(scorer.metadata, raw, {}, {"blur": 0.6, "motion_blur": of}).faults for of in (0.6, 0.0))
    assert shaken["motion_blur"] == shaken["blur"] == soft["blur"] > 0.6
    assert soft["motion_blur"] == 0.0


def test_a_photo_taken_from_a_moving_car_is_blurred_by_motion(scorer: Scorer) -> None:
    (storm,) = (photo for photo in PHOTOS if photo.stem == "storm")
    photo = read_photo(storm, scorer.wanted)
    reasons = judge(scorer.assess(photo.pixels, photo.coarseness), scorer.metadata.thresholds).reasons
    assert reasons[0] == "badly blurred by motion"


def test_a_score_falls_with_noise_that_the_network_cannot_see(scorer: Scorer, tmp_path: Path) -> None:
    image = rgb(LARGE[0])
    scores = [assessed(scorer, tmp_path, noisy(image, sigma)).score for sigma in (0, 12, 24, 48)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 5


def test_a_jpegs_own_tables_tell_its_quality_without_any_pixels() -> None:
    image = rgb(LARGE[0])[:64, :64]
    found = [read_header(encoded(image, quality).tobytes()) for quality in (95, 75, 50, 25, 10, 5)]
    coarse = [header.coarseness for header in found if header is not None and header.coarseness is not None]
    assert coarse == pytest.approx([0.1, 0.5, 1, 2, 5, 10], abs=0.02)


def test_tables_with_two_bytes_per_step_tell_the_same() -> None:
    data = encoded(rgb(LARGE[0])[:64, :64], 50).tobytes()
    at, size = data.index(b"\xff\xdb"), 67
    assert data[at + 2 : at + 5] == b"\0\x43\0"
    wide = struct.pack(">HHB64H", 0xFFDB, 3 + 128, 0x10, *data[at + 5 : at + 2 + size])
    same, other = read_header(data), read_header(data[:at] + wide + data[at + 2 + size :])
    assert same is not None
    assert other is not None
    assert other.coarseness == same.coarseness


def test_a_badly_compressed_jpeg_is_named_by_its_tables_even_where_it_is_small(scorer: Scorer, tmp_path: Path) -> None:
    small = resized(rgb(LARGE[0]), 600, 400)
    poor, good = (assessed(scorer, tmp_path, small, quality) for quality in (8, 95))
    assert poor.faults["compression"] >= 0.8 > 0.5 > good.faults["compression"]
    assert any("compression" in reason for reason in judge(poor, scorer.metadata.thresholds).reasons)


@given(st.floats(0, 100), st.floats(0, 100))
def test_coarser_compression_is_never_better(one: float, other: float) -> None:
    fine, coarse = sorted((one, other))
    assert 0 <= detail.of_coarseness(fine) <= detail.of_coarseness(coarse) <= 1


def test_what_a_jpegs_tables_say_counts_in_full() -> None:
    image = rgb(LARGE[0])
    assert detail.faults(image, None, JUDGE)["compression"] < 0.05
    assert detail.faults(image, 1.0, JUDGE)["compression"] == detail.of_coarseness(1.0) == pytest.approx(0.2)


def test_every_shape_with_enough_detail_is_judged_and_turning_it_makes_little_difference() -> None:
    image = rgb(LARGE[0])
    found = [detail.faults(shown, None, JUDGE) for shown in (image, np.ascontiguousarray(image.transpose(1, 0, 2)))]
    assert found[0] == pytest.approx(found[1], abs=0.15)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.filterwarnings("error")
def test_no_fault_is_named_in_a_frame_without_detail(level: int) -> None:
    found = detail.faults(np.full((1200, 1800, 3), level, np.uint8), None, JUDGE)
    assert all(value < 0.5 for name, value in found.items() if name != "blur")


def test_a_small_picture_is_left_to_the_network() -> None:
    assert tiles.features(np.zeros((tiles.SMALLEST_SIDE - 1, 2000, 3), np.uint8)) is None


def test_a_model_whose_metadata_name_no_constants_is_judged_without_them(tmp_path: Path) -> None:
    scorer = Scorer(write_model(tmp_path / "m.tflite", [[4, 3, 2]], [1], METADATA))
    assert set(scorer.assess(noisy(rgb(LARGE[0]), 40), 10.0).faults) == {"underexposure", "overexposure"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mean": [1, 2]}, "mean: must be finite numbers"),
        ({"hidden": [[1]]}, "hidden: must be finite numbers"),
        ({"faults": ["dust"] * 4}, "faults: must be some of"),
        ({"faults": [["blur"]] * 4}, "faults: must be some of"),
        ({"mean": [10**400]}, "does not hold constants"),
        ({"faults": ["motion_blur", "noise", "compression", "noise"]}, "needs blur"),
        ({"output": "many"}, "does not hold constants"),
        (None, "does not hold constants"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_constants_that_do_not_fit_are_an_error_before_the_first_photo(
    tmp_path: Path, change: dict[str, object] | None, why: str
) -> None:
    model = write_model(tmp_path / "m.tflite", [[4, 3, 2]], [1], METADATA | {"detail": "d.json"})
    constants = json.loads(shipped_model().with_name("detail.json").read_text())
    (tmp_path / "d.json").write_text("[]" if change is None else json.dumps(constants | change))
    with pytest.raises(ModelError, match=why):
        Scorer(model)


def test_constants_that_are_missing_are_an_error_before_the_first_photo(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is missing"):
        Scorer(write_model(tmp_path / "m.tflite", [[4, 3, 2]], [1], METADATA | {"detail": "d.json"}))
