"""Features from EfficientNet-Lite0 with its ImageNet weights: one pass over each photo, and no training.

The network is quantized to int8, like everything else here that runs on a user's machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from training.common import SEED, read_rgb
from training.datasets import Labelled
from training.runner import Runner

REPRESENTATIVES = 100
_runner: list[Runner] = []


def features(photos: Sequence[Labelled], size: int, cache: Path, workers: int = 2) -> np.ndarray:
    """Return the mean of the last map for each photo, float32 [N, 1280]; kept in `cache` for next time.

    Args:
        photos: each is squashed to the input, as the first engine does.
        size: the side of the square input in pixels.
        cache: a folder for the network and its answers.
        workers: how many processes compute features.
    """
    names = "\n".join(str(photo.path) for photo in photos)
    kept = cache / f"frozen-{size}-{hashlib.sha256(names.encode()).hexdigest()[:12]}.npy"
    if not kept.exists():
        network = cache / f"frozen-{size}.tflite"
        if not network.exists():
            network.write_bytes(_network(photos, size))
        paths = [photo.path for photo in photos]
        with get_context("spawn").Pool(workers, _start_worker, (network,)) as pool:
            np.save(kept, np.stack(pool.starmap(_look, ((path, size) for path in paths), chunksize=50)))
    return np.load(kept)


def _network(photos: Sequence[Labelled], size: int) -> bytes:
    """Build the network and quantize it by some of the photos."""
    from training.convert import to_int8_tflite
    from training.lite0 import build_features, imagenet_weights

    some = np.random.default_rng(SEED).choice(len(photos), min(REPRESENTATIVES, len(photos)), replace=False)
    return to_int8_tflite(
        build_features(imagenet_weights(), size), [_squashed(photos[number].path, size) for number in some]
    )


def _start_worker(network: Path) -> None:
    _runner.append(Runner(network))


def _look(path: Path, size: int) -> np.ndarray:
    return _runner[0](_squashed(path, size))[0]


def _squashed(path: Path, size: int) -> np.ndarray:
    return cv2.resize(read_rgb(path), (size, size), interpolation=cv2.INTER_AREA)
