"""The model is in memory once: in the runtime's layout, not also the file's. Photos are in memory one at a time."""

import re
import weakref
from pathlib import Path

import numpy as np
import pytest

from iqsd.assembly import look_at_model
from iqsd.models import shipped_model
from iqsd.photos import reading
from iqsd.photos.reading import Photo, read_photo
from iqsd.scoring.scorer import Scorer
from tests.conftest import PHOTOS
from tests.tiny_model import METADATA, write_model


def resident(file: Path) -> int:
    """Bytes of a file's pages that this process has in memory, according to its own maps."""
    maps = Path("/proc/self/smaps").read_text()
    found = re.findall(rf"{re.escape(str(file))}\n(?:.*\n)*?Rss: *(\d+) kB", maps)
    assert found, "the model is no longer mapped: look at this in another way"
    return sum(map(int, found)) * 1024


def test_a_loaded_models_file_takes_next_to_no_memory() -> None:
    model = shipped_model()
    scorer = Scorer(model)
    photo = np.random.default_rng(1).integers(0, 256, (384, 384, 3), np.uint8)

    first = scorer.assess(photo)
    assert resident(model) < model.stat().st_size / 3
    assert scorer.assess(photo) == first  # what has gone comes back
    assert scorer.assess(np.zeros_like(photo)) != first


def test_a_model_is_checked_with_one_photo_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakValueDictionary[Path, object] = weakref.WeakValueDictionary()
    most = []

    def read(path: Path, wanted: tuple[int, int]) -> Photo:
        photo = read_photo(path, wanted)
        alive[path] = photo.pixels
        most.append(len(alive))
        return photo

    monkeypatch.setattr(reading, "read_photo", read)
    found, unread = look_at_model(write_model(tmp_path / "m.tflite", [[4, 3, 2]], [1], METADATA), PHOTOS)
    assert (len(found.answers), unread) == (3 + len(PHOTOS), [])
    assert max(most) <= 2
