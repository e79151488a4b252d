"""Photos as cameras deliver them: what fine detail is calibrated on and measured with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from training.common import Places

_SUFFIXES = {".jpg", ".jpeg", ".png"}


def read_large(places: Places, part: str) -> list[Path]:
    """Return the photos of one part, `calibrate` or `report`: half of each large/SET by the hash of the file's name.

    Photos of one camera stay together: only the name up to the first bracket is hashed.
    """
    return [path for path in _all(places) if _part(path) == part]


def _all(places: Places) -> Iterator[Path]:
    for folder in sorted((places.root / "large").iterdir()):
        yield from (path for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES)


def _part(path: Path) -> str:
    name = path.stem.split("(")[0].strip()
    return "report" if hashlib.sha256(name.encode()).digest()[0] % 2 else "calibrate"
