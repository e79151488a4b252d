"""How the teacher expects a photo: shrunk by nearest neighbour (bilinear shifts its scores by up to 0.9)."""

from __future__ import annotations

import numpy as np
from PIL import Image

TEACHER_SIZE = 224


def teacher_input(view: np.ndarray) -> np.ndarray:
    """Squash a photo, uint8 RGB [H, W, 3], to the teacher's input, float32 [224, 224, 3] in -1..1."""
    small = Image.fromarray(view).resize((TEACHER_SIZE, TEACHER_SIZE), Image.Resampling.NEAREST)
    return np.asarray(small, np.float32) / 127.5 - 1.0
