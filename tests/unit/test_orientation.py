"""Turned photos are views: results are the same as if their pixels had been turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.photos.opencv import grey, shrink
from iqsd.photos.orientation import upright
from iqsd.photos.reading import read_pixels
from iqsd.scoring import exposure
from tests.conftest import PHOTOS

_SIDES = st.integers(1, 90)


@given(st.integers(1, 8), _SIDES, _SIDES, _SIDES, _SIDES, st.integers(0, 2**32 - 1))
def test_a_turned_view_shrinks_to_what_a_turned_copy_does(
    orientation: int, height: int, width: int, rows: int, columns: int, seed: int
) -> None:
    stored = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    view = upright(stored, orientation)
    copy = np.ascontiguousarray(view)
    assert np.shares_memory(view, stored)
    one, other = (shrink(pixels, columns, rows) for pixels in (view, copy))
    assert one.shape == (rows, columns, 3)
    assert one.flags.c_contiguous
    assert np.abs(one.astype(int) - other).max() <= 1  # sums of fractions, added in a different order
    assert exposure.faults(view) == exposure.faults(copy)
    levels = np.abs(np.subtract(*(np.frombuffer(grey(p, 24, 24), np.uint8).astype(int) for p in (view, copy))))
    assert levels.max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_counting_few_grey_levels_does_not_need_every_line_whichever_way_a_photo_is_turned(orientation: int) -> None:
    (garden,) = (photo for photo in PHOTOS if photo.stem == "garden")
    stored = np.tile(read_pixels(garden, (2000, 2000)), (3, 3, 1))
    view = upright(stored, orientation)
    few = np.frombuffer(grey(view, 24, 24), np.uint8).astype(int)
    every = shrink(view, 24, 24) @ [0.299, 0.587, 0.114]
    assert np.abs(few - every.ravel()).mean() < 1
