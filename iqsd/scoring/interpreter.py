"""The one file that uses the TFLite runtime: numbers in, numbers out, quantization hidden."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from iqsd.errors import ModelError
from iqsd.file_pages import let_go
from iqsd.models import is_shipped
from iqsd.photos.formats import Pixels
from iqsd.scoring.metadata import Input, Metadata
from iqsd.scoring.tensors import Tensor, channels_first, check_inputs, check_outputs, check_sizes, input_shape

Floats = npt.NDArray[np.float32]


class Network:
    """A .tflite file, loaded once. Not for use by two threads at a time.

    Args:
        model: the .tflite file.
        metadata: what its metadata file says; it is checked here against what the model really has.

    Attributes:
        input: what goes in.
        outputs: what comes out, by number; only the outputs that the metadata name.

    Raises:
        ModelError: it is not a TFLite model, its shapes or numbers do not match the metadata, or it does not run.
    """

    def __init__(self, model: Path, metadata: Metadata) -> None:
        self._file = model
        if not model.is_file():
            raise ModelError("there is no such model file", model)
        try:
            with _unchanging(model) as path:
                self._interpreter = Interpreter(model_path=path, num_threads=1)
            inputs = [_tensor(detail) for detail in self._interpreter.get_input_details()]
            check_inputs(model, metadata, inputs)
            self._outputs = self._interpreter.get_output_details()
            check_outputs(model, metadata, [_tensor(detail) for detail in self._outputs])
            self.input = inputs[0]
            self._place = self._interpreter.get_input_details()[0]["index"]
            if -1 in self.input.shape:
                self._interpreter.resize_tensor_input(self._place, input_shape(metadata.input, self.input))
            self._interpreter.allocate_tensors()
            self._turned = channels_first(self.input)
            self._lookup = _lookup(metadata.input, self.input)
            self._feed(np.full((metadata.input.height, metadata.input.width, 3), 127, np.uint8))
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"is not a TFLite model that this runtime can run: {reason}", model) from None
        except OSError as error:
            raise ModelError(f"cannot be read: {error.strerror}", model) from None
        # By now the runtime has stored the weights elsewhere, in its own order.
        file = str(model.resolve())
        let_go(lambda _, path: path == file)
        # After the first run every size is known, even of outputs whose size follows the input's.
        self.outputs = {
            place: replace(
                _tensor(self._outputs[place]), shape=self._interpreter.get_tensor(self._outputs[place]["index"]).shape
            )
            for place in sorted({output.tensor for output in metadata.outputs})
        }
        check_sizes(model, metadata, self.outputs)
        self._answer()

    def run(self, pixels: Pixels) -> dict[int, Floats]:
        """Run one photo through the network.

        Args:
            pixels: RGB or BGR as the metadata says, uint8, shape (height, width, 3) of the model's input.

        Returns:
            the outputs that the metadata name, by number: float32 vectors, dequantized.

        Raises:
            ModelError: an output is not finite for this photo, or has another shape than for others.
        """
        self._feed(pixels)
        return self._answer()

    def _feed(self, pixels: Pixels) -> None:
        value = pixels if self._lookup is None else self._lookup[pixels, np.arange(3)]
        if self._turned:
            value = value.transpose(2, 0, 1)
        self._interpreter.set_tensor(self._place, np.ascontiguousarray(value[np.newaxis]))
        self._interpreter.invoke()

    def _answer(self) -> dict[int, Floats]:
        return {place: self._read(place, tensor) for place, tensor in self.outputs.items()}

    def _read(self, place: int, tensor: Tensor) -> Floats:
        raw = np.asarray(self._interpreter.get_tensor(self._outputs[place]["index"]), np.float32)
        if raw.shape != tensor.shape:
            raise ModelError(
                f"output {place} has shape {raw.shape} for one picture, {tensor.shape} for others", self._file
            )
        if not np.isfinite(raw).all():
            raise ModelError(f"output {place} is infinite or not a number for some pictures", self._file)
        raw = raw.reshape(-1)
        return (raw - tensor.zero) * np.float32(tensor.scale) if tensor.is_whole else raw


@contextlib.contextmanager
def _unchanging(model: Path) -> Iterator[str]:
    """A file with the model that nobody changes while the runtime, which keeps reading it, is using it.

    pip and git replace the model that comes with iqsd with a new file. People copy their own model over the old one:
    photos would then be judged by a mixture of both under the old name, or crash their worker.
    """
    if is_shipped(model):
        yield str(model)
        return
    with model.open("rb") as file, os.fdopen(os.memfd_create("model"), "wb") as memory:
        shutil.copyfileobj(file, memory)
        memory.flush()
        yield f"/proc/self/fd/{memory.fileno()}"


def _tensor(detail: dict[str, Any]) -> Tensor:
    shape = detail["shape_signature"] if len(detail["shape_signature"]) else detail["shape"]
    scale, zero = detail["quantization"]
    return Tensor(tuple(int(side) for side in shape), np.dtype(detail["dtype"]).name, float(scale), int(zero))


def _lookup(how: Input, tensor: Tensor) -> npt.NDArray[np.generic] | None:
    """A table [256, 3] from byte to input value; None if the byte itself is the value."""
    values = (np.arange(256, dtype=np.float64)[:, None] - how.mean) / how.std
    if not tensor.is_whole:
        return values.astype(tensor.dtype)
    info = np.iinfo(tensor.dtype)
    numbers = np.round(values / (tensor.scale or 1) + tensor.zero)  # without a scale, the values go in as they are
    table: npt.NDArray[np.generic] = np.clip(numbers, info.min, info.max).astype(tensor.dtype)
    same = info.min == 0 and bool((table == np.arange(256)[:, None]).all())
    return None if same else table
