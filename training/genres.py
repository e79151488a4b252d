"""How the model judges kinds of photos that no rule on pixels can tell apart, and where it fails, with pictures.

    python -m training.genres --data DATA

Writes training/genres.json and models/known_failures.jpg. The free photos that no step learns from were sorted into
kinds by eye; each file is judged as a worker judges it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from iqsd.scoring.assessment import Assessment
from iqsd.scoring.scorer import Scorer
from iqsd.verdict import PickLabel, judge, named_faults
from training.camera_ladders import of_file
from training.common import REPOSITORY, Places, parser, read_rgb
from training.degrade import degrade

GENRES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "portrait": {
        "clic2025": (
            "097cb426", "100f1789", "11f2b039", "14ab4af2", "28d24b9c", "2a2420f9", "2c1f8454", "8bb119b8", "9466a908",
            "b51d5fb5", "d79d465a",
        ),
        "cid22": ("6292444",),
        "kodak": ("4.", "15.", "18."),
        "camera": ("Canon EOS 30D (4)", "Canon IXUS 750", "Kodak DX6490", "Sony Ericsson C905c", "metadata-extractor"),
    },
    "close-up": {
        "cid22": ("1420710", "792079"),
        "camera": (
            "Apple iPhone 6 plus", "Canon PowerShot A610", "Epson PhotoPC 3000Z", "HTC One", "Kodak DX4330",
            "Kodak PIXPRO AZ521", "Nexus 4", "Sony Mavica",
        ),
    },
    "night": {
        "cid22": ("1025469", "2389166", "2670327", "382297", "7062219"),
        "camera": ("Canon PowerShot S400", "Kodak CLAS", "Panasonic DMC-LC33", "Sony DSC-P52"),
    },
    "sharp before a blurred background": {
        "clic2025": ("2c1f8454", "9466a908"),
        "cid22": ("1279330", "159550", "1624487", "2190188", "225228", "6078297", "70497", "792079"),
        "kodak": ("23.",),
        "camera": ("Epson PhotoPC 3000Z", "Kodak DX4330", "Sony Mavica", "metadata-extractor"),
    },
    "high key": {"clic2025": ("60430844", "d1a9be98"), "cid22": ("1418519", "373965", "7552578")},
    "low key": {
        "clic2025": ("097cb426", "100f1789", "14ab4af2"),
        "cid22": ("1544947", "3762075", "792079"),
        "camera": ("Canon EOS 1000D",),
    },
    "document, drawing or screen": {
        "clic2025": ("4cd6910a",),
        "camera": ("Canon EOS-1DS", "Canon Powershot A2500", "Panasonic Lumix DMC-LX7", "Pentax ist D"),
    },
}  # fmt: skip
"""The beginnings of the files' names, by kind and set."""


class Failure(NamedTuple):
    """A photo that is judged wrongly, and why we think so; `lighter` is the severity of over-exposure applied first."""

    folder: str
    name: str
    words: str
    lighter: float = 0.0


FAILURES = (
    Failure("kodak", "3.", "as it is"),
    Failure("kodak", "3.", "0.9 EV more: should fall", 0.2),
    Failure("camera", "Issue 600 (2)", "Jupiter: smooth, not blurred"),
    Failure("kodak", "4.", "as it is"),
    Failure("kodak", "4.", "0.9 EV more: should fall", 0.2),
    Failure("camera", "Panasonic FX7", "lies on its side"),
)
_WIDTH, _HEIGHT, _CAPTION, _ACROSS = 300, 225, 42, 3


def find(places: Places, folder: str, name: str) -> Path:
    """Return the one held-out free photo whose name begins with `name`."""
    (path,) = (path for path in (places.free / "heldout" / folder).iterdir() if path.name.startswith(name))
    return path


def summarize(scorer: Scorer, answers: Sequence[Assessment]) -> dict:
    """Return how many photos of a kind there are, their scores, their labels, and the faults named among them."""
    verdicts = [judge(answer, scorer.metadata.thresholds) for answer in answers]
    scores = [answer.score for answer in answers]
    named = [name for answer in answers for name in named_faults(answer.faults)]
    return {
        "n": len(answers),
        "score": {"lowest": min(scores), "median": float(np.median(scores)), "highest": max(scores)},
        "labels": {label.name.lower(): sum(v.pick_label == label for v in verdicts) for label in list(PickLabel)[1:]},
        "faults named": {name: named.count(name) for name in sorted(set(named))},
    }


def draw(scorer: Scorer, places: Places) -> np.ndarray:
    """Return a sheet of the known failures with the verdict on each, uint8 RGB."""
    cells = []
    for failure in FAILURES:
        path = find(places, failure.folder, failure.name)
        image, answer = read_rgb(path), of_file(scorer, path)
        if failure.lighter:
            image = degrade(image, "overexposure", failure.lighter, 0)
            answer = scorer.assess(image)
        label = judge(answer, scorer.metadata.thresholds).pick_label.name.lower()
        said = ", ".join([f"{answer.score:.0f}", label, *named_faults(answer.faults)[:1]])
        cells.append(_cell(image, failure.words, said))
    rows = [np.hstack(cells[start : start + _ACROSS]) for start in range(0, len(cells), _ACROSS)]
    return np.vstack(rows)


def _cell(image: np.ndarray, words: str, said: str) -> np.ndarray:
    scale = min((_WIDTH - 8) / image.shape[1], (_HEIGHT - 8) / image.shape[0])
    size = [round(side * scale) for side in image.shape[1::-1]]
    cell = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), 255, np.uint8)
    cell[4 : 4 + size[1], 4 : 4 + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for text, line in ((said, 16), (words, 34)):
        cv2.putText(cell, text, (4, _HEIGHT + line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return cell


def main() -> None:
    options = parser(__doc__).parse_args()
    places = Places(options.data)
    scorer = Scorer(REPOSITORY / "models" / "iqsd.tflite")
    table = {
        genre: summarize(
            scorer, [of_file(scorer, find(places, folder, name)) for folder, names in sets.items() for name in names]
        )
        for genre, sets in GENRES.items()
    }
    text = json.dumps({"model": scorer.metadata.name, "kinds": table}, indent=1) + "\n"
    (REPOSITORY / "training" / "genres.json").write_text(text)
    cv2.imwrite(
        str(REPOSITORY / "models" / "known_failures.jpg"),
        draw(scorer, places)[..., ::-1],
        [cv2.IMWRITE_JPEG_QUALITY, 85],
    )
    print(text)


if __name__ == "__main__":
    main()
