"""The one file that knows the TFLite runtime: numbers in, numbers out, quantization hidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from iqsd.errors import ModelError
from iqsd.photos.formats import Pixels
from iqsd.scoring.metadata import Input, Metadata

Floats = npt.NDArray[np.float32]


class Network:
    """A .tflite file, loaded once. Not for use by two threads at a time.

    Args:
        model: the .tflite file.
        metadata: what its metadata file says; checked here against what the model really has.

    Raises:
        ModelError: not a TFLite model, or its shapes are not those of the metadata.
    """

    def __init__(self, model: Path, metadata: Metadata) -> None:
        if not model.is_file():
            raise ModelError("there is no such model file", model)
        try:
            self._interpreter = Interpreter(model_path=str(model), num_threads=1)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"is not a TFLite model that this runtime can load: {error}", model) from None
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()
        _check(model, metadata, [tuple(self._input["shape"])], [int(np.prod(o["shape"])) for o in self._outputs])
        self._lookup = _lookup(metadata.input, self._input["dtype"], self._input["quantization"])

    def run(self, pixels: Pixels) -> list[Floats]:
        """One photo through the network.

        Args:
            pixels: RGB or BGR as the metadata says, uint8, shape (height, width, 3) of the model's input.

        Returns:
            one float32 vector per output tensor, dequantized.
        """
        value = pixels if self._lookup is None else self._lookup[pixels, np.arange(3)]
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(value[np.newaxis]))
        self._interpreter.invoke()
        return [self._read(output) for output in self._outputs]

    def _read(self, output: dict[str, object]) -> Floats:
        raw = self._interpreter.get_tensor(output["index"]).reshape(-1)
        if raw.dtype.kind == "f":
            return raw.astype(np.float32)  # type: ignore[no-any-return]
        scale, zero = output["quantization"]  # type: ignore[misc]  # a (scale, zero point) pair by TFLite's contract
        return (raw.astype(np.float32) - zero) * np.float32(scale)  # type: ignore[no-any-return,has-type]


def _check(model: Path, metadata: Metadata, inputs: list[tuple[int, ...]], sizes: list[int]) -> None:
    wanted = (1, metadata.input.height, metadata.input.width, 3)
    if tuple(int(n) for n in inputs[0]) != wanted:
        raise ModelError(f"takes input of shape {inputs[0]}, its metadata says {wanted}", model)
    for output in metadata.outputs:
        if output.tensor >= len(sizes):
            raise ModelError(f"has {len(sizes)} outputs, its metadata names tensor {output.tensor}", model)
        if output.size is not None and sizes[output.tensor] != output.size:
            raise ModelError(
                f"output {output.tensor} ({output.name}) has {sizes[output.tensor]} values, "
                f"its metadata says {output.size}",
                model,
            )


def _lookup(how: Input, dtype: type, quantization: tuple[float, int]) -> npt.NDArray[np.generic] | None:
    """A table [256, 3] from byte to input value; None where the byte itself is the value."""
    values = (np.arange(256, dtype=np.float64)[:, None] - how.mean) / how.std
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    scale, zero = quantization
    info = np.iinfo(dtype)
    table: npt.NDArray[np.generic] = np.clip(np.round(values / scale + zero), info.min, info.max).astype(dtype)
    same = info.min == 0 and bool((table == np.arange(256)[:, None]).all())
    return None if same else table
