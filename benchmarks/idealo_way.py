"""The idealo way: Keras loads the full image, shrinks it to 224, MobileNet with ten outputs judges batches of 64.

`python idealo_way.py JOBS FILE...`. The architecture has random weights: time does not depend on them.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

_SIDE, _BATCH = 224, 64


def main() -> None:
    jobs, photos = int(sys.argv[1]), iter(sys.argv[2:])
    base = keras.applications.MobileNet((_SIDE, _SIDE, 3), alpha=1, include_top=False, pooling="avg", weights=None)
    network = keras.Sequential([base, keras.layers.Dropout(0.75), keras.layers.Dense(10, activation="softmax")])
    with ThreadPoolExecutor(jobs) as pool:
        while batch := list(islice(photos, _BATCH)):
            pixels = np.stack(list(pool.map(_load, batch))).astype(np.float32)
            network.predict(keras.applications.mobilenet.preprocess_input(pixels), verbose=0)


def _load(photo: str) -> np.ndarray:
    return np.asarray(keras.utils.load_img(photo, target_size=(_SIDE, _SIDE)))


if __name__ == "__main__":
    main()
