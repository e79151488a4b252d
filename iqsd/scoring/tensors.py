"""What goes into a model and what comes out, and whether its metadata describe the same. Pure: no runtime."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import ModelError
from iqsd.scoring.metadata import Input, Metadata

_WHOLE = ("int8", "uint8", "int16")
_ANY = -1


@dataclass(frozen=True)
class Tensor:
    """One input or output of a model.

    Attributes:
        shape: -1 where the model leaves the size open.
        dtype: numpy's name of its type.
        scale: a whole number `n` stands for `(n - zero) * scale`; 0 if the model gives no scale.
        zero: see `scale`.
    """

    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers, which need a scale."""
        return self.dtype in _WHOLE

    def __str__(self) -> str:
        """For people: type, shape, and what the whole numbers stand for."""
        shape = "x".join("any" if side == _ANY else str(side) for side in self.shape)
        return f"{self.dtype} {shape}" + (f", (n - {self.zero}) * {self.scale:.6g}" if self.scale else "")


def channels_first(tensor: Tensor) -> bool:
    """Whether a picture goes in as [1, 3, height, width], as models made with PyTorch expect it."""
    return len(tensor.shape) == 4 and tensor.shape[1] == 3 and tensor.shape[3] != 3


def input_shape(how: Input, tensor: Tensor) -> tuple[int, int, int, int]:
    """The shape of one picture in the order that the model expects."""
    sides = (how.height, how.width)
    return (1, 3, *sides) if channels_first(tensor) else (1, *sides, 3)


def check_inputs(model: Path, metadata: Metadata, inputs: list[Tensor]) -> None:
    """Check that the model takes one picture of the metadata's size, in a type of number that iqsd can make.

    Raises:
        ModelError: it does not.
    """
    if len(inputs) != 1:
        raise ModelError(f"takes {len(inputs)} inputs; iqsd provides one, the picture", model)
    tensor = inputs[0]
    wanted = input_shape(metadata.input, tensor)
    fits = len(tensor.shape) == 4 and all(have in (_ANY, want) for have, want in zip(tensor.shape, wanted, strict=True))
    if not fits:
        raise ModelError(f"takes input of shape {tensor.shape}, but its metadata says {wanted}", model)
    bytes_as_they_are = tensor.dtype == "uint8" and set(metadata.input.mean) == {0} and set(metadata.input.std) == {1}
    if not bytes_as_they_are:
        _check_numbers(model, "its input", tensor)


def check_outputs(model: Path, metadata: Metadata, outputs: list[Tensor]) -> None:
    """Check that each output of the metadata exists, in a type of number that iqsd can read.

    Raises:
        ModelError: one is not.
    """
    for output in metadata.outputs:
        if output.tensor >= len(outputs):
            raise ModelError(f"has {len(outputs)} outputs, but its metadata names tensor {output.tensor}", model)
        _check_numbers(model, f"output {output.tensor} ({output.name})", outputs[output.tensor])


def check_sizes(model: Path, metadata: Metadata, outputs: Mapping[int, Tensor]) -> None:
    """Check that each output of the metadata has as many values as it needs.

    Raises:
        ModelError: one has more or less.
    """
    for output in metadata.outputs:
        count = math.prod(outputs[output.tensor].shape)
        if output.size is not None and count != output.size:
            raise ModelError(
                f"output {output.tensor} ({output.name}) has {count} values, but its metadata says {output.size}", model
            )


def _check_numbers(model: Path, what: str, tensor: Tensor) -> None:
    if tensor.dtype == "float32":
        return
    if not tensor.is_whole:
        raise ModelError(f"{what} is of {tensor.dtype}; iqsd knows float32 and {', '.join(_WHOLE)}", model)
    if not 0 < tensor.scale < math.inf:
        raise ModelError(f"{what} is of {tensor.dtype} and has no scale, so it is unknown what its numbers mean", model)
