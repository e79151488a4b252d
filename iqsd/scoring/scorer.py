"""Pixels to Assessment: run the model on a photo and translate its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from iqsd.photos.formats import Pixels
from iqsd.scoring import detail, exposure
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.fitting import fit
from iqsd.scoring.interpreter import Floats, Network
from iqsd.scoring.joining import joined
from iqsd.scoring.metadata import AESTHETIC, QUALITY, Metadata, Output, read_metadata


class Scorer:
    """A model with its metadata, loaded once and used for every photo.

    Attributes:
        metadata: what its metadata file says.
        network: the model itself.

    Raises:
        ModelError: the model or its metadata cannot be used.
    """

    def __init__(self, model: Path) -> None:
        self.metadata = read_metadata(model)
        self.network = Network(model, self.metadata)
        name = self.metadata.detail
        self._judge = detail.read_judge(model.with_name(name)) if name is not None else None

    @property
    def wanted(self) -> tuple[int, int]:
        """The smallest useful (width, height) of a photo for this model, in pixels."""
        return self.metadata.input.width, self.metadata.input.height

    def assess(self, pixels: Pixels, coarseness: float | None = None, profile: bytes = b"") -> Assessment:
        """Judge one photo.

        Args:
            pixels: RGB, uint8, shape (height, width, 3), upright, at least as large as `wanted` if the photo is.
            coarseness: of the JPEG it comes from, as a multiple of the steps of quality 50; None if it is not known.
            profile: ICC profile of the pixels; empty: sRGB.

        Raises:
            ModelError: the model gives no number for this photo.
        """
        raw = self.raw(pixels, profile)
        return assessment(self.metadata, raw, exposure.faults(pixels), self.fine(pixels, coarseness))

    def fine(self, pixels: Pixels, coarseness: float | None) -> Mapping[str, float]:
        """The faults that show in fine detail (see `assess`); none if the metadata name no constants for them."""
        return detail.faults(pixels, coarseness, self._judge) if self._judge is not None else {}

    def raw(self, pixels: Pixels, profile: bytes = b"") -> dict[int, Floats]:
        """What the model answers for a photo: a float32 vector per named tensor, by number, before any activation."""
        return self.network.run(fit(pixels, self.metadata.input, profile))


def assessment(
    metadata: Metadata, raw: Mapping[int, Floats], exposed: Mapping[str, float], fine: Mapping[str, float]
) -> Assessment:
    """Turn raw outputs into an Assessment. Pure.

    Args:
        metadata: what each output means.
        raw: one float32 vector per output tensor, by number.
        exposed: how close the frame is to all black or all white, 0..1; the score keeps the remaining share.
        fine: faults judged on fine detail, 0..1; the larger of these and the model's own counts.
    """
    means: dict[str, float] = {}
    distributions: dict[str, tuple[float, ...]] = {}
    found = {**exposed, **fine}
    embedding: tuple[float, ...] = ()
    for output in metadata.outputs:
        values = _activate(raw[output.tensor], output.activation)
        if output.kind == "embedding":
            length = float(np.linalg.norm(values))
            embedding = tuple(float(v) for v in values / (length or 1.0))
        elif output.kind == "faults":
            for name, value in zip(output.labels, values, strict=True):
                found[name] = max(found.get(name, 0.0), float(np.clip(value, 0, 1)))
        else:
            means[output.name], probabilities = _mean(output, values)
            if probabilities:
                distributions[output.name] = probabilities
    if fine.get("motion_blur"):
        found["motion_blur"] = max(found["motion_blur"], found["blur"])  # the network may find the same blur severer
    score = joined(metadata, means, found) * (1 - max(exposed.values(), default=0.0))
    return Assessment(
        score=round(score, 1),
        aesthetic=_rounded(means.get(AESTHETIC)),
        quality=_rounded(means.get(QUALITY)),
        faults={name: round(value, 2) for name, value in sorted(found.items())},
        model=metadata.name,
        distributions=distributions,
        embedding=embedding,
    )


def _activate(values: Floats, activation: str) -> Floats:
    if activation == "softmax":
        power = np.exp(values - values.max())
        return np.asarray(power / power.sum(), np.float32)
    if activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)
    return values


def _mean(output: Output, values: Floats) -> tuple[float, tuple[float, ...]]:
    """The mean on the output's scale and, if there is one, the distribution (clipped at 0, sum 1)."""
    if output.kind == "scalar":
        return float(np.clip(values[0], output.scale[0], output.scale[1])), ()
    positive = np.maximum(values, 0, dtype=np.float64)  # float64 can hold the sum even of the largest float32 values
    total = float(positive.sum())
    probabilities = positive / total if total > 0 else np.full_like(positive, 1 / len(positive))
    return float(probabilities @ np.asarray(output.scale)), tuple(float(p) for p in probabilities)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
