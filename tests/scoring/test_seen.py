"""What a model is shown of a photo, and how a frame that shows nothing is assessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqsd.scoring import exposure
from iqsd.scoring.fitting import fit
from iqsd.scoring.metadata import Input

SQUASH = Input(8, 8, "rgb", (0, 0, 0), (1, 1, 1), "squash", "area")


def test_photos_are_shrunk_by_averaging_unless_the_model_learnt_it_otherwise() -> None:
    board = np.zeros((32, 32, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 200
    assert (fit(board, SQUASH) == 100).all()
    assert set(fit(board, replace(SQUASH, resize="nearest")).ravel()) <= {0, 200}


@pytest.mark.parametrize("size", [(20, 60), (60, 20)])
def test_a_crop_is_the_middle_and_a_pad_has_the_photo_in_the_middle(size: tuple[int, int]) -> None:
    long, picture = size.index(60), np.zeros((*size, 3), np.uint8)
    middle = [slice(None), slice(None)]
    middle[long] = slice(20, 40)
    picture[tuple(middle)] = 255
    assert (fit(picture, replace(SQUASH, fit="crop")) == 255).all()
    padded = fit(picture, replace(SQUASH, fit="pad"))
    grey = (padded == 127).all(2).all(long)
    assert grey.tolist() == [True, True, False, False, False, True, True, True]


def test_even_the_thinnest_picture_is_fitted() -> None:
    line = np.full((1, 500, 3), 255, np.uint8)
    for how in ("squash", "crop", "pad"):
        assert fit(line, replace(SQUASH, fit=how)).shape == (8, 8, 3)
        assert fit(line, replace(SQUASH, fit=how, width=8, height=32)).shape == (32, 8, 3)


def test_blue_comes_first_if_the_model_expects_it() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    assert fit(red, replace(SQUASH, channels="bgr"))[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("level", "under", "over"),
    [
        (0, 1, 0),
        (16, 1, 0),
        (32, 0.5, 0),
        (48, 0, 0),
        (128, 0, 0),
        (232, 0, 0),
        (240, 0, 0.5),
        (248, 0, 1),
        (255, 0, 1),
    ],
)
def test_a_frame_is_black_or_white_by_its_lightest_and_its_darkest_parts(level: int, under: float, over: float) -> None:
    frame = np.full((300, 400, 3), level, np.uint8)
    assert exposure.faults(frame) == {"underexposure": under, "overexposure": over}
    frame[:60, :60] = 128  # three percent show something
    assert exposure.faults(frame) == {"underexposure": 0, "overexposure": 0}
