"""What is measured: the name, and the command that judges photos."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import HERE


@dataclass(frozen=True)
class Contestant:
    """One way to judge photos.

    Attributes:
        name: as in the table.
        command: from (folder of photos, photos) to the command line.
        suffixes: which files it can read; empty: all.
        uses_previews: whether a preview saves it from decoding the picture: measuring it then takes more photos.
    """

    name: str
    command: Callable[[Path, list[str]], list[str]]
    suffixes: tuple[str, ...] = ()
    uses_previews: bool = False

    def reads(self, suffix: str) -> bool:
        """Whether it can read files of this kind."""
        return not self.suffixes or suffix in self.suffixes


def contestants(jobs: int, tensorflow: Path | None, work: Path) -> list[Contestant]:
    """All contestants that can run here.

    Args:
        jobs: processes or threads, one per core.
        tensorflow: a Python with TensorFlow, for the two peers; None leaves them out.
        work: folder for the models of the peers.
    """
    number = str(jobs)
    rescan = [sys.executable, "-m", "iqsd", "rescan", "--jobs", number]
    floor = [sys.executable, "-m", "benchmarks.floor", number]
    found = [
        Contestant("iqsd", lambda folder, _: [*rescan, str(folder)], uses_previews=True),
        Contestant("floor", lambda _, photos: [*floor, *photos], uses_previews=True),
    ]
    if tensorflow is not None:
        way, model = str(HERE / "digikam_way.py"), str(work / "inceptionv3.tflite")
        nima = [str(tensorflow), str(HERE / "idealo_way.py"), number]
        found += [
            Contestant("digiKam's way", lambda _, photos: [sys.executable, way, model, number, *photos]),
            Contestant("idealo's way", lambda _, photos: [*nima, *photos], (".jpg",)),
        ]
    return found
