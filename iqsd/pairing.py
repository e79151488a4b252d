"""The other half of a photo (the RAW file of a JPEG): what is known of it, and what a person said of it."""

from __future__ import annotations

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqsd import sidecars
from iqsd.errors import UnreadablePhotoError
from iqsd.memory import Memory
from iqsd.photos.finding import Photo, is_photo_name, look_at
from iqsd.photos.pairs import others, stem, to_decode
from iqsd.scoring.assessment import Assessment

_LISTING_HOLDS_SECONDS = 1.0
"""Photos come folder by folder. A half that arrives meanwhile finds the other half when its own turn comes."""


@dataclass(frozen=True)
class Pairing:
    """What the other half of a photo means for the photo.

    Attributes:
        decode: the file to look at: the photo itself, or the half that is cheaper to decode.
        source: the file whose figures are known, if any are.
        rating_is_persons: whether a person rated the other half: no other rating may be set beside it.
        pick_label_is_persons: likewise.
        assessment: the figures, if the photo or another half has been judged.
    """

    decode: Path
    source: Path
    rating_is_persons: bool = False
    pick_label_is_persons: bool = False
    assessment: Assessment | None = None

    def without_what_a_person_decided(self, record: sidecars.Record) -> sidecars.Record:
        """The record of a verdict, without the fields that a person decided on the other half."""
        return replace(
            record,
            rating=None if self.rating_is_persons else record.rating,
            pick_label=None if self.pick_label_is_persons else record.pick_label,
        )


class Pairs:
    """Finds the other halves of photos. For one thread."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._listed = 0.0
        self._names: Mapping[str, Sequence[str]] = {}

    def others(self, photo: Path) -> list[Photo]:
        """The other half (or halves) of a photo, as they are now."""
        return [one for name in others(photo.name, self._beside(photo)) for one in _if_there(photo.with_name(name))]

    def _beside(self, photo: Path) -> Sequence[str]:
        now = time.monotonic()
        if photo.parent != self._folder or now - self._listed > _LISTING_HOLDS_SECONDS:
            self._folder, self._names = photo.parent, _photos_by_stem(photo.parent)
            self._listed = time.monotonic()
        return self._names.get(stem(photo.name), ())


def pairing(
    photo: Photo,
    own: Assessment | None,
    halves: Sequence[Photo],
    options: sidecars.Options,
    memory: Memory,
) -> Pairing:
    """What the other halves mean for a photo.

    Args:
        photo: the photo.
        own: its figures, if they are already known.
        halves: the other halves.
        options: how sidecars are named and written.
        memory: what is known of the other halves.

    Raises:
        SidecarError: what a person said of another half cannot be read, so nothing may be said of this one.
    """
    if not halves:
        return Pairing(photo.path, photo.path, assessment=own)
    states = {half: sidecars.read(half.path, options) for half in halves}
    decode = photo.path.with_name(to_decode([photo.path.name, *(half.path.name for half in halves)]))
    figures = {photo.path: own} | {
        half.path: memory.told(half, memory.entry(half.path), state) for half, state in states.items()
    }
    known = {path: assessment for path, assessment in figures.items() if assessment is not None}
    source = decode if decode in known else next(iter(known), photo.path)
    return Pairing(
        decode,
        source,
        rating_is_persons=any(state.rating_is_persons for state in states.values()),
        pick_label_is_persons=any(state.pick_label_is_persons for state in states.values()),
        assessment=known.get(source),
    )


def _photos_by_stem(folder: Path) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    try:
        for name in os.listdir(folder):  # noqa: PTH208  # only names are needed
            if is_photo_name(name):
                found[stem(name)].append(name)
    except OSError:  # then the photo itself cannot be read either, and its error says why
        return {}
    return found


def _if_there(path: Path) -> Iterator[Photo]:
    with contextlib.suppress(UnreadablePhotoError):  # gone, or a link to nothing
        yield look_at(path)
