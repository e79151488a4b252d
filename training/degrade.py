"""Known faults, made from good photos: a severity of 0..1 in, a worse photo out.

The severities are scaled so that, from 0.5, a person who sees the photo at 512 pixels would name the fault.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from training.common import as_jpeg

Degradation = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _to_linear(image: np.ndarray) -> np.ndarray:
    return (image.astype(np.float32) / 255.0) ** 2.2


def _from_linear(light: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(light, 0.0, 1.0) ** (1 / 2.2) * 255.0).astype(np.uint8)


def _relative(image: np.ndarray) -> float:
    return min(image.shape[:2]) / 512.0


def blur(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian blur in linear light: sigma 0.5 to 8 pixels of a photo of 512."""
    sigma = 0.5 * 16.0**severity * _relative(image)
    return _from_linear(cv2.GaussianBlur(_to_linear(image), (0, 0), sigma))


def motion_blur(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A straight camera shake in linear light: 2 to 40 pixels of a photo of 512."""
    length = 2.0 * 20.0**severity * _relative(image)
    radius = int(np.ceil(length / 2))
    angle = rng.uniform(0, np.pi)
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    for step in np.linspace(-length / 2, length / 2, 4 * radius + 1):
        y, x = radius + step * np.sin(angle), radius + step * np.cos(angle)
        kernel[round(float(np.clip(y, 0, 2 * radius))), round(float(np.clip(x, 0, 2 * radius)))] += 1
    return _from_linear(cv2.filter2D(_to_linear(image), -1, kernel / kernel.sum()))


def noise(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Shot and read noise of a sensor, partly correlated in colour and space as raw converters leave it."""
    sigma = 3.0 * 20.0**severity / 255.0
    height, width = image.shape[:2]
    grain = 0.8 * rng.standard_normal((height, width, 1), np.float32)
    grain = grain + 0.6 * rng.standard_normal((height, width, 3), np.float32)
    softness = rng.uniform(0.0, 0.9)
    if softness > 0.3:
        grain = cv2.GaussianBlur(grain, (0, 0), softness)
        grain /= grain.std()
    shown = image.astype(np.float32) / 255.0
    shot = 0.6 + 0.8 * np.sqrt(np.clip(1.0 - shown, 0.0, 1.0))
    return np.rint(np.clip(shown + sigma * shot * grain, 0, 1) * 255).astype(np.uint8)


def underexposure(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Less light, 0.4 to 4.6 EV, in linear light; what falls below one 8-bit step is lost."""
    return _from_linear(_to_linear(image) * 2.0 ** -(0.4 + 4.2 * severity))


def overexposure(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """More light, 0.3 to 3.3 EV, in linear light; what exceeds white is clipped."""
    return _from_linear(_to_linear(image) * 2.0 ** (0.3 + 3.0 * severity))


def compression(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """JPEG at quality 60 down to 4."""
    data = as_jpeg(image, round(60.0 * (4.0 / 60.0) ** severity))
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


DEGRADATIONS: dict[str, tuple[Degradation, str]] = {
    "blur": (blur, "blur"),
    "motion_blur": (motion_blur, "blur"),
    "noise": (noise, "noise"),
    "underexposure": (underexposure, "underexposure"),
    "overexposure": (overexposure, "overexposure"),
    "compression": (compression, "compression"),
}
"""Each degradation's function and the fault that a person would name, by its name."""


def degrade(image: np.ndarray, name: str, severity: float, seed: int) -> np.ndarray:
    """Return `image`, uint8 RGB [H, W, 3], with one fault of `severity` 0..1."""
    return DEGRADATIONS[name][0](image, severity, np.random.default_rng(seed))
