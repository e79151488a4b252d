"""What goes with every photo to a worker, so that it can say that it would judge otherwise than the one who asks."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd import __version__
from iqsd.models import shipped_model
from iqsd.scoring.metadata import metadata_path


@dataclass(frozen=True)
class Order:
    """By whom and by what to judge.

    Attributes:
        version: of the iqsd that asks.
        code: of that iqsd, a digest: checkouts of one version may judge otherwise.
        model: the .tflite file, where the one who asks has it.
        digest: of that file, its metadata and its constants.
        witnesses: a file or folder that lies in each of the folders to rate that are there.
    """

    version: str
    code: str
    model: Path
    digest: str
    witnesses: tuple[Path, ...]

    @classmethod
    def of(cls, model: Path, folders: Sequence[Path]) -> Order:
        """The order of this iqsd.

        Args:
            model: the .tflite file.
            folders: what will be rated.
        """
        witnesses = [found for folder in folders if (found := _witness(folder)) is not None]
        return cls(__version__, CODE, model, digest(model), tuple(witnesses))

    def model_here(self) -> Path | None:
        """The same model on this machine: at the same place, or the one that comes with iqsd; None: neither."""
        return next((model for model in (self.model, shipped_model()) if digest(model) == self.digest != ""), None)

    def unseen(self) -> Path | None:
        """Something that lies in a folder to rate, and that this machine does not see; None: it sees all."""
        return next((witness for witness in self.witnesses if not os.path.lexists(witness)), None)


def digest(model: Path) -> str:
    """Of a model, its metadata and what these name: equal for models that judge alike; empty if there is none."""
    try:
        metadata = metadata_path(model).read_bytes()
        files = [model.read_bytes(), metadata]
        if detail := json.loads(metadata).get("detail"):
            files.append(model.with_name(str(detail)).read_bytes())
    except (OSError, ValueError, AttributeError):
        return ""
    return hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in files)).hexdigest()


def _code() -> str:
    package = Path(__file__).parents[1]
    files = sorted(package.rglob("*.py"))
    known = ((file.relative_to(package).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files)
    return hashlib.sha256(repr(list(known)).encode()).hexdigest()


CODE = _code()
"""Of this iqsd as it was when it began: what an update brings later is not what a worker judges by."""


def _witness(folder: Path) -> Path | None:
    """An empty folder speaks for itself; one with something in it may be a mount point whose disk is away."""
    try:
        with os.scandir(folder) as entries:
            found = next(entries, None)
    except OSError:  # gone here, too: that is told when all others are rated
        return None
    return folder if found is None else folder / found.name
