"""Blurs made for training and measuring: they have the stated spread and the right cause."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.detail_examples import JUDGED, Recipe, disc_kernel, severities, shake_kernel, spoil


def deviations(kernel: npt.NDArray[np.float32]) -> list[float]:
    """Standard deviations along the longer and the shorter axis, in pixels."""
    at = np.argwhere(kernel >= 0) - np.array(kernel.shape) // 2
    spread = np.cov(at.T, aweights=kernel.ravel(), bias=True)
    return [math.sqrt(max(0.0, value)) for value in np.linalg.eigvalsh(spread)[::-1]]


def motion(recipe: Recipe) -> float:
    return severities(recipe, 0.0)[JUDGED.index("motion_blur")]


@given(st.floats(3, 60), st.floats(0, math.pi))
def test_a_straight_shake_spreads_along_its_line_alone(length: float, angle: float) -> None:
    kernel = shake_kernel(length, angle)
    along, across = deviations(kernel)
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert along == pytest.approx(length / math.sqrt(12), abs=0.5)
    assert across < 0.6


@given(st.floats(10, 60), st.floats(0, math.pi), st.floats(-1.6, 1.6))
def test_a_bent_shake_lies_within_its_length_and_spreads_across_it_the_more_it_turns(
    length: float, angle: float, bend: float
) -> None:
    kernel = shake_kernel(length, angle, bend)
    along, across = deviations(kernel)
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert across <= along <= length / math.sqrt(12) + 0.5
    assert across >= deviations(shake_kernel(length, angle, bend / 2))[1] - 0.3


@given(st.floats(1.5, 40))
def test_a_lens_out_of_focus_spreads_evenly(radius: float) -> None:
    kernel = disc_kernel(radius)
    along, across = deviations(kernel)
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert along == pytest.approx(across, rel=0.01)
    assert along == pytest.approx(radius / 2, abs=0.3)


def test_equally_wide_blurs_are_equally_severe_and_only_shakes_are_motion() -> None:
    gaussian, disc, line = Recipe(blur=3), Recipe(defocus=6), Recipe(shake=12, bend=1)
    assert severities(gaussian, 0)[0] == pytest.approx(severities(disc, 0)[0])
    assert severities(gaussian, 0)[0] == pytest.approx(severities(line, 0)[0])
    assert [motion(recipe) for recipe in (gaussian, disc, line)] == [0, 0, 1]


def test_a_sharp_photo_is_no_motion_and_for_a_trace_of_blur_nobody_can_tell() -> None:
    assert motion(Recipe()) == motion(Recipe(noise=20)) == motion(Recipe(quality=5)) == 0
    assert math.isnan(motion(Recipe(blur=0.5))) and math.isnan(motion(Recipe(shake=1.5)))


@pytest.mark.parametrize("recipe", [Recipe(blur=20), Recipe(defocus=40), Recipe(shake=80, bend=1.0)], ids=str)
def test_a_wide_blur_made_at_half_the_size_keeps_the_light_and_the_shape(recipe: Recipe) -> None:
    image = np.random.default_rng(1).integers(0, 256, (300, 401, 3), np.uint8)
    spoilt, noise = spoil(image, recipe, 1500, np.random.default_rng(1))
    assert spoilt.shape == image.shape and noise == 0
    linear = [(picture / 255.0) ** 2.2 for picture in (image, spoilt)]
    assert linear[1].mean() == pytest.approx(linear[0].mean(), rel=0.02)
    assert spoilt.std() < image.std() / 10
