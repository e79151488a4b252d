"""The metadata file beside a model: what goes in, what each output means. `docs/models.md` describes it for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iqsd.errors import ModelError, printable
from iqsd.scoring.assessment import FAULTS
from iqsd.scoring.json_reader import JsonReader, WrongKeyError

KINDS = ("distribution", "classes", "scalar", "faults", "embedding")
ACTIVATIONS = ("none", "softmax", "sigmoid")
FITS = ("squash", "crop", "pad")
RESIZES = ("area", "nearest")
LARGEST_SIDE = 4096
CLASSES = {"rejected": 0.0, "pending": 50.0, "accepted": 100.0}
AESTHETIC, QUALITY = "aesthetic", "quality"
SCALES = {AESTHETIC: (1.0, 10.0), QUALITY: (1.0, 5.0)}

STANDOUT_PERCENTS = {AESTHETIC: (25, 90), QUALITY: (25, 75)}
"""The percents of the reference photos between which a photo does not stand out."""


@dataclass(frozen=True)
class Input:
    """How a photo becomes the input tensor: (value - mean) / std per channel, after `fit` to width x height.

    `resize` is how the pixels are reduced: `area` averages them, `nearest` picks one, for models trained that way.
    """

    width: int
    height: int
    channels: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: str
    resize: str


@dataclass(frozen=True)
class Output:
    """What one output tensor means.

    Attributes:
        tensor: its number among the interpreter's outputs.
        name: `aesthetic`, `quality`, or any other name for other outputs.
        kind: one of `KINDS`.
        scale: for a distribution, the value of each bin, ascending; for classes, the value of each, 0..100; for a
            scalar, its lowest and highest value.
        labels: for classes and faults, what each value stands for.
        activation: what is still to be applied to the raw output, one of `ACTIVATIONS`.
    """

    tensor: int
    name: str
    kind: str
    scale: tuple[float, ...]
    labels: tuple[str, ...]
    activation: str

    @property
    def size(self) -> int | None:
        """How many values the tensor must have; None if any number will do."""
        if self.kind == "scalar":
            return 1
        if self.kind == "embedding":
            return None
        return len(self.scale or self.labels)

    @property
    def bins(self) -> tuple[str, ...]:
        """What each share of a distribution stands for, in words; empty if it has no shares."""
        if self.kind == "distribution":
            return tuple(f"{value:g}" for value in self.scale)
        return self.labels if self.kind == "classes" else ()


@dataclass(frozen=True)
class Thresholds:
    """Where the score (0..100) turns into labels and stars; a user's settings may replace each of them.

    Attributes:
        reject_below: a score below this is rejected.
        accept_from: a score from here on is accepted.
        stars: the four scores from which a photo has 2, 3, 4 and 5 stars.
        standouts: `aesthetic` and `quality`, if the model has reference photos for them, to two means: a photo stands
            out below the first, and from the second on.
    """

    reject_below: float
    accept_from: float
    stars: tuple[float, float, float, float]
    standouts: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Metadata:
    """Everything iqsd knows about a model.

    Attributes:
        name: name and version in one, as it is recorded: `iqsd-lite0/1`.
        input: how photos go in.
        outputs: what comes out.
        weights: output name to its weight in the score.
        percentiles: output name to the 0, 5, ... 100 % quantiles of its mean over reference photos; may lack a name.
        pulls: fault name to the share of the score, 0..1, that it takes away when it is certain and severe.
        thresholds: the model's own, chosen on its validation data.
        detail: name of the file beside it with the constants for fine detail (`detail.py`); None: detail is not judged.
    """

    name: str
    input: Input
    outputs: tuple[Output, ...]
    weights: Mapping[str, float]
    percentiles: Mapping[str, tuple[float, ...]]
    pulls: Mapping[str, float]
    thresholds: Thresholds
    detail: str | None


def metadata_path(model: Path) -> Path:
    """Where a model's metadata are: in the file of the same name with .json."""
    return model.with_suffix(".json")


def read_metadata(model: Path) -> Metadata:
    """Read and check the metadata of a model.

    Raises:
        ModelError: the file is missing, is not JSON, lacks a key or has a value that is not allowed; the key is named.
    """
    path = metadata_path(model)
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if not model.exists():
            raise ModelError("there is no such model", model, "`iqsd models list` shows what there is") from None
        missing = f"the metadata of {printable(model.name)} is missing; docs/models.md says what it holds"
        raise ModelError(missing, path) from None
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", path) from None
    except UnicodeDecodeError:
        raise ModelError("is not UTF-8 text", path) from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"is not valid JSON: {error}", path) from None
    try:
        return _metadata(JsonReader(data, ""))
    except WrongKeyError as wrong:
        raise ModelError(str(wrong), path) from None


def _metadata(top: JsonReader) -> Metadata:
    outputs = tuple(_output(item) for item in top.each("outputs"))
    names = [output.name for output in outputs]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise WrongKeyError(f"outputs[{place}].name: {name!r} is also the name of another output")
    scored = {o.name for o in outputs if o.kind in ("distribution", "classes", "scalar")}
    score = top.below("score")
    weights: dict[str, float] = score.table("weights", JsonReader.number)
    if not weights or not set(weights) <= scored or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise WrongKeyError(
            f"score.weights: must give one or more of {', '.join(sorted(scored)) or 'no output'} a weight, none below 0"
        )
    percentiles: dict[str, tuple[float, ...]] = {}
    if score.has("percentiles"):
        percentiles = score.table("percentiles", lambda r, k: r.ascending(k, 21))
    pulls: dict[str, float] = score.table("faults", JsonReader.number) if score.has("faults") else {}
    if not set(pulls) <= set(FAULTS) or not all(0 <= share <= 1 for share in pulls.values()):
        raise WrongKeyError(f"score.faults: must give some of {', '.join(FAULTS)} a share of 0 to 1")
    return Metadata(
        name=f"{top.name('name')}/{top.name('version')}",
        input=_input(top.below("input")),
        outputs=outputs,
        weights=weights,
        percentiles=percentiles,
        pulls=pulls,
        thresholds=_thresholds(top.below("thresholds"), percentiles),
        detail=_beside(top) if top.has("detail") else None,
    )


def _beside(top: JsonReader) -> str:
    name = top.name("detail")
    if Path(name).name != name:
        raise WrongKeyError(f"{top.key('detail')}: is {name!r}, must be the name of a file beside this one")
    return name


def _input(item: JsonReader) -> Input:
    mean, std = item.numbers("mean", 3), item.numbers("std", 3)
    if min(std) <= 0:
        raise WrongKeyError(f"{item.key('std')}: must be above 0")
    return Input(
        width=item.count("width", 8, LARGEST_SIDE),
        height=item.count("height", 8, LARGEST_SIDE),
        channels=item.text("channels", ("rgb", "bgr")),
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
        fit=item.text("fit", FITS),
        resize=item.text("resize", RESIZES, default="area"),
    )


def _output(item: JsonReader) -> Output:
    kind, name = item.text("kind", KINDS), item.name("name")
    scale: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    if kind in ("distribution", "scalar"):
        scale = item.ascending("scale", 2 if kind == "scalar" else None)
        low, high = SCALES.get(name, (scale[0], scale[-1]))
        if scale[0] < low or scale[-1] > high or scale[0] == scale[-1]:
            raise WrongKeyError(f"{item.key('scale')}: {name} runs from {low:g} to {high:g}")
    elif kind == "classes":
        labels = item.texts("labels", tuple(CLASSES))
        if sorted(labels) != sorted(CLASSES):
            raise WrongKeyError(
                f"{item.key('labels')}: must name {', '.join(CLASSES)}, each once, in the order of the values"
            )
        if name in SCALES:
            raise WrongKeyError(
                f"{item.key('name')}: classes have no mean on the scale of {name}; call them something else"
            )
        scale = tuple(CLASSES[label] for label in labels)
    elif kind == "faults":
        labels = item.texts("labels", FAULTS)
    activation = item.text("activation", ACTIVATIONS)
    if activation == "softmax" and kind not in ("distribution", "classes"):
        raise WrongKeyError(f"{item.key('activation')}: softmax is for distributions and classes, not for {kind}")
    return Output(item.count("tensor", 0, 999), name, kind, scale, labels, activation)


def _thresholds(item: JsonReader, percentiles: Mapping[str, tuple[float, ...]]) -> Thresholds:
    stars = item.ascending("stars", 4)
    if stars[0] < 0 or stars[-1] > 100:
        raise WrongKeyError(f"{item.key('stars')}: must lie between 0 and 100")
    reject, accept = item.number("reject_below"), item.number("accept_from")
    if not 0 <= reject <= accept <= 100:
        raise WrongKeyError(f"{item.key('reject_below')}: must be between 0 and accept_from, which must be at most 100")
    standouts = {
        name: (percentiles[name][low // 5], percentiles[name][high // 5])
        for name, (low, high) in STANDOUT_PERCENTS.items()
        if name in percentiles
    }
    return Thresholds(reject, accept, (stars[0], stars[1], stars[2], stars[3]), standouts)
