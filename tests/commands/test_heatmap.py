"""`iqsd explain --heatmap`: a picture of what covering each part does to the score."""

import re
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from iqsd.explaining.heatmap import HeatMap
from iqsd.explaining.occlusion import Occlusion
from iqsd.explaining.picture import sentences
from iqsd.photos.pillow import text_width
from iqsd.workers.pool import Crew
from tests.conftest import PHOTOS, Iqsd
from tests.tiny_model import METADATA, write_model

COFFEE = next(photo for photo in PHOTOS if photo.stem == "coffee")


def test_it_is_a_png_with_the_photo_its_colours_and_a_legend(iqsd: Iqsd) -> None:
    target = iqsd.home / "map.png"
    done = iqsd.run("explain", COFFEE, "--heatmap", target)
    assert done.returncode == 0, done.stderr
    said = re.search(r"lowers the score by up to ([\d.]+) and raises it by up to ([\d.]+)\.", done.stdout)
    assert said is not None
    assert max(float(said[1]), float(said[2])) > 1
    picture = cv2.imread(str(target))
    assert picture is not None
    height, width = picture.shape[:2]
    photo, legend = picture[: round(width * 400 / 600)], picture[round(width * 400 / 600) :]
    assert width == 1024
    assert 100 < legend.shape[0] < height / 2
    grey = np.ptp(photo.astype(int), axis=2)  # in the heat map the photo itself is grey
    assert grey.max() > 60
    assert np.median(grey[:, :100]) <= 1


@pytest.mark.parametrize("size", [(100, 5000), (1080, 30000)])
def test_there_is_room_for_the_words_beside_a_tall_narrow_photo(iqsd: Iqsd, size: tuple[int, int]) -> None:
    tower, target = iqsd.home / "tower.jpg", iqsd.home / "map.png"
    coffee = cv2.imread(str(COFFEE))
    assert coffee is not None
    cv2.imwrite(str(tower), cv2.resize(coffee, size))
    done = iqsd.run("explain", tower, "--heatmap", target)
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(target))
    assert picture is not None
    assert picture.shape[1] == 560
    assert picture.shape[0] > 1024
    longest = sentences(Occlusion(100.0, np.zeros((1, 1), np.float32), 0.0, 0.0), "model", whole=True)[0]
    assert text_width(longest, 19) + 2 * 18 <= 560  # the title fits on one line above the colours


def test_an_older_heat_map_is_replaced_and_any_other_file_stays(iqsd: Iqsd) -> None:
    target, other = iqsd.home / "map.png", iqsd.home / "holiday.png"
    other.write_bytes(b"\x89PNG\r\n\x1a\n, a photo, say")
    assert iqsd.run("explain", COFFEE, "--heatmap", target).returncode == 0
    first = target.read_bytes()
    assert iqsd.run("explain", PHOTOS[0], "--heatmap", target).returncode == 0
    assert target.read_bytes() != first
    done = iqsd.run("explain", COFFEE, "--heatmap", other)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "is not a heat map; nothing was written" in done.stderr
    assert other.read_bytes() == b"\x89PNG\r\n\x1a\n, a photo, say"


def test_a_model_that_gives_no_number_for_a_covered_photo_is_no_crash(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.tflite", [[2e38, 2e38, 2e38]], [1], METADATA)
    white = tmp_path / "white.png"
    cv2.imwrite(str(white), np.full((64, 64, 3), 255, np.uint8))
    with Crew[HeatMap]("iqsd.explaining.drawing", str(model), jobs=1) as crew:
        ((_, answer),) = crew.map([white])
    assert "infinite or not a number" in str(answer)


def test_it_takes_one_photo_and_an_existing_folder(iqsd: Iqsd) -> None:
    assert iqsd.run("explain", COFFEE, PHOTOS[0], "--heatmap", iqsd.home / "map.png").returncode == 2
    done = iqsd.run("explain", COFFEE, "--heatmap", iqsd.home / "nowhere" / "map.png")
    assert done.returncode == 1
    assert "there is no such folder" in done.stderr


def test_a_file_that_is_not_a_photo_leaves_no_picture(iqsd: Iqsd) -> None:
    text, target = iqsd.home / "text.jpg", iqsd.home / "map.png"
    text.write_text("this is no photo")
    done: subprocess.CompletedProcess[str] = iqsd.run("explain", text, "--heatmap", target)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert not Path(target).exists()
