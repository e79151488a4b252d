"""From Keras to `.tflite`: the only module that knows the converter."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from training.common import scaled
from training.compact import compact


def to_float_tflite(model: keras.Model) -> bytes:
    with _converter(model) as converter:
        return converter.convert()


def to_int8_tflite(model: keras.Model, photos: Iterable[np.ndarray], output_type: tf.DType = tf.float32) -> bytes:
    """Quantize weights per channel and activations by `photos`, uint8 [H, W, 3]; the input is raw RGB bytes.

    With float32 outputs (dequantized inside the model), a program that runs the model needs no scales.
    """
    with _converter(model) as converter:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([scaled(photo)[None]] for photo in photos)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = output_type
        return compact(converter.convert())


@contextmanager
def _converter(model: keras.Model) -> Iterator[tf.lite.TFLiteConverter]:
    """Convert through a SavedModel: directly from Keras 3 the weights stay variables, which calibration cannot read."""
    shape = (1, *model.inputs[0].shape[1:])
    with tempfile.TemporaryDirectory() as folder:
        signature = [keras.InputSpec(shape=shape, dtype="float32", name="image")]
        model.export(folder, verbose=False, input_signature=signature)
        yield tf.lite.TFLiteConverter.from_saved_model(folder)
