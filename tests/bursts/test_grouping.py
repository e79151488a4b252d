"""Which frames belong together."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqsd.bursts.frame import File, Frame, to_frames
from iqsd.bursts.grouping import group
from iqsd.bursts.look import SIDE
from iqsd.bursts.membership import Kind
from iqsd.bursts.series import restless, series_of
from iqsd.photos.capture import Capture
from tests.bursts.shooting import frame, names, swept, view

CAMERA = Capture(taken="2024-05-01T12:00:00", model="EOS R5", exposure_bias=0.0)


def found(frames: list[Frame], seconds: float = 5.0) -> list[tuple[Kind, list[str]]]:
    return [(one.kind, names(one.frames)) for one in group(frames, seconds)]


def burst(count: int = 4, start: float = 0.0, capture: Capture = CAMERA) -> list[Frame]:
    return [
        frame(view("garden", 4 * n, blur=n % 3), f"{start:.0f}-{n}", start + 0.2 * n, capture) for n in range(count)
    ]


def test_frames_that_are_alike_and_close_in_time_are_a_burst_whatever_their_focus() -> None:
    assert found([*burst(), frame(view("dune"), "other", 1.0)]) == [(Kind.BURST, ["0-0", "0-1", "0-2", "0-3"])]


def test_a_series_six_times_as_long_takes_about_six_times_as_long() -> None:
    look = frame(view("garden"), "", 0).look

    def seconds(count: int) -> float:
        series = [Frame((f"{n:05}",), float(n), CAMERA, look) for n in range(count)]
        start = time.process_time()
        assert len(group(series, 5.0)) == 1
        return time.process_time() - start

    assert seconds(30_000) < 15 * seconds(5_000)


def test_one_frame_of_something_else_does_not_end_a_burst() -> None:
    frames = [*burst(4), frame(view("dune"), "hand", 0.3)]
    assert found(frames) == [(Kind.BURST, ["0-0", "0-1", "0-2", "0-3"])]


def test_the_same_view_after_a_pause_is_another_burst() -> None:
    assert found([*burst(2), *burst(2, start=60)]) == [
        (Kind.BURST, ["0-0", "0-1"]),
        (Kind.BURST, ["60-0", "60-1"]),
    ]


def test_two_cameras_used_side_by_side_have_a_burst_each() -> None:
    one, other = burst(2), burst(2, start=0.1, capture=replace(CAMERA, serial="2"))
    other = [replace(f, names=(f"b{f.name}",)) for f in other]
    assert sorted(found([*one, *other])) == [(Kind.BURST, ["0-0", "0-1"]), (Kind.BURST, ["b0-0", "b0-1"])]


def test_without_exif_the_dates_of_the_files_count() -> None:
    assert found(burst(3, capture=Capture())) == [(Kind.BURST, ["0-0", "0-1", "0-2"])]


def test_plain_frames_resemble_nothing() -> None:
    flat = np.full((SIDE, SIDE), 40, np.uint8).tobytes()
    assert found([Frame((str(n),), n, CAMERA, flat) for n in range(3)]) == []


def test_nothing_belongs_together_when_the_user_does_not_want_it() -> None:
    assert found(burst(), seconds=0) == []
    at_once = [frame(view("garden", 4 * n), f"{n}", 1.0) for n in range(2)]
    assert found(at_once, seconds=0) == []


@pytest.mark.parametrize(("pause", "is_burst"), [(5.0, True), (5.5, False)])
def test_the_longest_pause_applies_to_the_frames_that_are_alike(pause: float, is_burst: bool) -> None:
    """A different frame taken between them does not bridge the pause."""
    between = frame(view("dune"), "other", pause / 2)
    frames = [frame(view("garden"), "a", 0), between, frame(view("garden", 4), "b", pause)]
    assert found(frames) == ([(Kind.BURST, ["a", "b"])] if is_burst else [])


def test_up_to_three_views_may_alternate() -> None:
    views = ["garden", "dune", "coffee", "garden", "twowings", "storm", "garden"]
    frames = [frame(view(name, n), f"{n}", 0.5 * n) for n, name in enumerate(views)]
    assert found(frames) == [(Kind.BURST, ["0", "3", "6"])]
    views = ["garden", "dune", "coffee", "twowings", "garden"]
    assert found([frame(view(name, n), f"{n}", 0.5 * n) for n, name in enumerate(views)]) == []


EXPOSURES = {
    "steps of exposure bias": [replace(CAMERA, exposure_bias=bias) for bias in (0.0, -2.0, 2.0)],
    "times set by a bracketing camera": [
        replace(CAMERA, is_bracketed=True, exposure_time=t, f_number=8.0, iso=100) for t in (0.01, 0.0025, 0.04)
    ],
    "times set by hand": [replace(CAMERA, exposure_time=t, f_number=8.0, iso=100) for t in (0.01, 0.0025, 0.04)],
}


@pytest.mark.parametrize("captures", EXPOSURES.values(), ids=EXPOSURES.keys())
def test_one_view_in_several_exposures_is_a_bracket(captures: list[Capture]) -> None:
    lights = (1.0, 0.5, 1.9)
    frames = [
        frame(view("garden", light=light), f"{n}", 0.5 * n, capture)
        for n, (light, capture) in enumerate(zip(lights, captures, strict=True))
    ]
    assert found(frames) == [(Kind.BRACKET, ["0", "1", "2"])]


def test_an_automatic_exposure_that_follows_the_light_is_a_burst() -> None:
    times = (0.01, 0.008, 0.005)
    frames = [
        replace(one, capture=replace(CAMERA, exposure_time=t, f_number=8.0))
        for one, t in zip(burst(3), times, strict=True)
    ]
    assert found(frames) == [(Kind.BURST, ["0-0", "0-1", "0-2"])]


def exposed(times: tuple[float | None, ...], lights: tuple[float, ...], **told: float | bool | None) -> list[Frame]:
    """Frames of one view with these exposure times and brightnesses."""
    captures = [replace(CAMERA, exposure_time=t, f_number=8.0 if t else None, iso=100, **told) for t in times]  # type: ignore[arg-type]
    return [
        frame(view("garden", light=light), f"{n}", 0.5 * n, capture)
        for n, (light, capture) in enumerate(zip(lights, captures, strict=True))
    ]


def test_a_bracketing_camera_need_not_make_the_frames_differ() -> None:
    """As when a flash provides the light."""
    times, lights = (0.01, 0.0025, 0.04), (1.0, 1.0, 1.0)
    assert found(exposed(times, lights, is_bracketed=True)) == [(Kind.BRACKET, ["0", "1", "2"])]
    frames = exposed(times, lights, is_bracketed=True)
    for single, expected in ((0, (Kind.BRACKET, ["1", "2"])), (1, (Kind.BURST, ["0", "1", "2"]))):
        other = [replace(one, capture=replace(one.capture, is_bracketed=n != single)) for n, one in enumerate(frames)]
        assert found(other) == [expected]


@pytest.mark.parametrize(
    ("times", "lights"),
    [
        ((0.01, 0.005, 0.0025), (0.5, 0.7, 1.0)),
        ((0.0025, 0.005, 0.01), (1.0, 0.7, 0.5)),
        ((0.01, 0.01, 0.01), (1.0, 0.7, 0.5)),
        ((0.01, 0.01, 0.01), (0.5, 0.7, 1.0)),
        ((None, 0.01, None), (1.0, 0.5, 1.9)),
        ((0.01, None, 0.0025), (1.0, 0.5, 1.9)),
    ],
    ids=[
        "brighter though shorter",
        "darker though longer",
        "a cloud",
        "the sun",
        "one that tells",
        "one that does not",
    ],
)
def test_light_that_changes_on_its_own_makes_no_bracket(
    times: tuple[float | None, ...], lights: tuple[float, ...]
) -> None:
    assert found(exposed(times, lights)) == [(Kind.BURST, ["0", "1", "2"])]


@pytest.mark.parametrize("biases", [(None, -2.0, None), (-2.0, None, 2.0)])
def test_an_unknown_exposure_bias_is_no_step(biases: tuple[float | None, ...]) -> None:
    frames = [replace(one, capture=replace(CAMERA, exposure_bias=b)) for one, b in zip(burst(3), biases, strict=True)]
    assert found(frames) == [(Kind.BURST, ["0-0", "0-1", "0-2"])]


def test_two_frames_are_a_bracket_only_if_the_camera_was_set_to_take_one() -> None:
    for is_bracketed, kind in ((True, Kind.BRACKET), (None, Kind.BURST)):
        captures = [replace(CAMERA, exposure_bias=bias, is_bracketed=is_bracketed) for bias in (0.0, -2.0)]
        frames = [frame(view("garden"), f"{n}", 0.5 * n, capture) for n, capture in enumerate(captures)]
        assert found(frames) == [(kind, ["0", "1"])]
        assert found([frame(view("dune"), "0", 0.0, captures[0]), frames[1]]) == []


def test_two_brackets_in_a_row_are_two() -> None:
    captures = [*EXPOSURES["steps of exposure bias"]] * 2
    frames = [frame(view("garden"), f"{n}", 0.5 * n, capture) for n, capture in enumerate(captures)]
    assert found(frames) == [(Kind.BRACKET, ["0", "1", "2"]), (Kind.BRACKET, ["3", "4", "5"])]


SWEEPS = {"to the right": (0.0, 0.2, 0.4, 0.6), "to the left": (0.6, 0.45, 0.3, 0.15), "of three": (0.0, 0.2, 0.4)}


@pytest.mark.parametrize("steps", SWEEPS.values(), ids=SWEEPS.keys())
@pytest.mark.parametrize("upright", [False, True], ids=["", "up and down"])
def test_a_sweep_of_overlapping_frames_is_a_panorama(steps: tuple[float, ...], upright: bool) -> None:
    frames = [frame(swept(at, upright), f"{n}", 1.5 * n) for n, at in enumerate(steps)]
    assert found(frames) == [(Kind.PANORAMA, [f"{n}" for n in range(len(steps))])]


def test_two_overlapping_frames_are_no_panorama() -> None:
    assert found([frame(swept(at), f"{at}", at) for at in (0.0, 0.2)]) == []


def test_zooming_is_no_panorama() -> None:
    captures = [replace(CAMERA, focal_length=length) for length in (24.0, 35.0, 50.0)]
    frames = [frame(swept(0.2 * n), f"{n}", 1.5 * n, capture) for n, capture in enumerate(captures)]
    assert found(frames) == []


@pytest.mark.parametrize("views", list(itertools.permutations(("garden", "dune", "coffee"))))
def test_views_that_have_nothing_in_common_are_no_panorama(views: tuple[str, ...]) -> None:
    assert found([frame(view(name), name, n * 0.5) for n, name in enumerate(views)]) == []


def test_panning_to_and_fro_is_no_panorama() -> None:
    frames = [frame(swept(at), f"{n}", 1.5 * n) for n, at in enumerate((0.0, 0.2, 0.0))]
    assert Kind.PANORAMA not in [kind for kind, _ in found(frames)]


def test_files_with_one_name_are_one_frame() -> None:
    look = burst(1)[0].look
    files = [File("a.nef", 5.0, CAMERA, look), File("a.jpg", 5.0, Capture(), look), File("b.jpg", 6.0, CAMERA, look)]
    frames = to_frames(files)
    assert [one.names for one in frames] == [("a.jpg", "a.nef"), ("b.jpg",)]
    assert frames[0].capture == CAMERA
    assert found(frames) == [(Kind.BURST, ["a.jpg", "b.jpg"])]


looks = st.sampled_from([frame(view(n, s), "", 0).look for n in ("garden", "dune") for s in (0, 8)])
frames_of_a_folder = st.lists(
    st.builds(
        lambda look, moment, bias: (look, moment, bias),
        looks,
        st.integers(0, 40).map(lambda tenths: tenths / 2),
        st.sampled_from([0.0, -1.0, 1.0]),
    ),
    max_size=12,
).map(
    lambda drawn: [
        Frame((f"{n:02}",), moment, replace(CAMERA, exposure_bias=bias), look)
        for n, (look, moment, bias) in enumerate(drawn)
    ]
)


@settings(max_examples=60)
@given(frames=frames_of_a_folder, data=st.data())
def test_the_order_of_arrival_does_not_matter_and_every_frame_is_in_at_most_one_group(
    frames: list[Frame], data: st.DataObject
) -> None:
    groups = group(frames, 3.0)
    assert group(data.draw(st.permutations(frames)), 3.0) == groups
    members = [name for one in groups for name in names(one.frames)]
    assert len(members) == len(set(members))
    assert all(len(one.frames) >= 2 for one in groups)


@settings(max_examples=40)
@given(frames=frames_of_a_folder)
def test_frames_far_apart_in_time_can_be_grouped_separately(frames: list[Frame]) -> None:
    """So a frame that comes or goes affects only its own stretch of time."""
    moments = sorted(one.moment for one in frames)
    apart = [
        one
        for first, last in series_of(moments, 3.0)
        for one in group([f for f in frames if first <= f.moment <= last], 3.0)
    ]
    assert apart == group(frames, 3.0)


@given(st.lists(st.tuples(st.integers(0, 50).map(float), st.booleans()), max_size=20))
def test_only_stretches_of_time_in_which_something_happened_are_looked_at(moments: list[tuple[float, bool]]) -> None:
    found = list(restless(moments, 2.0))
    for moment, is_settled in moments:
        inside = [1 for first, last in found if first <= moment <= last]
        assert len(inside) <= 1
        assert inside or is_settled
    for first, last in found:
        assert any(first <= moment <= last and not is_settled for moment, is_settled in moments)
