"""Models as different tools write them: which tensors are understood, and which cause a clear error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as tfl
from PIL import Image

from iqsd.errors import ModelError
from iqsd.scoring.fitting import fit
from iqsd.scoring.metadata import Input
from iqsd.scoring.scorer import Scorer
from tests.tiny_model import INT8, METADATA, SIZE, write_model

RED = np.full((40, 60, 3), (255, 0, 0), np.uint8)


def tensors(model: Any) -> list[Any]:
    return list(model.subgraphs[0].tensors)


def first(model: Any) -> Any:
    return tensors(model)[model.subgraphs[0].inputs[0]]


def last(model: Any) -> Any:
    return tensors(model)[model.subgraphs[0].outputs[0]]


def channels_first(model: Any) -> None:
    first(model).shape = [1, 3, SIZE, SIZE]
    model.buffers[1].data = list(np.array([2, 3], np.int32).tobytes())  # the axes of the mean


def open_size(model: Any) -> None:
    first(model).shape, first(model).shapeSignature = [1, 1, 1, 3], [-1, -1, -1, 3]


@pytest.mark.parametrize("alter", [channels_first, open_size])
def test_a_picture_is_given_as_the_model_expects_it(tmp_path: Path, alter: Callable[[Any], None]) -> None:
    weights, path = [[9, 3, 1]], tmp_path / "m.tflite"
    assert Scorer(write_model(path, weights, [1], METADATA, alter=alter)).assess(RED).aesthetic == 10
    assert Scorer(write_model(path, weights, [1], METADATA)).assess(RED).aesthetic == 10


def test_signed_bytes_are_given_by_their_scale(tmp_path: Path) -> None:
    def signed(model: Any) -> None:
        first(model).type, first(model).quantization.zeroPoint = INT8, [-128]

    scorer = Scorer(write_model(tmp_path / "m.tflite", [[9, 0, 0]], [1], METADATA, True, signed))
    assert scorer.assess(RED).aesthetic == pytest.approx(10, abs=0.05)


def without_input_scale(model: Any) -> None:
    first(model).quantization = None


def without_output_scale(model: Any) -> None:
    last(model).quantization = None


def with_a_scale_that_is_no_number(model: Any) -> None:
    last(model).quantization.scale = [float("nan")]


def with_a_scale_without_end(model: Any) -> None:
    last(model).quantization.scale = [float("inf")]


def of_whole_numbers(model: Any) -> None:
    last(model).type = tfl.TensorType.INT32


def of_two_pictures(model: Any) -> None:
    model.subgraphs[0].inputs = [*model.subgraphs[0].inputs, 2]


def of_grey_pictures(model: Any) -> None:
    first(model).shape = [1, SIZE, SIZE, 1]


def of_vectors(model: Any) -> None:
    first(model).shape = [1, SIZE]


def that_never_was(model: Any) -> None:
    model.operatorCodes[0].builtinCode = tfl.BuiltinOperator.CUSTOM
    model.operatorCodes[0].deprecatedBuiltinCode = tfl.BuiltinOperator.CUSTOM
    model.operatorCodes[0].customCode = "Beauty"


def that_adds(value: float) -> Callable[[Any], None]:
    """Add by an operator that reads its constant from the file whenever it runs, as those for 16 bits do."""

    def alter(model: Any) -> None:
        graph = model.subgraphs[0]
        code, constant, operator, total = tfl.OperatorCodeT(), tfl.BufferT(), tfl.OperatorT(), tfl.TensorT()
        code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.ADD_N
        constant.data, total.shape, total.buffer = list(np.float32(value).tobytes()), last(model).shape, 0
        added = tfl.TensorT()
        added.shape, added.buffer = total.shape, len(model.buffers)
        operator.opcodeIndex, operator.inputs = len(model.operatorCodes), [graph.outputs[0], len(graph.tensors)]
        operator.outputs = graph.outputs = [len(graph.tensors) + 1]
        model.operatorCodes.append(code)
        model.buffers.append(constant)
        graph.tensors += [added, total]
        graph.operators.append(operator)

    return alter


def test_a_loaded_model_stays_what_it_was_when_another_is_copied_over_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    scorer = Scorer(write_model(path, [[1, 0, 0]], [1], METADATA, alter=that_adds(2)))
    assert scorer.assess(RED).aesthetic == 4
    write_model(path, [[1, 0, 0]], [1], METADATA, alter=that_adds(5))
    assert scorer.assess(RED).aesthetic == 4
    assert Scorer(path).assess(RED).aesthetic == 7


@pytest.mark.parametrize(
    ("alter", "quantized", "words"),
    [
        (without_input_scale, True, "its input is of uint8 and has no scale"),
        (without_output_scale, True, "output 0 (aesthetic) is of int8 and has no scale"),
        (with_a_scale_that_is_no_number, True, "output 0 (aesthetic) is of int8 and has no scale"),
        (with_a_scale_without_end, True, "output 0 (aesthetic) is of int8 and has no scale"),
        (of_whole_numbers, False, "output 0 (aesthetic) is of int32; iqsd knows float32"),
        (of_two_pictures, False, "takes 2 inputs"),
        (of_grey_pictures, False, "takes input of shape (1, 16, 16, 1), but its metadata says (1, 16, 16, 3)"),
        (of_vectors, False, "takes input of shape (1, 16), but its metadata says (1, 16, 16, 3)"),
        (that_never_was, False, "Beauty"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(
    tmp_path: Path, alter: Callable[[Any], None], quantized: bool, words: str
) -> None:
    path = write_model(tmp_path / "m.tflite", [[1, 0, 0]], [1], METADATA, quantized, alter)
    with pytest.raises(ModelError) as caught:
        Scorer(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_answers_nan_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="infinite or not a number"):
        Scorer(write_model(tmp_path / "m.tflite", [[float("nan"), 0, 0]], [1], METADATA))


def test_a_model_without_a_number_for_a_photo_gives_it_no_score(tmp_path: Path) -> None:
    scorer = Scorer(write_model(tmp_path / "m.tflite", [[2e38, 2e38, 2e38]], [1], METADATA))
    assert scorer.assess(RED).aesthetic == 10
    with pytest.raises(ModelError, match="infinite or not a number"):
        scorer.assess(np.full_like(RED, 255))


def test_outputs_that_the_metadata_do_not_name_are_not_read(tmp_path: Path) -> None:
    def with_mean_colour(model: Any) -> None:
        model.subgraphs[0].outputs = [*model.subgraphs[0].outputs, 2]

    scorer = Scorer(write_model(tmp_path / "m.tflite", [[9, 0, 0]], [1], METADATA, alter=with_mean_colour))
    assert set(scorer.raw(RED)) == set(scorer.network.outputs) == {0}


@pytest.mark.parametrize(("width", "height"), [(512, 512), (1024, 768), (333, 777), (120, 90), (16, 16)])
def test_nearest_picks_exactly_the_pixels_that_pillow_picks(width: int, height: int) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    how = Input(224, 224, "rgb", (0, 0, 0), (1, 1, 1), "squash", "nearest")
    theirs = np.asarray(Image.fromarray(photo).resize((224, 224), Image.Resampling.NEAREST))
    assert (fit(photo, how) == theirs).all()
