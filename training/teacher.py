"""The aesthetic teacher: NIMA (Talebi and Milanfar 2017, arXiv:1709.05424) on MobileNet, trained on AVA by idealo.

Its weights (Apache-2.0) come from a Keras that padded one pixel on every side before a convolution of stride 2; today's
Keras pads only at the bottom and right, which shifts scores by up to 0.46.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
from keras import layers

from training.mobilenet import WIDTHS
from training.teacher_input import TEACHER_SIZE


def build_teacher(weights: Path) -> keras.Model:
    """Photos [B, 224, 224, 3] in -1..1 to the distribution over the bins 1..10 [B, 10] and the features [B, 1024]."""
    model = teacher_network()
    _load(model, weights)
    return keras.Model(model.input, [model.output, model.get_layer("features").output])


def teacher_network() -> keras.Model:
    """Return the teacher with random weights."""
    image = layers.Input((TEACHER_SIZE, TEACHER_SIZE, 3))
    x = layers.ZeroPadding2D(1)(image)
    x = layers.Conv2D(32, 3, 2, use_bias=False, name="conv1")(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="conv1_bn")(x))
    for number, (channels, stride) in enumerate(WIDTHS, 1):
        if stride == 2:
            x = layers.ZeroPadding2D(1)(x)
        padding = "valid" if stride == 2 else "same"
        x = layers.DepthwiseConv2D(3, stride, padding, use_bias=False, name=f"conv_dw_{number}")(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization(name=f"conv_dw_{number}_bn")(x))
        x = layers.Conv2D(channels, 1, use_bias=False, name=f"conv_pw_{number}")(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization(name=f"conv_pw_{number}_bn")(x))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dense(10, activation="softmax", name="dense_1")(x)
    return keras.Model(image, x)


def _load(model: keras.Model, weights: Path) -> None:
    with h5py.File(weights) as stored:
        groups = stored.get("model_weights", stored)
        for layer in model.layers:
            if layer.weights:
                group = groups[layer.name]
                layer.set_weights([group[name][()] for name in group.attrs["weight_names"]])
