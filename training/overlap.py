"""No photo, and no near twin of one, is on both sides of a split: the check, and a split that passes it.

Twins are found by difference hashes (`photos.fingerprints`), which survive another JPEG quality, another size and a
slight change of colour; a mirrored copy is found by the hash of the mirror image. Photos that share a scene
(distortions of one original) or are identical byte for byte belong together, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets.labels import Labelled
from training.photos import TWIN_BITS, fingerprints

Prints = npt.NDArray[np.float32]
_PIECE = 512


class OverlapError(ValueError):
    """A split that separates photos that belong together; its text names the first pairs."""


@dataclass(frozen=True)
class Pair:
    """Two photos that belong together, by their indices [0, N), and why."""

    one: int
    other: int
    why: str


def pairs(photos: Sequence[Labelled], prints: Prints | None = None) -> list[Pair]:
    """Return the pairs that belong together; in a scene, or among equal files, each one is paired with the first.

    Args:
        photos: from one or several data sets.
        prints: their `fingerprints`, if already known.
    """
    found: list[Pair] = []
    for why, keys in (
        ("the same scene", [photo.scene for photo in photos]),
        ("the same file", [_digest(photo.path) for photo in photos]),
    ):
        first: dict[str, int] = {}
        for place, key in enumerate(keys):
            if key and first.setdefault(key, place) != place:
                found.append(Pair(first[key], place, why))
    return found + list(_twins(fingerprints(photo.path for photo in photos) if prints is None else prints))


def check_split(photos: Sequence[Labelled], parts: Sequence[str], prints: Prints | None = None) -> None:
    """Check that photos that belong together are in the same part.

    Args:
        photos: all photos of the split.
        parts: the part of each.
        prints: their `fingerprints`, if already known.

    Raises:
        OverlapError: with the number of such pairs and the names of the first.
    """
    apart = [pair for pair in pairs(photos, prints) if parts[pair.one] != parts[pair.other]]
    if apart:
        named = "; ".join(
            f"{photos[p.one].identity} ({parts[p.one]}) and {photos[p.other].identity} ({parts[p.other]}): {p.why}"
            for p in apart[:10]
        )
        raise OverlapError(f"{len(apart)} pairs stand in different parts: {named}")


def split(
    photos: Sequence[Labelled], shares: Mapping[str, float], seed: int, prints: Prints | None = None
) -> list[str]:
    """Split photos at random, keeping together what belongs together.

    Args:
        photos: from one or several data sets.
        shares: the name of each part and its share of the photos; a group goes to the part that lacks most.
        seed: the same seed gives the same parts.
        prints: their `fingerprints`, if already known.

    Returns:
        the part of each photo.
    """
    group = _groups(len(photos), pairs(photos, prints))
    lacking = {part: share / sum(shares.values()) * len(photos) for part, share in shares.items()}
    chosen = [""] * len(photos)
    members: dict[int, list[int]] = {}
    for place, number in enumerate(group):
        members.setdefault(number, []).append(place)
    groups = list(members.values())
    shuffled = [groups[i] for i in np.random.default_rng(seed).permutation(len(members))]
    for together in sorted(shuffled, key=len, reverse=True):  # the large groups first, while every part has room
        part = max(lacking, key=lambda name: lacking[name])
        lacking[part] -= len(together)
        for place in together:
            chosen[place] = part
    return chosen


def _twins(prints: Prints) -> Iterator[Pair]:
    """Yield each near twin once, plain or mirrored; works piece by piece, so that AVA's 250,000 fit in memory."""
    bits = prints.shape[1] if len(prints) else 0
    for start in range(0, len(prints), _PIECE):
        rest = prints[start:]
        piece = prints[start : start + _PIECE]
        for images, why in ((piece, "twins"), (_mirrored(piece), "mirrored twins")):
            for row, other in np.argwhere(images @ rest.T >= bits - 2 * TWIN_BITS):
                if other > row:
                    yield Pair(start + int(row), start + int(other), why)


def _mirrored(prints: Prints) -> Prints:
    """Return the hashes of the mirror images: differences in reverse order, with the opposite sign."""
    side = 16
    return np.ascontiguousarray(-prints.reshape(-1, side, side)[:, :, ::-1]).reshape(len(prints), -1)


def _groups(count: int, found: Sequence[Pair]) -> list[int]:
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for pair in found:
        parent[root(pair.other)] = root(pair.one)
    return [root(place) for place in range(count)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
