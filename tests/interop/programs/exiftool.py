"""exiftool: reads any XMP, and returns everything in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NEEDS = ("exiftool",)


def read(files: Iterable[Path]) -> dict[Path, dict[str, Any]]:
    """Every XMP property of every file, by `XMP-group:Name`, in the form that XMP has it."""
    command = ["exiftool", "-json", "-n", "-struct", "-G1", "-XMP:all", "-charset", "filename=UTF8", "-@", "-"]
    names = "\n".join(map(str, files))
    done = subprocess.run(command, input=names, capture_output=True, text=True, timeout=60, check=True)
    return {Path(each.pop("SourceFile")): each for each in json.loads(done.stdout)}


def write(file: Path, *assignments: str) -> None:
    """Change properties of a file: `-XMP-dc:Title=Dawn`."""
    command = ["exiftool", "-q", "-overwrite_original", "-P", *assignments, str(file)]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
