"""What is sent to a worker with every photo, so that it can refuse if it would judge differently from the sender."""

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
    """Which iqsd and which model to judge with.

    Attributes:
        version: of the iqsd that sends the order.
        code: a digest of that iqsd's code: checkouts of the same version may judge differently.
        model: the .tflite file, by its path on the sender's machine.
        digest: of that file, its metadata and its constants.
        witnesses: for each folder to rate that exists: something in it, or the folder itself if it is empty.
    """

    version: str
    code: str
    model: Path
    digest: str
    witnesses: tuple[Path, ...]

    @classmethod
    def of(cls, model: Path, folders: Sequence[Path]) -> Order:
        """The order that this iqsd sends.

        Args:
            model: the .tflite file.
            folders: what will be rated.
        """
        witnesses = [found for folder in folders if (found := _witness(folder)) is not None]
        return cls(__version__, CODE, model, digest(model), tuple(witnesses))

    def model_here(self) -> Path | None:
        """The same model on this machine: at the same path, or the one that comes with iqsd; None: neither."""
        return next((model for model in (self.model, shipped_model()) if digest(model) == self.digest != ""), None)

    def unseen(self) -> Path | None:
        """A witness that this machine does not see; None: it sees all of them."""
        return next((witness for witness in self.witnesses if not os.path.lexists(witness)), None)


def digest(model: Path) -> str:
    """A digest of a model, its metadata and what they name: equal for models that judge alike; empty if unreadable."""
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
"""A digest of this iqsd's code as it was at the start: a running worker does not judge with what an update brings."""


def _witness(folder: Path) -> Path | None:
    """Something in the folder, since elsewhere it may be an empty mount point; an empty folder stands for itself."""
    try:
        with os.scandir(folder) as entries:
            found = next(entries, None)
    except OSError:  # gone here too: this is reported once all others are rated
        return None
    return folder if found is None else folder / found.name
