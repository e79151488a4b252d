"""Faults that show at the size cameras deliver and are lost at the network's input size: fine blur, noise, blocks.

Judged on tiles of the picture as it was decoded, and on how coarsely the JPEG itself says that it was rounded. How the
constants were made: `training/detail.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iqsd.errors import ModelError
from iqsd.photos.formats import Pixels
from iqsd.scoring import tiles
from iqsd.scoring.assessment import FAULTS
from iqsd.scoring.tiles import Floats

_COARSENESS_NAMED, _STEEPNESS = 2.0, 2.0
"""At JPEG quality 25 a person begins to see the blocks; quality 50 gives 0.2, 75 gives 0.06, 90 gives 0.01."""


@dataclass(frozen=True)
class Judge:
    """A small network from features of tiles to severities: standardized inputs, one tanh layer, logits.

    Attributes:
        faults: what each output stands for; `motion_blur` is the probability that a blur comes from motion.
        mean: of each feature, float32, shape (`tiles.COUNT`,).
        deviation: likewise, above 0.
        hidden: float32, shape (`tiles.COUNT` + 1, units); the last row is the bias.
        output: float32, shape (units + 1, faults); the last row is the bias.
    """

    faults: tuple[str, ...]
    mean: Floats
    deviation: Floats
    hidden: Floats
    output: Floats

    def answer(self, features: Floats) -> dict[str, float]:
        """0 (none) .. 1 for each fault; from 0.5 on, a person would name it. `motion_blur`: see `faults`."""
        scaled = np.clip((features - self.mean) / self.deviation, -_FAR, _FAR)
        units = np.tanh(scaled @ self.hidden[:-1] + self.hidden[-1])
        logits = units @ self.output[:-1] + self.output[-1]
        return dict(zip(self.faults, (1 / (1 + np.exp(-logits))).tolist(), strict=True))


_NAMED = 0.5
_SURE = 0.9
"""From this probability on, a blur is said to come from motion: no word about its kind is better than a wrong one."""
_FAR = 4.0  # deviations: lying farther out than any example is no reason for a larger figure


def faults(pixels: Pixels, coarseness: float | None, judge: Judge) -> dict[str, float]:
    """Judge one photo.

    Args:
        pixels: RGB, uint8, shape (height, width, 3), in the size in which they were decoded.
        coarseness: of the JPEG, as a multiple of the steps of quality 50; None if the photo is no JPEG.
        judge: the constants.

    Returns:
        0..1 by fault; a fault is absent if the picture is too small or too empty to judge it.
    """
    features = tiles.features(pixels)
    found = judge.answer(features) if features is not None else {}
    motion = found.pop("motion_blur", None)
    found = {name: value if name == "compression" else _counted(value) for name, value in found.items()}
    if coarseness is not None:
        found["compression"] = max(found.get("compression", 0.0), of_coarseness(coarseness))
    if motion is not None:
        found["motion_blur"] = found["blur"] if motion >= _SURE and found["blur"] >= _NAMED else 0.0
    return found


def _counted(severity: float) -> float:
    """Count what nobody would name less than in proportion: real photos are a little soft and grainy at full size."""
    return severity if severity >= _NAMED else severity**2 / _NAMED


def read_judge(path: Path) -> Judge:
    """Read the constants that `training/detail.py` wrote.

    Raises:
        ModelError: the file is missing, is not JSON, or its numbers do not fit together.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        names = tuple(data["faults"])
        mean, deviation, hidden, output = (
            np.array(data[key], np.float32) for key in ("mean", "deviation", "hidden", "output")
        )
    except FileNotFoundError:
        raise ModelError("the file that the model's metadata name as its detail is missing", path) from None
    except (OSError, ValueError, RecursionError, TypeError, KeyError, OverflowError) as error:
        raise ModelError(f"does not hold constants for judging detail: {error!r}", path) from None
    units = output.shape[0] - 1 if output.ndim else 0
    shapes = {"mean": (tiles.COUNT,), "deviation": (tiles.COUNT,), "hidden": (tiles.COUNT + 1, units)}
    shapes["output"] = (units + 1, len(names))
    for key, value in (("mean", mean), ("deviation", deviation), ("hidden", hidden), ("output", output)):
        if value.shape != shapes[key] or not np.isfinite(value).all():
            raise ModelError(f"{key}: must be finite numbers of shape {shapes[key]}", path)
    if not all(name in FAULTS for name in names) or (deviation <= 0).any():
        raise ModelError(f"faults: must be some of {', '.join(FAULTS)}; deviation: must be above 0", path)
    if "motion_blur" in names and "blur" not in names:
        raise ModelError("faults: motion_blur says what kind of blur it is, and needs blur", path)
    return Judge(names, mean, deviation, hidden, output)


def of_coarseness(coarseness: float) -> float:
    """The severity, 0..1, for a JPEG of this coarseness (a multiple of the steps of quality 50)."""
    power = coarseness**_STEEPNESS
    return float(power / (power + _COARSENESS_NAMED**_STEEPNESS))
