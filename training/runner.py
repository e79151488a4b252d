"""Running a `.tflite` as the daemon runs it: one interpreter, one thread, one photo. No TensorFlow is loaded here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


class Runner:
    """One single-threaded interpreter."""

    def __init__(self, path: Path) -> None:
        self._interpreter = Interpreter(str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self.outputs = self._interpreter.get_output_details()

    def __call__(self, photo: np.ndarray) -> list[np.ndarray]:
        """Return the raw outputs for one photo in the input's own type, in the interpreter's order."""
        self._interpreter.set_tensor(self._input["index"], photo[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output["index"])[0] for output in self.outputs]

    def places_of_outputs(self) -> dict[str, int]:
        """Return the position of each named output of the model's signature among the raw outputs."""
        (signature,) = self._interpreter.get_signature_list()
        named = self._interpreter.get_signature_runner(signature).get_output_details()
        order = [output["index"] for output in self.outputs]
        return {name: order.index(detail["index"]) for name, detail in named.items()}

    def operations(self) -> list[str]:
        """Return the names of the operations in the file."""
        return [operation["op_name"] for operation in self._interpreter._get_ops_details()]
