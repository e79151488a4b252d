"""Where the sidecar of a photo is, and which photo an `IMG.xmp` belongs to.

The name `IMG.jpg.xmp` says whose it is. `IMG.xmp` does not: beside IMG.CR2 and IMG.JPG it belongs to one of them, and
taking it for the other's would give one photo the values of another.
"""

from __future__ import annotations

import os
import re
from enum import Enum
from pathlib import Path

RAW_EXTENSIONS = frozenset(
    re.findall(
        r"\w+",
        "3fr arw bay cap cr2 cr3 crw dcr dcs dng eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef ptx"
        " raf raw rw2 rwl rwz sr2 srf srw x3f",
    )
)
IMAGE_EXTENSIONS = RAW_EXTENSIONS | frozenset(
    re.findall(
        r"\w+", "jpg jpeg jpe jfif mpo png tif tiff webp heic heics heif heifs hif avif avifs jxl jp2 bmp gif psd"
    )
)


class Naming(str, Enum):
    """How a sidecar is named."""

    FULL = "full"
    """`IMG.jpg.xmp`: digiKam, darktable, Immich, PhotoPrism. No two photos share it."""

    BASE = "base"
    """`IMG.xmp`: what Adobe programs, and those that follow them, read beside a RAW file."""


def sidecar_path(photo: Path, naming: Naming = Naming.FULL) -> Path:
    """The sidecar of a photo by its name alone; `places` takes account of neighbours and of what exists."""
    return photo.with_name(photo.name + ".xmp") if naming is Naming.FULL else photo.with_suffix(".xmp")


def extension(photo: Path) -> str:
    """The photo's extension as in `photoshop:SidecarForExtension`: without the dot, letters unchanged."""
    return photo.suffix.removeprefix(".")


def belongs(photo: Path, owner_extension: str | None) -> bool | None:
    """Whether the `IMG.xmp` beside a photo belongs to it and not to another photo with the same stem.

    Args:
        photo: the photo.
        owner_extension: the extension that the sidecar names as its owner's; None: it names none.

    Returns:
        None if nobody can tell.
    """
    if is_named_after_another(photo):
        return False
    own = extension(photo)
    if owner_extension:
        owner = owner_extension.removeprefix(".")
        if owner.lower() != own.lower():
            return False
        return owner == own or not _is_another(photo, os.fspath(photo.with_suffix(f".{owner}")))
    siblings = _siblings(photo)
    if not siblings:
        return True
    # Adobe programs write sidecars only for RAW files; the JPEG beside one carries its own XMP.
    raws = siblings & RAW_EXTENSIONS
    if own.lower() in RAW_EXTENSIONS:
        return None if raws else True
    return False if raws else None


def is_named_after_another(photo: Path) -> bool:
    """Whether a photo's would-be `IMG.xmp` is another's by its full name: IMG.jpg.xmp beside IMG.jpg.jpg."""
    other = photo.with_suffix("")
    return extension(other).lower() in IMAGE_EXTENSIONS and os.path.lexists(other)


def _siblings(photo: Path) -> set[str]:
    """The extensions of other photos in the same folder with the same stem."""
    own = extension(photo)
    stem = os.fspath(photo.with_suffix(""))
    found = set()
    for ext in IMAGE_EXTENSIONS:
        for variant in (ext, ext.upper(), ext.capitalize()):
            if variant != own and _is_another(photo, f"{stem}.{variant}"):  # creating 100 Path objects would cost more
                found.add(ext)
    return found


def _is_another(photo: Path, name: str) -> bool:
    """Whether another file has that name. On a memory card, IMG.jpg and IMG.JPG are the same file, with one link."""
    try:
        other = os.lstat(name)
    except OSError:
        return False
    return other.st_nlink > 1 or not os.path.lexists(photo) or not os.path.samestat(photo.lstat(), other)
