"""The digiKam way: decode in full, InceptionV3 at 299 in OpenCV's dnn, one network behind one lock.

`python digikam_way.py MODEL JOBS FILE...`, or `python digikam_way.py MODEL` to make the model: the architecture with
random weights, as time does not depend on them. It does not use iqsd, so that it runs in an environment of its own.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

_SIDE = 299


def make(model: Path) -> None:
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    network = keras.applications.InceptionV3(weights=None, input_shape=(_SIDE, _SIDE, 3), classes=3)
    function = tf.function(lambda x: network(x, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec((1, _SIDE, _SIDE, 3), tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)  # otherwise the weights stay outside the graph
    model.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


def main() -> None:
    model, jobs, photos = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    network = cv2.dnn.readNetFromTFLite(str(model))
    lock = threading.Lock()

    def judge(photo: str) -> None:
        pixels = _decode(photo)
        small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
        blob = cv2.dnn.blobFromImage(small, 1 / 127.5, (_SIDE, _SIDE), (127.5,) * 3, swapRB=True)
        with lock:
            network.setInput(blob)
            network.forward()

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(judge, photos))


def _decode(photo: str) -> np.ndarray:
    if photo.endswith(".heic"):
        import pi_heif

        return np.array(pi_heif.open_heif(photo))[:, :, ::-1]
    if photo.endswith(".dng"):
        import rawpy

        with rawpy.imread(photo) as raw:
            return np.ascontiguousarray(raw.postprocess(use_camera_wb=True)[:, :, ::-1])
    return cv2.imread(photo)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        make(Path(sys.argv[1]))
    else:
        main()
