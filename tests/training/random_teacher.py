"""Writes an untrained teacher in the layout of idealo's file: `python -m tests.training.random_teacher FILE`.

The real weights are not in this repository; the pipeline can be tried with these instead.
"""

from __future__ import annotations

import sys

import h5py
import keras
import numpy as np

from training.teacher import teacher_network

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)


def drawn(weight: np.ndarray, depthwise: bool) -> np.ndarray:
    """Draw kernels so that photos still differ after the last layer, and all else near Keras's initial values."""
    if weight.ndim < 4:
        return weight + rng.uniform(0, 0.1, weight.shape)
    inputs = np.prod(weight.shape[:2] if depthwise else weight.shape[:3])
    return rng.normal(0, (2 / inputs) ** 0.5, weight.shape)


with h5py.File(sys.argv[1], "w") as file:
    for layer in teacher_network().layers:
        group = file.create_group(layer.name)
        names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
        group.attrs["weight_names"] = names
        for name, weight in zip(names, layer.get_weights(), strict=True):
            group[name] = drawn(weight, layer.name.startswith("conv_dw"))
