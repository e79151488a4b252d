"""The heat map as a picture: the photo in grey, the effects in colour, and a legend below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iqsd.explaining.occlusion import Occlusion
from iqsd.photos.formats import Pixels
from iqsd.photos.opencv import shrink
from iqsd.photos.pillow import text_width, write_text
from iqsd.scoring.fitting import Region, seen
from iqsd.scoring.metadata import Input

LONG_EDGE = 1024
"""Pixels of the picture's longer side; a smaller photo is enlarged, so that the words below it can be read."""

_FALLS, _RISES = (
    np.array((244, 109, 30), np.float32),
    np.array((40, 120, 220), np.float32),
)  # orange and blue: distinct even to the colour-blind
_PAPER, _INK = (24, 24, 24), (232, 232, 232)
_UNSEEN = 0.3  # of its brightness, where the model does not see the photo
_DEEPEST = 0.75  # opacity of the strongest colour
_LEAST_SCALE = 1.0  # points: anything less would be noise
_TEXT, _MARGIN, _BAR = 19, 18, 16  # pixels
_LEAST_WIDTH = 560  # pixels: the words need more room than a narrow photo has; the title is one line
_LINE = round(_TEXT * 1.35)

Colours = npt.NDArray[np.float32]


def draw(photo: Pixels, how: Input, found: Occlusion, model: str) -> Pixels:
    """Draw the heat map.

    Args:
        photo: RGB, uint8, shape (height, width, 3), upright.
        how: the model's input, to which the photo was fitted.
        found: what covering did.
        model: name and version.

    Returns:
        RGB, uint8; its longer side is `LONG_EDGE`, not counting the legend.
    """
    height, width = photo.shape[:2]
    scale = LONG_EDGE / max(width, height)
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    grey = shrink(photo, width, height).astype(np.float32).mean(axis=2, keepdims=True).repeat(3, axis=2)
    region, given = seen(how, width, height)
    picture = grey * _UNSEEN
    picture[region.slices] = _tinted(grey[region.slices], _fitted(found, given, region))
    whole = region.width * region.height >= 0.99 * width * height
    drawn = np.clip(picture, 0, 255).astype(np.uint8)
    if width < _LEAST_WIDTH:
        beside = (_LEAST_WIDTH - width) // 2
        paper: Pixels = np.full((height, _LEAST_WIDTH, 3), _PAPER, np.uint8)
        paper[:, beside : beside + width] = drawn
        drawn = paper
    return np.vstack([drawn, _legend(drawn.shape[1], found, model, whole)])


def _scale(found: Occlusion) -> float:
    return max(float(np.abs(found.effects).max()), _LEAST_SCALE)


def _fitted(found: Occlusion, given: Region, region: Region) -> Colours:
    """The effects at the size of the picture, -1..1."""
    levels = np.round(found.effects[given.slices] / _scale(found) * 127 + 128).astype(np.uint8)
    return np.asarray((shrink(levels, region.width, region.height).astype(np.float32) - 128) / 127, np.float32)


def _tinted(grey: Colours, strength: Colours) -> Colours:
    colour = np.where(strength[..., None] < 0, _FALLS, _RISES)
    opacity = _DEEPEST * np.abs(strength)[..., None]
    return np.asarray(grey * (1 - opacity) + colour * opacity, np.float32)


def _legend(width: int, found: Occlusion, model: str, whole: bool) -> Pixels:
    lines = [line for sentence in sentences(found, model, whole) for line in _wrapped(sentence, width - 2 * _MARGIN)]
    title, body = lines[0], lines[1:]
    height = 3 * _MARGIN + _BAR + _LINE * (len(lines) + 1)
    paper: Pixels = np.full((height, width, 3), _PAPER, np.uint8)
    paper = write_text(paper, title, (_MARGIN, _MARGIN), _TEXT, _INK)
    top = _MARGIN + _LINE + _MARGIN // 2
    strength = np.linspace(-1, 1, width - 2 * _MARGIN, dtype=np.float32)[None].repeat(_BAR, axis=0)
    paper[top : top + _BAR, _MARGIN : width - _MARGIN] = _tinted(
        np.full((*strength.shape, 3), 96, np.float32), strength
    )
    ends = (f"falls by {_scale(found):.1f}", "no change", f"rises by {_scale(found):.1f}")
    for at, text in enumerate(ends):
        x = _MARGIN + (width - 2 * _MARGIN - text_width(text, _TEXT)) * at / 2
        paper = write_text(paper, text, (round(x), top + _BAR + 2), _TEXT, _INK)
    for number, line in enumerate(body):
        at_line = top + _BAR + _LINE * (number + 1) + _MARGIN // 2
        paper = write_text(paper, line, (_MARGIN, at_line), _TEXT, _INK)
    return paper


def sentences(found: Occlusion, model: str, whole: bool) -> list[str]:
    """What the picture shows, and what it does not.

    Args:
        found: what covering did.
        model: name and version.
        whole: whether the model sees the whole photo.
    """
    said = [f"How covering each part changes the score ({found.score:.1f} of 100)"]
    if max(found.lowers, found.raises) < _LEAST_SCALE:
        said.append("No part matters much: covering one never changes the score by a full point.")
    said.append(
        f"Covering one part with a blurred patch lowers the score by up to {found.lowers:.1f} (orange) and raises it "
        f"by up to {found.raises:.1f} (blue); the colours are means of overlapping patches."
    )
    said.append("This shows how the score responds to covering, not what the model looks at or where faults are.")
    if not whole:
        said.append("The dark parts are outside the square that the model sees.")
    return [*said, f"Model: {model}"]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, _TEXT) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
