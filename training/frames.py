"""Pictures that are not photos and must never score high: flat, gradient and noise frames, charts, screenshots."""

from __future__ import annotations

import cv2
import numpy as np

KINDS = ("black", "white", "grey", "colour", "gradient", "noise", "chart", "screenshot")


def make_frame(kind: str, seed: int, size: int = 512) -> np.ndarray:
    """Return one such frame, uint8 RGB [size, size, 3]."""
    rng = np.random.default_rng(seed)
    if kind in ("black", "white", "grey", "colour"):
        return _flat(kind, rng, size)
    if kind == "gradient":
        return _gradient(rng, size)
    if kind == "noise":
        spread = rng.uniform(8, 120)
        return np.clip(rng.normal(rng.uniform(40, 215), spread, (size, size, 3)), 0, 255).astype(np.uint8)
    if kind == "chart":
        return _chart(rng, size)
    return _screenshot(rng, size)


def _flat(kind: str, rng: np.random.Generator, size: int) -> np.ndarray:
    level = {
        "black": np.full(3, rng.uniform(0, 12)),
        "white": np.full(3, rng.uniform(243, 255)),
        "grey": np.full(3, rng.uniform(30, 225)),
        "colour": rng.uniform(0, 255, 3),
    }[kind]
    grain = rng.normal(0, rng.choice([0.0, 1.0, 3.0]), (size, size, 3))
    return np.clip(level + grain, 0, 255).astype(np.uint8)


def _gradient(rng: np.random.Generator, size: int) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] / size
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * x + np.sin(angle) * y
    ramp = ((ramp - ramp.min()) / np.ptp(ramp))[..., None]
    first, last = rng.uniform(0, 255, (2, 3))
    return (first * (1 - ramp) + last * ramp).astype(np.uint8)


def _chart(rng: np.random.Generator, size: int) -> np.ndarray:
    cells = int(rng.integers(2, 17))
    tiles = (
        rng.integers(0, 256, (cells, cells, 3)) if rng.random() < 0.5 else np.indices((cells, cells)).sum(0) % 2 * 255
    )
    tiles = np.broadcast_to(np.atleast_3d(tiles), (cells, cells, 3)).astype(np.uint8)
    return cv2.resize(tiles, (size, size), interpolation=cv2.INTER_NEAREST)


def _screenshot(rng: np.random.Generator, size: int) -> np.ndarray:
    dark = rng.random() < 0.4
    paper, ink = (
        (rng.uniform(10, 50, 3), rng.uniform(180, 255, 3))
        if dark
        else (rng.uniform(225, 255, 3), rng.uniform(0, 90, 3))
    )
    page = np.full((size, size, 3), paper, np.uint8)
    bar = int(rng.integers(16, 48))
    page[:bar] = rng.uniform(0, 255, 3)
    side = int(rng.integers(0, size // 3))
    page[bar:, :side] = np.clip(paper * 0.9 + 12, 0, 255)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     .,"))
    line = int(rng.integers(12, 24))
    for y in range(bar + line, size - 4, line):
        if rng.random() < 0.15:
            continue
        text = "".join(rng.choice(letters, int(rng.integers(8, 60))))
        cv2.putText(page, text, (side + 8, y), cv2.FONT_HERSHEY_SIMPLEX, line / 40, ink.tolist(), 1, cv2.LINE_AA)
    return page
