"""Ladders at the size cameras deliver: a photo is spoilt at full size, saved, and judged as iqsd judges files.

    python -m training.camera_ladders --data DATA

Also measures whether the cause of a blur is recognised. Uses the half of DATA/large that `training.detail` does not
learn from.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.reading import read_photo
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.scorer import Scorer
from training.common import REPOSITORY, Places, as_jpeg, parser, read_rgb
from training.detail_examples import Recipe, spoil
from training.ladders import order
from training.large import read_large

LEAST_PIXELS = 7_900_000
"""Eight megapixels: the smallest size that phones of the last ten years deliver."""

LADDERS: dict[str, tuple[str, list[Recipe]]] = {
    "blur": ("blur", [Recipe(blur=sigma) for sigma in (0.5, 1, 2, 4, 8)]),
    "motion blur": ("blur", [Recipe(shake=length) for length in (2, 4, 8, 16, 32)]),
    "noise": ("noise", [Recipe(noise=sigma) for sigma in (4, 8, 16, 28, 45)]),
    "underexposure": ("underexposure", [Recipe(exposure=-ev) for ev in (1.24, 2.08, 2.92, 3.76, 4.6)]),
    "overexposure": ("overexposure", [Recipe(exposure=ev) for ev in (0.9, 1.5, 2.1, 2.7, 3.3)]),
    "compression": ("compression", [Recipe(quality=quality) for quality in (60, 40, 25, 12, 6)]),
    "compression, saved again": ("compression", [Recipe(quality=quality) for quality in (60, 40, 25, 12, 6)]),
}
"""Rungs by fault. Sigma of blur and length of shake in pixels of a photo of 1500 rows (times 2.7 at 24 megapixels);
noise in levels per pixel of the file; all but `compression` itself are saved at quality 95."""

KINDS: dict[str, list[Recipe]] = {
    "Gaussian": [Recipe(blur=sigma) for sigma in (2, 4)],
    "out of focus": [Recipe(defocus=radius) for radius in (4, 8)],
    "straight shake": [Recipe(shake=length) for length in (8, 16)],
    "bent shake": [Recipe(shake=length, bend=1.2) for length in (8, 16)],
}
"""Blurs of about the same spread, in two strengths, of which each photo gets one: is their cause recognised?"""

_SAVED_AT = 95


def judge(scorer: Scorer, image: np.ndarray, quality: int = _SAVED_AT) -> Assessment:
    """Save a photo as a JPEG file and have iqsd judge the file."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(as_jpeg(image, quality).tobytes())
        file.flush()
        return of_file(scorer, Path(file.name))


def of_file(scorer: Scorer, path: Path) -> Assessment:
    """Judge a file as a worker does."""
    photo = read_photo(path, scorer.wanted)
    return scorer.assess(photo.pixels, photo.coarseness, photo.profile)


def climb(scorer: Scorer, path: Path) -> list[dict]:
    """Return one row per ladder: scores from the untouched photo down, and the faults of each rung."""
    image = read_rgb(path)
    rows = min(image.shape[:2])
    clean = judge(scorer, image)
    found = []
    for name, (fault, recipes) in LADDERS.items():
        answers = [clean]
        for number, recipe in enumerate(recipes):
            rng = np.random.default_rng(number)
            if name == "compression":
                answers.append(judge(scorer, image, recipe.quality))
            else:
                answers.append(judge(scorer, spoil(image, recipe, rows, rng)[0]))
        found.append(
            {
                "photo": path.name,
                "pixels": image.shape[0] * image.shape[1],
                "ladder": name,
                "truth": fault,
                "scores": [answer.score for answer in answers],
                "quality": [answer.quality for answer in answers],
                "faults": [dict(answer.faults) for answer in answers],
            }
        )
    return found


def summarize(rows: Sequence[dict]) -> dict[str, dict[str, float]]:
    """Return per ladder how well it is ordered, as a whole and on the spoilt rungs alone, and what is named first.

    A dark photo gains from more light: the first rung of over-exposure then scores better than the photo itself.
    """
    table = {}
    for name in LADDERS:
        mine = [row for row in rows if row["ladder"] == name]
        strong = [(faults, row["truth"]) for row in mine for faults in row["faults"][-2:]]
        first = [max(faults, key=faults.__getitem__) == truth for faults, truth in strong]
        table[name] = {
            "ladders": len(mine),
            "srcc_score": float(np.mean([order(row["scores"]) for row in mine])),
            "srcc_of_the_spoilt": float(np.mean([order(row["scores"][1:]) for row in mine])),
            "first_rung_above_untouched": sum(row["scores"][1] > row["scores"][0] for row in mine),
            "reversed": sum(order(row["scores"]) < 0 for row in mine),
            "named_first": float(np.mean(first)),
            "named_first_with_half": float(
                np.mean([yes and faults[truth] >= 0.5 for yes, (faults, truth) in zip(first, strong, strict=True)])
            ),
        }
    return table


def kinds_of_blur(scorer: Scorer, paths: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Return, by kind, in how many views a blur is named, and how often motion is then given as its cause."""
    table = {}
    for kind, recipes in KINDS.items():
        said = []
        for number, path in enumerate(paths):
            image = read_rgb(path)
            rng = np.random.default_rng(zlib.crc32(path.name.encode()))
            spoilt, _ = spoil(image, recipes[number % len(recipes)], min(image.shape[:2]), rng)
            faults = judge(scorer, spoilt).faults
            if "motion_blur" in faults and faults["blur"] >= 0.5:
                said.append(faults["motion_blur"] >= 0.5)
        table[kind] = {"blur named": len(said), "motion said": float(np.mean(said))}
    return table


def clean_photos(scorer: Scorer, paths: Sequence[Path]) -> dict:
    """Return in which untouched files a fault is named, and how the size of a photo affects its score."""
    accused: dict[str, dict[str, float]] = {}
    apart: dict[str, list[float]] = {"score": [], "quality": []}
    for path in paths:
        whole = of_file(scorer, path)
        named = {name: value for name, value in whole.faults.items() if value >= 0.5}
        if named:
            accused[path.name] = named
        image = read_rgb(path)
        scale = 1024 / max(image.shape[:2])
        size = [round(side * scale) for side in image.shape[1::-1]]
        small = judge(scorer, cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        apart["score"].append(abs(small.score - whole.score))
        apart["quality"].append(abs((small.quality or 0) - (whole.quality or 0)))
    return {
        "photos": len(paths),
        "accused": accused,
        "share accused": len(accused) / len(paths),
        "full size against 1024 pixels": {
            name: {"mean": float(np.mean(v)), "95 %": float(np.quantile(v, 0.95))} for name, v in apart.items()
        },
    }


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--models", type=Path, default=REPOSITORY / "models", help="folder with iqsd.tflite")
    arguments.add_argument("--to", type=Path, default=REPOSITORY / "training" / "camera_ladders.json")
    options = arguments.parse_args()
    scorer = Scorer(options.models / "iqsd.tflite")
    paths = [path for path in read_large(Places(options.data), "report") if _is_whole(scorer, path)]
    large = [path for path in paths if _pixels(path) >= LEAST_PIXELS]
    rows = [row for path in large for row in climb(scorer, path)]
    figures = {
        "photos": [[path.name, round(_pixels(path) / 1e6, 1)] for path in large],
        "ladders": summarize(rows),
        "kinds of blur": kinds_of_blur(scorer, paths),
        "untouched": clean_photos(scorer, paths),
    }
    text = json.dumps(figures, indent=1, default=float) + "\n"
    options.to.write_text(text)
    print(text)


def _is_whole(scorer: Scorer, path: Path) -> bool:
    try:
        of_file(scorer, path)
    except UnreadablePhotoError as error:  # OpenCV reads what is left of a truncated file
        print(f"left out: {error}")
        return False
    return True


def _pixels(path: Path) -> int:
    height, width = read_rgb(path).shape[:2]
    return int(height * width)


if __name__ == "__main__":
    main()
