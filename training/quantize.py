"""Step 3: join trunk, tail, heads and branch, quantize, and write the shipped model with its metadata.

The score and its thresholds are fitted to the int8 model's own answers for validation photos, never for test photos.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np

from training.calibrate import fault_pulls, percentile_tables, score_weights, thresholds
from training.common import BINS, FAULTS, GRADES, INPUT_SIZE, MEAN, REPOSITORY, STD, Places, parser, read_rgb, to_input
from training.convert import to_float_tflite, to_int8_tflite
from training.lite0 import build_model, imagenet_weights
from training.model import ShippedModel
from training.photos import read_biq2021, read_free
from training.prepare import representatives
from training.runner import Runner
from training.views import list_views

LIMIT_BYTES = 6_000_000
INT8_OPS = {
    "QUANTIZE",
    "DEQUANTIZE",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "ADD",
    "MEAN",
    "FULLY_CONNECTED",
    "RESHAPE",
    "RELU6",
    "STRIDED_SLICE",
    "PAD",
    "DELEGATE",
}


def describe(path: Path, name: str, version: str) -> dict:
    """Return the metadata that follow from the file alone: input, and which tensor is which output."""
    place = Runner(path).places_of_outputs()
    return {
        "name": name,
        "version": version,
        "input": {
            "width": INPUT_SIZE,
            "height": INPUT_SIZE,
            "channels": "rgb",
            "mean": [int(MEAN)] * 3,
            "std": [int(STD)] * 3,
            "fit": "crop",
        },
        "outputs": [
            {
                "tensor": place["aesthetic"],
                "name": "aesthetic",
                "kind": "distribution",
                "scale": BINS.astype(int).tolist(),
                "activation": "softmax",
            },
            {
                "tensor": place["quality"],
                "name": "quality",
                "kind": "distribution",
                "scale": GRADES.astype(int).tolist(),
                "activation": "softmax",
            },
            {
                "tensor": place["faults"],
                "name": "faults",
                "kind": "faults",
                "labels": list(FAULTS),
                "activation": "sigmoid",
            },
            {"tensor": place["embedding"], "name": "embedding", "kind": "embedding", "activation": "none"},
        ],
    }


def check(path: Path) -> None:
    """Refuse a file that is too large or not entirely int8: one converter route leaves the weights unfrozen."""
    operations = Counter(Runner(path).operations())
    print(path.stat().st_size, "bytes", dict(operations))
    if path.stat().st_size > LIMIT_BYTES or not set(operations) <= INT8_OPS:
        raise ValueError(f"{path} is not what may ship: {path.stat().st_size} bytes, {dict(operations)}")


def calibrate(metadata: dict, path: Path, places: Places) -> dict:
    """Add the score: how its two parts are weighed and what counts as ordinary, bad and good."""
    model = ShippedModel(path, metadata)
    photos = [photo for photo in read_biq2021(places) if photo.part == "val"]
    answers = [model(to_input(read_rgb(photo.path))) for photo in photos]
    means = {name: np.array([answer[name] for answer in answers]) for name in ("quality", "aesthetic")}
    subsets = np.array([photo.subset for photo in photos])
    metadata["score"] = {
        "weights": score_weights(),
        "percentiles": percentile_tables(means, subsets),
        "faults": fault_pulls(),
    }
    scores = np.array([model.score(answer, metadata["score"]) for answer in answers])
    if path.with_name("detail.json").exists():  # written by `training.detail`
        metadata["detail"] = "detail.json"
    metadata["thresholds"] = thresholds(scores, np.array([photo.mos for photo in photos]))
    return metadata


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--weights", type=Path, help="what `train` wrote (default: the newest weights-*.npz)")
    arguments.add_argument("--name", default="iqsd-lite0")
    arguments.add_argument("--version", default="8")
    arguments.add_argument("--models", type=Path, default=REPOSITORY / "models", help="folder to write to")
    options = arguments.parse_args()
    places = Places(options.data)
    weights = options.weights or max(places.cache.glob("weights-*.npz"), key=lambda path: path.stat().st_mtime)
    views = list_views(read_biq2021(places) + read_free(places))
    model = build_model(imagenet_weights() | dict(np.load(weights)))
    path = options.models / "iqsd.tflite"
    (places.cache / "float.tflite").write_bytes(to_float_tflite(model))
    path.write_bytes(to_int8_tflite(model, representatives(views)))
    check(path)
    metadata = calibrate(describe(path, options.name, options.version), path, places)
    (options.models / "iqsd.json").write_text(json.dumps(metadata, indent=1) + "\n")


if __name__ == "__main__":
    main()
