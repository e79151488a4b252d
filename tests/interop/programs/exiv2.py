"""exiv2: the library with which digiKam and darktable read XMP, through its own command."""

from __future__ import annotations

import subprocess
from pathlib import Path

NEEDS = ("exiv2",)


def read(file: Path) -> dict[str, str]:
    """Every XMP property of a file, by its key (`Xmp.xmp.Rating`)."""
    done = subprocess.run(["exiv2", "-q", "-PXkv", str(file)], capture_output=True, text=True, timeout=60, check=True)
    pairs = (line.partition(" ") for line in done.stdout.splitlines())
    return {key: value.strip() for key, _, value in pairs}
