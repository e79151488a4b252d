"""Two ways: a cut of a photo as it is and as its preview shows it, for which the model learns to give equal answers."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PHOTOS
from training.common import to_input
from training.photos import Photo
from training.views import TWO_WAYS, View, draw, list_views


def photo(path: Path, part: str = "train") -> Photo:
    return Photo(path, None, "free", part)


@pytest.mark.parametrize("seed", range(5))
def test_they_show_the_same_cut_at_another_size_with_the_traces_of_a_jpeg(seed: int) -> None:
    cut, preview = (draw(View(photo(PHOTOS[0]), change, 0.0, seed)) for change in TWO_WAYS)
    assert np.array_equal(cut[1], preview[1])  # the teacher sees neither the other size nor the JPEG
    one, other = (to_input(seen).astype(int) for seen in (cut[0], preview[0]))
    assert 0 < np.abs(one - other).mean() < 6
    assert 384 <= preview[0].shape[0] <= 1024


def test_training_photos_may_have_them_and_photos_that_are_only_reported_on_do_not() -> None:
    photos = [photo(PHOTOS[0], part) for part in ("train", "val", "test", "heldout")]
    views = [view for view in list_views(photos) if view.change in TWO_WAYS]
    assert {view.part for view in views} == {"train", "val"}
    assert [view.change for view in views] == [*TWO_WAYS] * (len(views) // 2)
    assert [view.seed for view in views[::2]] == [view.seed for view in views[1::2]]
