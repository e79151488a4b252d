"""TFLite models such as other people might bring: the mean colour of the picture through one dense layer.

They are small enough to be made in a test, and real enough for the real runtime: float or int8, any number of outputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl

FLOAT, INT8, UINT8 = 0, 9, 3
SIZE = 16

METADATA: dict[str, Any] = {
    "name": "tiny",
    "version": "1",
    "input": {
        "width": SIZE,
        "height": SIZE,
        "channels": "rgb",
        "mean": [0, 0, 0],
        "std": [255, 255, 255],
        "fit": "squash",
    },
    "outputs": [{"tensor": 0, "name": "aesthetic", "kind": "scalar", "scale": [1, 10], "activation": "none"}],
    "score": {"weights": {"aesthetic": 1}},
    "thresholds": {"reject_below": 20, "accept_from": 60, "stars": [20, 40, 60, 80]},
}


def write_model(
    path: Path,
    weights: Sequence[Sequence[float]],
    bias: Sequence[float],
    metadata: dict[str, Any],
    quantized: bool = False,
    alter: Callable[[Any], None] = lambda model: None,
) -> Path:
    """Write a model and its metadata.

    Args:
        path: where to write it; the metadata go beside it.
        weights: one row of three (for red, green, blue, each 0..1) for every value of the output.
        bias: one for every value of the output.
        metadata: the content of the .json.
        quantized: uint8 input and int8 output instead of float.
        alter: changes the schema's ModelT before it is written.
    """
    path.write_bytes(_model(np.array(weights, np.float32), np.array(bias, np.float32), quantized, alter))
    path.with_suffix(".json").write_text(json.dumps(metadata))
    return path


def _model(
    weights: np.ndarray[Any, Any], bias: np.ndarray[Any, Any], quantized: bool, alter: Callable[[Any], None]
) -> bytes:
    count = len(bias)
    buffers = [
        _buffer(b""),
        _buffer(np.array([1, 2], np.int32).tobytes()),
        _buffer(weights.tobytes()),
        _buffer(bias.tobytes()),
    ]
    picture, colour, out = [1, SIZE, SIZE, 3], [1, 3], [1, count]
    tensors = [_tensor(picture, FLOAT, 0), _tensor([2], 2, 1), _tensor(colour, FLOAT, 0), _tensor([count, 3], FLOAT, 2)]
    tensors += [_tensor([count], FLOAT, 3), _tensor(out, FLOAT, 0)]
    codes, operators = [_code(tfl.BuiltinOperator.MEAN), _code(tfl.BuiltinOperator.FULLY_CONNECTED)], []
    first, last = 0, 5
    if quantized:
        codes += [_code(tfl.BuiltinOperator.DEQUANTIZE), _code(tfl.BuiltinOperator.QUANTIZE)]
        tensors += [_tensor(picture, UINT8, 0, (1 / 255, 0)), _tensor(out, INT8, 0, (10 / 255, -128))]
        first, last = 6, 7
        operators.append(_operator(2, [first], [0]))
    mean, dense = tfl.ReducerOptionsT(), tfl.FullyConnectedOptionsT()
    operators.append(_operator(0, [0, 1], [2], tfl.BuiltinOptions.ReducerOptions, mean))
    operators.append(_operator(1, [2, 3, 4], [5], tfl.BuiltinOptions.FullyConnectedOptions, dense))
    if quantized:
        operators.append(_operator(3, [5], [last]))
    graph = tfl.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, operators, [first], [last]
    model = tfl.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, codes, [graph], buffers
    alter(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(data: bytes) -> Any:
    buffer = tfl.BufferT()
    buffer.data = list(data)
    return buffer


def _tensor(shape: list[int], kind: int, buffer: int, quantization: tuple[float, int] | None = None) -> Any:
    tensor = tfl.TensorT()
    tensor.shape, tensor.type, tensor.buffer = shape, kind, buffer
    if quantization is not None:
        tensor.quantization = tfl.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [quantization[0]], [quantization[1]]
    return tensor


def _code(builtin: int) -> Any:
    code = tfl.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 1
    return code


def _operator(code: int, inputs: list[int], outputs: list[int], kind: int = 0, options: Any = None) -> Any:
    operator = tfl.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator
