"""Which models there are: the one that comes with iqsd, those in the user's folder, and the one the settings name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import ModelError
from iqsd.paths import shipped
from iqsd.scoring.metadata import Metadata, metadata_path, read_metadata


@dataclass(frozen=True)
class Model:
    """A model that iqsd could use.

    Attributes:
        file: the .tflite.
        size: bytes; None if there is no such file.
        metadata: what its metadata file says; if it cannot be used, the error that says why.
        shipped: whether it comes with iqsd.
        in_use: whether the settings name it.
    """

    file: Path
    size: int | None
    metadata: Metadata | ModelError
    shipped: bool
    in_use: bool

    @property
    def names(self) -> set[str]:
        """What a person may call it: the file's name without suffix, its own name, or that with the version."""
        names = {self.file.stem}
        if isinstance(self.metadata, Metadata):
            names |= {self.metadata.name, self.metadata.name.rpartition("/")[0]}
        return names


def shipped_model() -> Path:
    """The .tflite that comes with iqsd; its metadata file is beside it."""
    return shipped("models/iqsd.tflite")


def list_models(folder: Path, configured: Path | None) -> list[Model]:
    """Every model that iqsd knows of, the shipped one first.

    Args:
        folder: where the user's models are.
        configured: the model that the settings name; None: the shipped one is in use.
    """
    in_use = configured or shipped_model()
    files: dict[tuple[str, str], Path] = {}
    for file in [shipped_model(), *sorted(folder.glob("*.tflite")), in_use]:
        files.setdefault(_real(file), file.absolute())
    return [_look_at(file, real == _real(in_use)) for real, file in files.items()]


def is_shipped(file: Path) -> bool:
    """Whether this is the model that comes with iqsd, under any name."""
    return _real(file) == _real(shipped_model())


def _real(model: Path) -> tuple[str, str]:
    """Model and metadata with links resolved. A link's metadata file is beside the link, and may be another."""
    return os.path.realpath(model), os.path.realpath(metadata_path(model))


def find_model(wanted: str, models: Sequence[Model]) -> Path:
    """The file of the model that a person names: by the name of one of the models, or by a file's path.

    Raises:
        ModelError: there is no such model, or several have that name.
    """
    named = [model.file for model in models if wanted in model.names]
    if len(named) > 1:
        raise ModelError(f"{wanted!r} is the name of {' and of '.join(map(str, named))}", advice="name the file")
    if named:
        return named[0]
    file = Path(os.path.expanduser(wanted)).absolute()  # noqa: PTH111  # leaves an unknown user's ~ alone
    if not file.is_file():
        raise ModelError(f"there is no model or file {wanted!r}", advice="`iqsd models list` shows what there is")
    return file


def _look_at(file: Path, in_use: bool) -> Model:
    metadata: Metadata | ModelError
    try:
        metadata = read_metadata(file)
    except ModelError as error:
        metadata = error
    size = file.stat().st_size if file.is_file() else None
    return Model(file, size, metadata, is_shipped(file), in_use)
