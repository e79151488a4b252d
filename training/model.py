"""The shipped model with its metadata, for `evaluate` and `quantize`: photo in, named figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.common import BINS, FAULTS, GRADES
from training.runner import Runner

_SCALES = {"quality": GRADES, "aesthetic": BINS}
Answer = dict[str, float | np.ndarray]
"""quality 1..5 and aesthetic 1..10 (means), faults [5] 0..1 and embedding [128] of unit length."""


class ShippedModel:
    """A model whose outputs are read by the metadata alone, as the daemon does."""

    def __init__(self, path: Path, metadata: Mapping) -> None:
        self._runner = Runner(path)
        self._outputs = metadata["outputs"]

    @classmethod
    def of_float(cls, path: Path, metadata: Mapping) -> ShippedModel:
        """Return the same network before quantization; its outputs may be in another order."""
        place = Runner(path).places_of_outputs()
        outputs = [{**output, "tensor": place[output["name"]]} for output in metadata["outputs"]]
        return cls(path, {**metadata, "outputs": outputs})

    def __call__(self, photo: np.ndarray) -> Answer:
        """Return the answer for one photo at the input's size: uint8 RGB, or scaled float32 for the float network."""
        raw = self._runner(photo)
        answer: Answer = {}
        for output in self._outputs:
            values = _ACTIVATIONS[output["activation"]](raw[output["tensor"]].astype(np.float64))
            if output["kind"] == "distribution":
                answer[output["name"]] = float(values @ np.array(output["scale"]))
            elif output["kind"] == "embedding":
                answer[output["name"]] = values / max(float(np.linalg.norm(values)), 1e-9)
            else:
                answer[output["name"]] = values
        return answer

    @staticmethod
    def score(answer: Answer, rules: Mapping) -> float:
        """Return the one number 0..100: the weighted ranks of the means, less what the worst fault takes away.

        Beyond the 5 % and 95 % quantiles the rank continues linearly to the ends of the output's scale.
        """
        total = sum(rules["weights"].values())
        whole = sum(
            weight * _rank(answer[name], rules["percentiles"][name], _SCALES[name]) / total
            for name, weight in rules["weights"].items()
        )
        pulls = np.array([rules["faults"].get(name, 0.0) for name in FAULTS])
        return float(whole * (1 - (pulls * answer["faults"]).max()))


def _rank(mean: float, quantiles: Sequence[float], scale: np.ndarray) -> float:
    places = [float(scale[0]), *quantiles[1:-1], float(scale[-1])]
    return float(np.interp(mean, places, np.linspace(0, 100, len(places))))


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


_ACTIVATIONS = {"none": lambda values: values, "softmax": _softmax, "sigmoid": lambda values: 1 / (1 + np.exp(-values))}
