"""Step 1: show every view to the frozen int8 trunk and to the teacher, and keep what they say.

The rest of the network is then trained on what the quantized trunk really delivers, in a third of the time.
An interruption loses at most one piece of 1,000 views.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.common import SEED, Places, parser, to_branch
from training.photos import Photo, read_biq2021, read_free
from training.runner import Runner
from training.teacher_input import teacher_input
from training.views import TWO_WAYS, View, draw, list_views, shown, to_input

PIECE = 1000
KEPT = ("low0", "low2", "low4", "top", "map")
"""The trunk's outputs for a view, in the order of their size."""
KEPT_OF_TEACHER = ("teacher", "teacher_features")
"""The teacher's outputs for it, in the same order: ten bins, and the 1,024 features that they are computed from."""
REPRESENTATIVES = 240
_runners: dict[str, Runner] = {}


def representatives(views: Sequence[View]) -> list[np.ndarray]:
    """Return views, uint8 [384, 384, 3], for calibrating the quantization: training photos, good and bad."""
    train = [view for view in views if view.part == "train" and view.photo and view.change not in TWO_WAYS]
    chosen = np.random.default_rng(SEED).choice(len(train), min(REPRESENTATIVES, len(train) // 10), replace=False)
    return [shown(train[number]) for number in chosen]


def _build_networks(views: Sequence[View], places: Places) -> tuple[Path, Path]:
    trunk, teacher = places.cache / "trunk.tflite", places.cache / "teacher.tflite"
    if not (trunk.exists() and teacher.exists()):
        import tensorflow as tf

        from training.convert import to_float_tflite, to_int8_tflite
        from training.lite0 import build_trunk, imagenet_weights
        from training.teacher import build_teacher

        model = build_trunk(imagenet_weights())
        trunk.write_bytes(to_int8_tflite(model, representatives(views), tf.int8))
        teacher.write_bytes(to_float_tflite(build_teacher(places.nima_weights)))
    return trunk, teacher


def _start_worker(trunk: Path, teacher: Path) -> None:
    _runners.update(trunk=Runner(trunk), teacher=Runner(teacher))


def _look(view: View) -> dict[str, np.ndarray]:
    """Return all outputs for a view, and `small`: its pixels as the aesthetic branch sees them."""
    seen, judged = (way(picture) for way, picture in zip((to_input, teacher_input), draw(view), strict=True))
    said = dict(zip(KEPT, _in_order(_runners["trunk"], seen), strict=True))
    judgement = dict(zip(KEPT_OF_TEACHER, _in_order(_runners["teacher"], judged), strict=True))
    judgement["teacher_features"] = judgement["teacher_features"].astype(np.float16)
    return said | judgement | {"small": to_branch(seen)}


def _in_order(runner: Runner, photo: np.ndarray) -> list[np.ndarray]:
    return sorted(runner(photo), key=np.size)


def _look_at_all(views: Sequence[View], trunk: Path, teacher: Path, places: Places, workers: int) -> None:
    with get_context("spawn").Pool(workers, _start_worker, (trunk, teacher)) as pool:
        for start in range(0, len(views), PIECE):
            piece = places.cache / f"views-{start:06d}.npz"
            if piece.exists():
                continue
            seen = pool.map(_look, views[start : start + PIECE], chunksize=25)
            np.savez(piece, **{name: np.stack([said[name] for said in seen]) for name in seen[0]})
            print(f"{min(start + PIECE, len(views))} of {len(views)} views", flush=True)


def _write_table(views: Sequence[View], places: Places) -> None:
    def of(photo: Photo | None, what: str) -> str:
        return str(getattr(photo, what)) if photo else "frame"

    np.savez(
        places.cache / "table.npz",
        part=[view.part for view in views],
        subset=[of(view.photo, "subset") for view in views],
        name=[view.photo.path.name if view.photo else "" for view in views],
        change=[view.change for view in views],
        seed=np.array([view.seed for view in views]),
        severity=np.array([view.severity for view in views], np.float32),
        opinion=np.array([view.opinion for view in views], np.float32),
        faults=np.array([view.faults for view in views], np.float32),
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--workers", type=int, default=2)
    options = arguments.parse_args()
    places = Places(options.data)
    views = list_views(read_biq2021(places) + read_free(places))
    _write_table(views, places)
    trunk, teacher = _build_networks(views, places)
    _look_at_all(views, trunk, teacher, places, options.workers)


if __name__ == "__main__":
    main()
