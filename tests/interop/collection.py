"""A small library of photos, as people have them, and what iqsd reported when it rated them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import PHOTOS, Iqsd

from .programs import exiftool

SETTLE = "[watch]\nsettle_seconds = 0.3\n"
ALL_REJECTED = SETTLE + "[rating]\nreject_below = 100\naccept_from = 100\nstars = [99, 99, 99, 100]\n"
ALL_ACCEPTED = SETTLE + "[rating]\nreject_below = 0\naccept_from = 0\nstars = [0, 0, 0, 0]\n"
LABELS = {"rejected": 1, "pending": 2, "accepted": 3}

_NAMES = (
    "plain.jpg",
    "Sommer 2026/süß & schön.jpg",
    "Sommer 2026/zwei  Leerzeichen.jpg",
    "été/日没.jpg",
    "from adobe.jpg",
    "tagged.jpg",
)
TITLE, TAGS, FACE = "Dämmerung über dem Tal", {"Orte/Tal", "Wetter"}, "Ada"
ADOBE_TITLE = "Named in Lightroom"
_FACE = f"Area={{X=0.5,Y=0.4,W=0.2,H=0.3,Unit=normalized}},Name={FACE},Type=Face"
_EMBEDDED = (
    f"-XMP-dc:Title={TITLE}",
    *(f"-XMP-digiKam:TagsList={tag}" for tag in sorted(TAGS)),
    *(f"-XMP-dc:Subject={tag.rpartition('/')[2]}" for tag in sorted(TAGS)),
    f"-XMP-mwg-rs:RegionInfo={{AppliedToDimensions={{W=640,H=480,Unit=pixel}},RegionList=[{{{_FACE}}}]}}",
)


class Marks(NamedTuple):
    """The two fields; None: not set."""

    rating: int | None
    pick_label: int | None


def fill(pictures: Path) -> None:
    """Copy the photographs into folders with names such as people use.

    One (tagged.jpg) has title, tags and a face embedded, one (from adobe.jpg) has a sidecar with a title, named as
    Adobe does.
    """
    for photo, name in zip(PHOTOS, _NAMES, strict=False):
        copy = pictures / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(photo, copy)
    exiftool.write(pictures / "tagged.jpg", *_EMBEDDED)
    exiftool.write(pictures / "from adobe.xmp", f"-XMP-dc:Title={ADOBE_TITLE}")


def said(iqsd: Iqsd) -> dict[str, Marks]:
    """Rescan, and return what iqsd says it wrote, by path in the pictures folder."""
    lines = iqsd.rescan()
    assert all("error" not in line for line in lines), lines
    return {_name(iqsd, line): Marks(**line["written"]) for line in lines if "written" in line}


def sidecars(folder: Path) -> dict[str, Marks]:
    """The marks in the sidecars of the photos in one folder, by the photo's name; read with exiftool."""
    files = sorted(folder.glob("*.xmp"))
    return {file.name.removesuffix(".xmp"): marks(found) for file, found in exiftool.read(files).items()}


def all_are(folder: Path, expected: Callable[[Marks], bool]) -> bool:
    """Whether all sidecars in a folder are as expected, which is false while a program is writing one of them."""
    try:
        return all(map(expected, sidecars(folder).values()))
    except subprocess.CalledProcessError:
        return False


def marks(properties: dict[str, Any]) -> Marks:
    """The two fields among what exiftool found; zero means none."""
    return Marks(properties.get("XMP-xmp:Rating") or None, properties.get("XMP-digiKam:PickLabel") or None)


def other_model(folder: Path) -> Path:
    """The shipped model under another name: to iqsd, a new model."""
    from iqsd.models import shipped_model

    model = Path(shutil.copy(shipped_model(), folder / "other.tflite"))
    shutil.copy(shipped_model().with_name("detail.json"), folder)
    metadata = json.loads(shipped_model().with_suffix(".json").read_text("utf-8"))
    metadata["name"] = "another"
    model.with_suffix(".json").write_text(json.dumps(metadata), "utf-8")
    return model


def _name(iqsd: Iqsd, line: dict[str, Any]) -> str:
    return str(Path(line["path"]).relative_to(iqsd.pictures))
