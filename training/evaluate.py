"""Step 4: measure the shipped file as the daemon runs it, and write the figures.

This is the only step that looks at BIQ2021's 2,000 test photos.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.reading import read_pixels
from iqsd.scoring.scorer import Scorer
from training import metrics
from training.calibrate import GOOD_FROM, POOR_BELOW
from training.common import BINS, INPUT_SIZE, REPOSITORY, VIEW_SIZE, Places, as_jpeg, parser, read_rgb, scaled, to_input
from training.examples import kept_means
from training.frames import KINDS, make_frame
from training.ladders import accused, climb, summarize
from training.model import ShippedModel
from training.photos import Photo, read_biq2021, read_free
from training.runner import Runner
from training.slices import calibration, per_slice, slices_of, trade_off
from training.teacher_input import teacher_input
from training.views import UNJUDGED

TWIN_COSINE = 0.9
LADDER_BIQ_PHOTOS = 40


def agreement(said: np.ndarray, true: np.ndarray) -> dict[str, float]:
    found = metrics.agreement(said, true)
    return {name: found[name] for name in ("n", "srcc", "plcc")}  # the two have different scales


def twins_of_training(places: Places) -> np.ndarray:
    """Return for each test photo, bool [2000], whether one of the 10,000 has ImageNet features within cosine 0.9."""
    with np.load(places.cache / "table.npz") as table:
        plain, part = table["change"] == "plain", table["part"]
    top = kept_means(places)
    top = top / np.linalg.norm(top, axis=1, keepdims=True)
    test, others = top[plain & (part == "test")], top[plain & (part != "test")]
    return (test @ others.T).max(1) > TWIN_COSINE


def opinions(model: ShippedModel, rules: dict, photos: Sequence[Photo], places: Places) -> dict:
    """Compare quality and score with the opinions of the official test split, and aesthetic with the teacher."""
    answers = [model(to_input(read_rgb(photo.path))) for photo in photos]
    true = np.array([photo.mos for photo in photos])
    quality = np.array([answer["quality"] for answer in answers])
    scores = np.array([model.score(answer, rules["score"]) for answer in answers])
    subsets = np.array([photo.subset for photo in photos])
    alone = ~twins_of_training(places)
    figures = {
        "quality": agreement(quality, true),
        "quality without near-duplicates": agreement(quality[alone], true[alone]),
    }
    figures |= {
        f"quality {name}": agreement(quality[subsets == name], true[subsets == name]) for name in np.unique(subsets)
    }
    figures["score"] = agreement(scores, true)
    figures["mean error of the grade"] = float(np.abs(quality - (1 + 4 * true)).mean())
    teacher = _teacher_means(photos, places)
    aesthetic = np.array([answer["aesthetic"] for answer in answers])
    figures["aesthetic against teacher"] = agreement(aesthetic, teacher)
    figures["classes"] = classes(scores, true, rules["thresholds"])
    figures["calibration"] = calibration(quality, true)
    kinds = [slices_of(to_input(read_rgb(photo.path))) for photo in photos]
    figures["slices"] = per_slice(kinds, quality, scores, true, rules["thresholds"])
    return figures


def _teacher_means(photos: Sequence[Photo], places: Places) -> np.ndarray:
    teacher = Runner(places.cache / "teacher.tflite")
    return np.array([_teacher_mean(teacher, read_rgb(photo.path)) for photo in photos])


def _teacher_mean(teacher: Runner, photo: np.ndarray) -> float:
    distribution = min(teacher(teacher_input(photo)), key=np.size)
    return float(distribution @ BINS)


def classes(scores: np.ndarray, true: np.ndarray, cuts: dict) -> dict:
    """Return the confusion of rejected, pending, accepted (rows: opinion, columns: score) and its macro-F1."""
    said = (scores >= cuts["reject_below"]).astype(int) + (scores >= cuts["accept_from"])
    real = (true >= POOR_BELOW).astype(int) + (true >= GOOD_FROM)
    confusion = np.zeros((3, 3), int)
    np.add.at(confusion, (real, said), 1)
    f1 = 2 * np.diag(confusion) / np.maximum(1, confusion.sum(0) + confusion.sum(1))
    return {"confusion": confusion.tolist(), "macro_f1": float(f1.mean()), "f1": f1.tolist()}


def cuts_on_validation(model: ShippedModel, rules: dict, photos: Sequence[Photo]) -> list[dict[str, float]]:
    """Return what other thresholds would do, for people who want to choose their own."""
    chosen = [photo for photo in photos if photo.part == "val"]
    scores = [model.score(model(to_input(read_rgb(photo.path))), rules["score"]) for photo in chosen]
    return trade_off(np.array(scores), np.array([photo.mos for photo in chosen]))


def float_loss(model: ShippedModel, exact: ShippedModel, photos: Sequence[Photo]) -> dict:
    """Compare the int8 file with the same weights in float, output by output."""
    inputs = [to_input(read_rgb(photo.path)) for photo in photos]
    int8, whole = [model(x) for x in inputs], [exact(scaled(x)) for x in inputs]
    true = np.array([photo.mos for photo in photos])
    quality = {name: np.array([a["quality"] for a in answers]) for name, answers in (("int8", int8), ("float", whole))}
    return {
        "quality float": agreement(quality["float"], true),
        "srcc lost": agreement(quality["float"], true)["srcc"] - agreement(quality["int8"], true)["srcc"],
        "mean shift of the grade": float(np.abs(quality["int8"] - quality["float"]).mean()),
        "mean shift of aesthetic": float(
            np.mean([abs(a["aesthetic"] - b["aesthetic"]) for a, b in zip(int8, whole, strict=True)])
        ),
        "embedding cosine": float(np.mean([a["embedding"] @ b["embedding"] for a, b in zip(int8, whole, strict=True)])),
    }


def unseen(model: ShippedModel, photos: Sequence[Photo], places: Places) -> dict:
    """Compare aesthetic with the teacher on free photos that no step has seen; the teacher sees the same square."""
    teacher = Runner(places.cache / "teacher.tflite")
    said, true = [], []
    for photo in photos:
        square = to_input(read_rgb(photo.path), VIEW_SIZE)
        said.append(model(to_input(square))["aesthetic"])
        true.append(_teacher_mean(teacher, square))
    return agreement(np.array(said), np.array(true))


def detours(model: ShippedModel, rules: dict, photos: Sequence[Photo]) -> dict:
    """Return the mean change of grade and score when a photo is not read by a full decode of the whole file.

    `daemon`: as iqsd itself reads it, at half its size where that leaves enough pixels; `preview`: as a JPEG of 1,024
    pixels; `squashed`: instead of cropped.
    """
    changes: dict[str, list[tuple[float, float]]] = {"daemon": [], "preview": [], "squashed": []}
    for photo in photos:
        try:
            read = read_pixels(photo.path, (INPUT_SIZE, INPUT_SIZE))
        except UnreadablePhotoError as error:  # OpenCV reads what is left of a truncated file
            print(f"left out: {error}")
            continue
        image = read_rgb(photo.path)
        squashed = cv2.resize(image, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_AREA)
        ways = {"preview": to_input(_preview(image)), "squashed": squashed, "daemon": to_input(read)}
        whole = model(to_input(image))
        for name, seen in ways.items():
            answer = model(seen)
            scores = [model.score(said, rules) for said in (answer, whole)]
            changes[name].append((abs(answer["quality"] - whole["quality"]), abs(scores[0] - scores[1])))
    return {
        name: {"n": len(rows), **dict(zip(("grade", "score"), np.mean(rows, axis=0).tolist(), strict=True))}
        for name, rows in changes.items()
    }


def _preview(image: np.ndarray) -> np.ndarray:
    shrink = min(1.0, 1024 / max(image.shape[:2]))
    size = (round(image.shape[1] * shrink), round(image.shape[0] * shrink))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(as_jpeg(small, 85), cv2.IMREAD_COLOR)[..., ::-1]


def frames(model: ShippedModel, rules: dict, each: int = 20) -> dict:
    """Return the verdicts on pictures that are not photos, drawn with different seeds than in training."""
    table = {}
    for kind in KINDS:
        answers = [model(to_input(make_frame(kind, 10**9 + seed))) for seed in range(each)]
        scores = [model.score(answer, rules["score"]) for answer in answers]
        table[kind] = {
            "highest score": max(scores),
            "accepted": sum(score >= rules["thresholds"]["accept_from"] for score in scores),
            "rejected": sum(score < rules["thresholds"]["reject_below"] for score in scores),
        }
    return table


def against_the_daemon(model: ShippedModel, rules: dict, path: Path, photos: Sequence[Photo]) -> dict:
    """Compare with iqsd's own scores for the same photos: the figures here must be those of the daemon."""
    scorer = Scorer(path)
    apart = []
    for photo in photos:
        image = read_rgb(photo.path)
        apart.append(abs(scorer.assess(image).score - model.score(model(to_input(image)), rules["score"])))
    return {"n": len(apart), "mean difference of the score": float(np.mean(apart)), "largest": float(max(apart))}


def milliseconds(model: ShippedModel, rounds: int = 100) -> float:
    """Return the median processor time per photo, which leaves out the time when other programs had the core."""
    photo = make_frame("noise", 1, INPUT_SIZE)
    times = []
    for _ in range(rounds):
        began = time.thread_time()
        model(photo)
        times.append(time.thread_time() - began)
    return float(np.median(times) * 1000)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--models", type=Path, default=REPOSITORY / "models", help="folder of iqsd.tflite and iqsd.json"
    )
    arguments.add_argument(
        "--to", type=Path, default=REPOSITORY / "training" / "figures.json", help="file for the figures"
    )
    options = arguments.parse_args()
    places = Places(options.data)
    rules = json.loads((options.models / "iqsd.json").read_text())
    model = ShippedModel(options.models / "iqsd.tflite", rules)
    exact = ShippedModel.of_float(places.cache / "float.tflite", rules)
    biq, heldout = read_biq2021(places), [photo for photo in read_free(places) if photo.part == "heldout"]
    test = [photo for photo in biq if photo.part == "test"]
    good = [photo for photo in test if photo.mos >= GOOD_FROM][:LADDER_BIQ_PHOTOS]
    cameras = [photo for photo in heldout if photo.subset == UNJUDGED]
    heldout = [photo for photo in heldout if photo.subset != UNJUDGED]
    ladders = climb(model, rules["score"], heldout + good)
    figures = {
        "model": f"{rules['name']} {rules['version']}",
        "bytes": (options.models / "iqsd.tflite").stat().st_size,
        "milliseconds": milliseconds(model),
        "opinions": opinions(model, rules, test, places),
        "int8 against float": float_loss(model, exact, test),
        "aesthetic against teacher, free photos": unseen(model, heldout, places),
        "ladders": summarize(ladders),
        "untouched photos accused": accused(ladders),
        "cuts on validation": cuts_on_validation(model, rules, biq),
        "frames": frames(model, rules),
        "against iqsd itself": against_the_daemon(model, rules, options.models / "iqsd.tflite", test[:200]),
    }
    if cameras:
        figures["aesthetic against teacher, cameras"] = unseen(model, cameras, places)
        figures["detours"] = detours(model, rules["score"], cameras)
    text = json.dumps(figures, indent=1, default=float) + "\n"
    options.to.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
