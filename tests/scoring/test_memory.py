"""The model is in memory once: as the runtime laid it out, not as it lies in the file."""

import re
from pathlib import Path

import numpy as np

from iqsd.models import shipped_model
from iqsd.scoring.scorer import Scorer


def resident(file: Path) -> int:
    """Bytes of a file's pages that this process has in memory, by its own maps."""
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
