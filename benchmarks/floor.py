"""The floor: libjpeg-turbo's scaled decoding and the bare invoke, in as many processes as cores. Nothing else.

`python -m benchmarks.floor JOBS FILE...`; files of other formats are decoded by the library that iqsd uses too.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import numpy as np

_SIDE = 384


def main() -> None:
    jobs, photos = int(sys.argv[1]), sys.argv[2:]
    with multiprocessing.get_context("spawn").Pool(jobs, _load) as pool:
        for _ in pool.imap_unordered(_one, photos, chunksize=1):
            pass


def _load() -> None:
    global interpreter
    from ai_edge_litert.interpreter import Interpreter

    from iqsd.models import shipped_model

    interpreter = Interpreter(model_path=str(shipped_model()), num_threads=1)
    interpreter.allocate_tensors()


def _one(photo: str) -> None:
    import cv2

    cv2.setNumThreads(1)
    pixels = _pixels(Path(photo))
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    details = interpreter.get_input_details()[0]
    interpreter.set_tensor(details["index"], small[np.newaxis].astype(details["dtype"]))
    interpreter.invoke()


def _pixels(photo: Path) -> np.ndarray:
    import cv2

    data = photo.read_bytes()
    if photo.suffix == ".heic":
        import pi_heif

        return np.array(pi_heif.open_heif(data))
    if "preview" in photo.parent.name:  # the preview is at the end of a JPEG, and somewhere inside a RAW file
        data = data[data.rfind(b"\xff\xd8\xff") :]
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)


if __name__ == "__main__":
    main()
