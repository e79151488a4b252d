"""The weights of a quantized file, read back: its Lite0 can be reused in another file without being trained again."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from training.common import TRUNK_BLOCKS
from training.network import HEAD_OF, LOW_NAMES, folded_norm

_NORM_OF = {"expand": 0, "depthwise": 1, "head": 1, "project": 2}
_LAYER = re.compile(r"/n([^;/]+?)_\d+/(?:convolution|depthwise|MatMul)(?:;|$)")
_IN_TRUNK = re.compile(rf"_conv_stem|_blocks_[0-{TRUNK_BLOCKS - 1}]_")
_HEADS = {f"{head}.{place}" for head in HEAD_OF.values() for place in ("top", *LOW_NAMES)}
_HEADS |= {*HEAD_OF, "opinion.back", "embedding"}
_IN_TORCH_ORDER = {"CONV_2D": (0, 3, 1, 2), "DEPTHWISE_CONV_2D": (3, 0, 1, 2), "FULLY_CONNECTED": (0, 1)}


def lite0_weights(path: Path) -> dict[str, np.ndarray]:
    """Return tail, heads and embedding of a file that `quantize` wrote, float32, by the names in `lite0`.

    The trunk is ImageNet's. The weights are those the file computes with: quantizing them again by the same photos
    changes next to nothing.

    Raises:
        ValueError: the file has other layers.
    """
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(str(path), experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    named: dict[str, np.ndarray] = {}
    for operation in interpreter._get_ops_details():
        order = _IN_TORCH_ORDER.get(operation["op_name"])
        found = order and _LAYER.search(tensors[operation["inputs"][1]]["name"])
        if found and not _IN_TRUNK.match(found[1]):
            kernel, bias = (_exact(interpreter, tensors[place]) for place in operation["inputs"][1:])
            named |= _layer(found[1], kernel.transpose(order), bias)
    if "_conv_head.weight" not in named or "quality.weight" not in named:
        raise ValueError(f"{path} was not made by training.quantize: its layers have other names")
    return named


def _exact(interpreter: Interpreter, tensor: dict) -> np.ndarray:
    quantized, how = interpreter.get_tensor(tensor["index"]), tensor["quantization_parameters"]
    shape = [1] * quantized.ndim
    shape[how["quantized_dimension"]] = -1
    return quantized.astype(np.float32) * how["scales"].reshape(shape)


def _layer(found: str, kernel: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Return one layer's weights by the names in `lite0`, which has dots where Keras allows none."""
    heads = {name.replace(".", "_"): name for name in _HEADS}
    if found in heads:
        return {f"{heads[found]}.weight": kernel.reshape(kernel.shape[:2]), f"{heads[found]}.bias": bias}
    name = re.sub(r"^_blocks_(\d+)_", r"_blocks.\1.", found)
    block, _, layer = name.rpartition(".")
    norm = "_bn" + str(next(number for part, number in _NORM_OF.items() if part in layer))
    return {f"{name}.weight": kernel, **folded_norm(f"{block}.{norm}" if block else norm, bias)}
