"""The first convolution of a network over photos, arranged so that it takes half the time.

A convolution over three channels leaves most of a processor's wide multipliers idle. So four pixels of a row are taken
as one of twelve channels, which costs nothing because they are side by side, and their results are output together. The
sums are the same.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

TOGETHER = 4
BEFORE = ((1, 0), (1, 0))
"""Padding at the top and left only."""


def add_stem(
    image: keras.KerasTensor, kernel: np.ndarray, bias: np.ndarray, step: int, name: str, before: bool = False
) -> keras.KerasTensor:
    """Add a convolution of 3x3 with a stride of 2, rectified, over every `step`-th pixel of every `step`-th row.

    Args:
        image: [B, S, S, 3]; S is a multiple of 4.
        kernel: [C, 3, 3, 3] as PyTorch has it: out, in, row, column.
        bias: [C].
        step: 1 or 2.
        name: of the layer.
        before: one pixel is padded at the top and left; otherwise at the bottom and right.

    Returns: [B, S / step / 2, S / step / 2, C].
    """
    size, channels = image.shape[1], len(bias)
    groups, put_out = size // TOGETHER, TOGETHER // (2 * step)
    wide = np.zeros((3, 2 * TOGETHER, 3, put_out, channels), np.float32)
    for which in range(put_out):
        start = 2 * step * which + (TOGETHER - step if before else 0)
        wide[:, start : start + 2 * step + 1 : step, :, which] = kernel.transpose(2, 3, 1, 0)
    rows = layers.Reshape((size // step, step * groups, 3 * TOGETHER))(image)
    if step == 2:  # two rows become one, and the second is left out
        rows = layers.Cropping2D(((0, 0), (0, groups)))(rows)
    if before:
        rows = layers.ZeroPadding2D(BEFORE)(rows)
    layer = layers.Conv2D(put_out * channels, (3, 2), (2, 1), "valid" if before else "same", name=name)
    x = layer(rows)
    layer.set_weights([wide.reshape(3, 2, 3 * TOGETHER, -1), np.tile(bias, put_out)])
    side = size // (2 * step)
    x = layers.ReLU(6.0)(x)
    return x if put_out == 1 else layers.Reshape((side, side, channels))(x)
