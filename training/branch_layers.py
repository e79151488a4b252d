"""The aesthetic branch in Keras, as it is written to the file."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

from training.common import BRANCH_STEP
from training.mobilenet import SQUEEZED_FROM, WIDTHS
from training.stem import BEFORE, add_stem


def add_branch(weights: Mapping[str, np.ndarray], image: keras.KerasTensor) -> keras.KerasTensor:
    """Return the logits of NIMA's ten bins [B, 10] for photos [B, S, S, 3], from the weights of `Branch.arrays`.

    Before a stride of 2, one pixel is padded at the top and left. The teacher was trained with one on every side, but
    a stride of 2 over an even number of pixels never reaches the ones at the bottom and right.
    """

    def conv(x: keras.KerasTensor, name: str, stride: int = 1, relu: bool = True) -> keras.KerasTensor:
        kernel, bias = weights[f"branch.{name}.weight"], weights[f"branch.{name}.bias"]
        channels, inputs, size, _ = kernel.shape
        if stride == 2:
            x = layers.ZeroPadding2D(BEFORE)(x)
        how = {"padding": "valid" if stride == 2 else "same", "name": f"branch_{name.replace('.', '_')}"}
        if inputs == 1:
            layer, order = layers.DepthwiseConv2D(size, stride, **how), (2, 3, 0, 1)
        else:
            layer, order = layers.Conv2D(channels, size, stride, **how), (2, 3, 1, 0)
        x = layer(x)
        layer.set_weights([kernel.transpose(order), bias])
        return layers.ReLU(6.0)(x) if relu else x

    first = weights["branch.layers.0.weight"], weights["branch.layers.0.bias"]
    x = add_stem(image, *first, BRANCH_STEP, "branch_layers_0", before=True)
    for block, (_, stride) in enumerate(WIDTHS, 1):
        x = conv(x, f"layers.{2 * block - 1}", stride)
        pointwise = f"layers.{2 * block}"
        if block >= SQUEEZED_FROM:
            x = conv(conv(x, f"{pointwise}.onto", relu=False), f"{pointwise}.back")
        else:
            x = conv(x, pointwise)
    last = layers.Dense(len(weights["branch.last.bias"]), name="branch_last")
    logits = last(layers.GlobalAveragePooling2D(name="branch_mean")(x))
    last.set_weights([weights["branch.last.weight"][:, :, 0, 0].T, weights["branch.last.bias"]])
    return logits
