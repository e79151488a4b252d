"""How often grouping is right: `python -m benchmarks.bursts FOLDER...` on large photographs, most of them different.

Of each photograph a shoot is made, all of one camera and with pauses so short that time does not help: a burst from the
hand (four frames: moved by up to 4 % of the frame, nearer or further by 3 %, 0.15 EV, some blurred, noise, JPEG), two
panoramas (half and 70 % of each frame overlap), a bracket (-2, 0, +2 EV), and two views side by side.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from iqsd.bursts.frame import Frame
from iqsd.bursts.grouping import ALIKE_FROM, group
from iqsd.bursts.look import HAND, SIDE, match
from iqsd.bursts.membership import Kind
from iqsd.models import shipped_model
from iqsd.photos.capture import Capture
from iqsd.photos.opencv import grey, shrink
from iqsd.photos.reading import read_pixels
from iqsd.scoring.scorer import Scorer

Pixels = npt.NDArray[np.uint8]
Window = tuple[int, int, int, int]
"""Left, top, width, height, in pixels of the photograph."""

_LEAST_SIDE = 900
_FRAME = (720, 480)
_SECONDS = 5.0
_COPY_FROM = 0.9  # wallpapers come in several sizes
_ANOTHER_VIEW_BELOW = 0.6  # of everything that two frames show


@dataclass(frozen=True)
class Taken:
    """A frame as it was made: its series, the part of the photograph it shows, its pixels, its exposure bias."""

    series: str
    window: Window
    pixels: Pixels
    bias: float = 0.0


def shoot(photo: Pixels, chance: np.random.Generator) -> Iterator[Taken]:
    """All frames from one photograph, in the order in which they are taken."""

    def take(series: str, across: float, down: float, width: float, bias: float = 0.0) -> Taken:
        window = _window(photo, across, down, width)
        x, y, w, h = window
        part = shrink(np.ascontiguousarray(photo[y : y + h, x : x + w]), *_FRAME)
        return Taken(series, window, _camera(part, chance, bias), bias)

    for _ in range(4):
        across, down = chance.uniform(-0.03, 0.03, 2)
        yield take("burst", 0.5 + across, 0.5 + down, 0.75 * chance.uniform(0.97, 1.03))
    for name, step in (("panorama of halves", 0.2), ("panorama of 70 %", 0.12)):
        for number in range(4):
            yield take(name, 0.2 + step * number, 0.5 + chance.uniform(-0.01, 0.01), 0.4)
    for bias in (0.0, -2.0, 2.0):
        yield take("bracket", 0.5, 0.5, 0.75, bias)
    for number in range(2):
        yield take(f"view {number}", 0.25 + 0.5 * number, 0.5, 0.48)


def frames(taken: list[Taken]) -> list[Frame]:
    """The frames as iqsd sees them: half a second apart, with two seconds between series."""
    found, moment = [], 0.0
    for number, one in enumerate(taken):
        moment += 2.0 if number and one.series != taken[number - 1].series else 0.5
        capture = Capture(taken="2024-01-01T00:00:00", exposure_bias=one.bias, width=_FRAME[0], height=_FRAME[1])
        found.append(Frame((f"{number:02}",), moment, capture, grey(one.pixels, SIDE, SIDE)))
    return found


def measure(photos: list[Pixels]) -> None:
    """Print the table."""
    chance = np.random.default_rng(0)
    pairs: Counter[tuple[bool, bool]] = Counter()
    whole: Counter[str] = Counter()
    harmed: Counter[str] = Counter()
    separation: dict[str, list[tuple[float, float]]] = {"the same view": [], "the view beside it": []}
    scorer = Scorer(shipped_model())
    for photo in photos:
        taken = list(shoot(photo, chance))
        made = frames(taken)
        groups = group(made, _SECONDS)
        place = {frame.name: number for number, one in enumerate(groups) for frame in one.frames}
        bursts = {number for number, one in enumerate(groups) if one.kind is Kind.BURST}
        for a, b in combinations(range(len(made)), 2):
            found = place.get(made[a].name, -1) == place.get(made[b].name, -2) and place[made[a].name] in bursts
            same = taken[a].series == taken[b].series == "burst"
            if same or _shared(taken[a].window, taken[b].window) < _ANOTHER_VIEW_BELOW:
                pairs[same, found] += 1
        for name, kind in (("bracket", Kind.BRACKET), *((n, Kind.PANORAMA) for n in _PANORAMAS)):
            members = [frame for frame, one in zip(made, taken, strict=True) if one.series == name]
            places = {place.get(frame.name, -1) for frame in members}
            whole[name] += len(places) == 1 and all(p >= 0 and groups[p].kind is kind for p in places)
            harmed[name] += len([p for p in places if p in bursts])
        separation["the same view"] += _likeness(scorer, made[:4], taken[:4])
        separation["the view beside it"] += _likeness(scorer, made[-2:], taken[-2:])
    right, missed, wrong = pairs[True, True], pairs[True, False], pairs[False, True]
    print(f"{len(photos)} shoots of {len(made)} frames")
    print(
        f"burst, pairs: precision {right / (right + wrong):.3f} ({wrong} of {right + wrong} wrong), "
        f"recall {right / (right + missed):.3f} ({missed} of {right + missed} missed)"
    )
    for name in ("bracket", *_PANORAMAS):
        print(f"{name}: whole {whole[name]} of {len(photos)}; groups in which frames stepped down: {harmed[name]}")
    for number, name in enumerate(("look", "embedding")):
        same, beside = ([pair[number] for pair in separation[key]] for key in separation)
        cut = float(np.quantile(same, 0.05))
        passing = np.mean(np.array(beside) >= cut)
        print(f"{name}: where 95 % of the same views pass ({cut:.2f}), {passing:.1%} of those beside them do")
    print(f"looks from {ALIKE_FROM} on count as alike")


_PANORAMAS = ("panorama of halves", "panorama of 70 %")


def _likeness(scorer: Scorer, made: list[Frame], taken: list[Taken]) -> list[tuple[float, float]]:
    """For neighbouring frames: correlation of the looks, cosine of the embeddings."""
    vectors = [np.array(scorer.assess(one.pixels).embedding) for one in taken]
    looks = [match(a.look, b.look, HAND, HAND).likeness for a, b in pairwise(made)]
    return list(zip(looks, (float(a @ b) for a, b in pairwise(vectors)), strict=True))


def _window(photo: Pixels, across: float, down: float, width: float) -> Window:
    """A part of a photograph, three to two, with this share of its width."""
    tall, wide = photo.shape[:2]
    w = int(min(wide * width, tall * 0.97 * 1.5))
    h = int(w / 1.5)
    x, y = (int(np.clip(c * side - s / 2, 0, side - s)) for c, side, s in ((across, wide, w), (down, tall, h)))
    return x, y, w, h


def _shared(one: Window, other: Window) -> float:
    """The part that both show, as a share of everything that they show."""
    across, down = (
        max(0, min(one[at] + one[at + 2], other[at] + other[at + 2]) - max(one[at], other[at])) for at in (0, 1)
    )
    return across * down / (one[2] * one[3] + other[2] * other[3] - across * down)


def _camera(pixels: Pixels, chance: np.random.Generator, bias: float) -> Pixels:
    """What a camera makes of it: exposure (in light, not in grey levels), blur, noise, JPEG."""
    light = (pixels / 255.0) ** 2.2 * 2.0 ** (bias + chance.normal(0, 0.15))
    seen = np.clip(light, 0, 1) ** (1 / 2.2) * 255
    sigma = chance.choice([0, 0, 0.7, 2.5])
    blurred = cv2.GaussianBlur(seen, (0, 0), sigma) if sigma else seen
    noisy = np.clip(blurred + chance.normal(0, chance.choice([1, 4]), seen.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(70, 95))])
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(data.tobytes())
        file.flush()
        return read_pixels(Path(file.name), _FRAME)


def _photos(folders: list[Path], most: int) -> Iterator[Pixels]:
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in (".jpg", ".png"))
    np.random.default_rng(0).shuffle(files)  # type: ignore[arg-type]  # a list can be shuffled
    seen: list[bytes] = []
    for file in files:
        pixels = read_pixels(file, (1600, 1600))
        here = grey(pixels, SIDE, SIDE)
        is_new = all(match(here, other, range(1), range(1)).likeness < _COPY_FROM for other in seen)
        if is_new and min(pixels.shape[:2]) >= _LEAST_SIDE and pixels.std() >= 25:
            seen.append(here)
            scale = 1600 / max(pixels.shape[:2])
            yield shrink(pixels, round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
            most -= 1
        if not most:
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--most", type=int, default=40, help="photographs to use")
    given = parser.parse_args()
    measure(list(_photos(given.folders, given.most)))
