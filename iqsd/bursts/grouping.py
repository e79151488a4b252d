"""Which frames of a folder belong together: brackets, panoramas, bursts. Pure; the order of the input does not matter.

The figures were chosen with `python -m benchmarks.bursts`, which measures how often they are right.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from iqsd.bursts.frame import Frame
from iqsd.bursts.look import HAND, is_like, match
from iqsd.bursts.membership import Kind
from iqsd.bursts.series import series_of

ALIKE_FROM = 0.78
"""Frames whose looks correlate at least this well show the same thing."""

_UNLIKE_BELOW = 0.5  # lower, because clipped highlights and shadows make frames of a bracket differ
_SWEEP_FROM = 0.75  # for the overlap of two frames of a panorama
_SAME_FROM = 0.9  # then the camera was not turned, and there is no need to look further

_SWEEP = range(-16, 17)  # at the ends, a third of the frame is still in both
_LEAST_SWEEP = 3
_LEAST_STEPS, _LEAST_LIGHT = 0.25, 8.0  # stops; grey levels of the frame's mean
_AT_ONCE = 3  # views that may alternate in a burst: one frame with a hand in front of the lens does not end it


@dataclass(frozen=True)
class Group:
    """Frames that belong together, in the order in which they were taken; at least two."""

    kind: Kind
    frames: tuple[Frame, ...]


def group(frames: Iterable[Frame], seconds: float) -> list[Group]:
    """Find the frames that belong together.

    Args:
        frames: those of one folder.
        seconds: the longest pause between successive frames that belong together. 0: none do.
    """
    found: list[Group] = []
    if seconds <= 0:
        return found

    def order(frame: Frame) -> tuple[object, ...]:
        return (*frame.camera, frame.moment, frame.name)

    for _, taken in groupby(sorted(frames, key=order), key=lambda frame: frame.camera):
        for series in _series(list(taken), seconds):
            rest = series
            if series[0].capture.taken is not None:  # file dates say nothing about how frames were taken
                brackets, rest = _cut(series, _bracket)
                panoramas, rest = _cut(rest, _panorama)
                found += [Group(Kind.BRACKET, one) for one in brackets] + [
                    Group(Kind.PANORAMA, one) for one in panoramas
                ]
            found += [Group(Kind.BURST, one) for one in _bursts(rest, seconds)]
    return sorted(found, key=lambda one: (one.frames[0].moment, one.frames[0].name))


def _series(frames: list[Frame], seconds: float) -> Iterator[list[Frame]]:
    """Split one camera's frames, in ascending order, at every pause longer than `seconds`."""
    moments = [frame.moment for frame in frames]
    for first, last in series_of(moments, seconds):
        yield frames[bisect_left(moments, first) : bisect_right(moments, last)]


def _cut(
    frames: Sequence[Frame], end_of: Callable[[Sequence[Frame], int], int]
) -> tuple[list[tuple[Frame, ...]], list[Frame]]:
    """Take out the groups that `end_of` finds, from the start on; returns them and the frames that are left."""
    groups, rest, at = [], [], 0
    while at < len(frames):
        end = end_of(frames, at)
        if end > at:
            groups.append(tuple(frames[at:end]))
        else:
            rest.append(frames[at])
        at = max(end, at + 1)
    return groups, rest


def _bracket(frames: Sequence[Frame], start: int) -> int:
    """Where a bracket (one view in several exposures) that begins at `start` ends; `start` itself if there is none."""
    end = start + 1
    while end < len(frames):
        if not all(_is_step(other, frames[end]) for other in frames[start:end]):
            break
        if not is_like(frames[start].look, frames[end].look, _UNLIKE_BELOW):
            break
        end += 1
    meant = end - start == 2 and all(frame.capture.is_bracketed for frame in frames[start:end])
    return end if end - start > 2 or meant else start


def _is_step(one: Frame, other: Frame) -> bool:
    """Whether the two were deliberately exposed differently."""
    a, b = one.capture.exposure_bias, other.capture.exposure_bias
    if a is not None and b is not None and abs(a - b) >= _LEAST_STEPS:
        return True
    if one.exposure is None or other.exposure is None or abs(one.exposure - other.exposure) < _LEAST_STEPS:
        return False
    if one.capture.is_bracketed and other.capture.is_bracketed:
        return True
    # Automatic exposure follows the light, so the frames stay equally bright; manual exposure makes them differ.
    brighter = other.brightness - one.brightness
    return abs(brighter) >= _LEAST_LIGHT and (brighter > 0) == (other.exposure > one.exposure)


def _panorama(frames: Sequence[Frame], start: int) -> int:
    """Where a panorama (overlapping frames in one direction) that begins at `start` ends; `start` if there is none."""
    end, direction = start + 1, None
    while end < len(frames):
        step = _step(frames[end - 1], frames[end])
        if step is None or (direction is not None and step != direction):
            break
        direction = step
        end += 1
    return end if end - start > 2 else start


def _step(one: Frame, other: Frame) -> tuple[int, int] | None:
    """The direction in which the camera was turned between two frames, as signs (right, down); None if it was not."""
    if one.capture.focal_length != other.capture.focal_length or is_like(one.look, other.look, _SAME_FROM):
        return None
    best = max(
        match(one.look, other.look, _SWEEP, HAND),
        match(one.look, other.look, HAND, _SWEEP),
        key=lambda fit: fit.likeness,
    )
    if best.likeness < _SWEEP_FROM or max(abs(best.right), abs(best.down)) < _LEAST_SWEEP:
        return None
    if abs(best.right) >= abs(best.down):
        return (1 if best.right > 0 else -1), 0
    return 0, (1 if best.down > 0 else -1)


def _bursts(frames: Sequence[Frame], seconds: float) -> list[tuple[Frame, ...]]:
    """Frames that look like the first of their group: so a long series cannot drift from one view to another."""
    groups: list[list[Frame]] = []
    for frame in frames:
        near = [one for one in groups[-_AT_ONCE:] if frame.moment - one[-1].moment <= seconds]
        home = next((one for one in reversed(near) if is_like(one[0].look, frame.look, ALIKE_FROM)), None)
        if home is None:
            groups.append([frame])
        else:
            home.append(frame)
            groups.append(groups.pop(next(at for at, one in enumerate(groups) if one is home)))  # the latest last
    return [tuple(one) for one in groups if len(one) > 1]
