"""What a model says of frames that show nothing, and what its metadata seem to get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from iqsd.photos.capture import Capture
from iqsd.photos.reading import Photo
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.interpreter import Floats
from iqsd.scoring.metadata import Metadata
from iqsd.scoring.scorer import Scorer
from iqsd.scoring.tensors import Tensor

FRAMES: Mapping[str, int] = {"black": 0, "grey": 127, "white": 255}
_TOLERANCE = 0.05
"""Probabilities in 8 bits need not sum to exactly 1: ten of them may be off by half a step of 1/256 each."""


@dataclass(frozen=True)
class Check:
    """A model that could be loaded and run.

    Attributes:
        metadata: what its metadata file says.
        input: what goes in.
        outputs: what comes out, by number.
        answers: what the model was shown, by name, and what iqsd makes of it.
        doubts: what the metadata seem to get wrong; empty if nothing speaks against them.
    """

    metadata: Metadata
    input: Tensor
    outputs: Mapping[int, Tensor]
    answers: Sequence[tuple[str, Assessment]]
    doubts: tuple[str, ...]


def check(model: Path, photos: Iterable[tuple[str, Photo]] = ()) -> Check:
    """Load a model and show it a black, a grey and a white frame, and photos.

    Args:
        model: the .tflite file.
        photos: what else to show it, with the name of each.

    Raises:
        ModelError: model or metadata cannot be used.
    """
    scorer = Scorer(model)
    answers, raw = [], []
    for name, photo in chain(_frames(scorer), photos):  # one at a time: a decoded photo may take 360 MB
        answers.append((name, scorer.assess(photo.pixels, photo.coarseness, photo.profile)))
        raw.append(scorer.raw(photo.pixels, photo.profile))
    doubts = tuple(_doubts(scorer.metadata, raw))
    return Check(scorer.metadata, scorer.network.input, scorer.network.outputs, answers, doubts)


def _frames(scorer: Scorer) -> Iterator[tuple[str, Photo]]:
    width, height = scorer.wanted
    for name, level in FRAMES.items():
        yield name, Photo(np.full((height, width, 3), level, np.uint8), Capture(), None, b"")


def _doubts(metadata: Metadata, raw: Sequence[Mapping[int, Floats]]) -> Iterator[str]:
    for output in metadata.outputs:
        said = np.stack([answer[output.tensor] for answer in raw])
        if output.kind in ("distribution", "classes"):
            sums = bool((said >= -_TOLERANCE).all() and (abs(said.sum(1) - 1) <= _TOLERANCE).all())
            if sums and output.activation != "none":
                yield f"{output.name} already holds probabilities; its activation should be none"
            elif not sums and output.activation == "none":
                yield f"{output.name} does not sum to 1, so it is no probability; should its activation be softmax?"
        if output.kind == "scalar" and output.activation == "none":
            low, high = output.scale
            far = said[(said < 2 * low - high) | (said > 2 * high - low)]  # slightly beyond its scale is normal
            if far.size:
                yield f"{output.name} was {far[0]:g}, far beyond its scale of {low:g} to {high:g}"
        if output.kind == "faults" and output.activation == "none" and ((said < -_TOLERANCE) | (said > 1.05)).any():
            yield f"{output.name} goes beyond 0 to 1; should its activation be sigmoid?"
