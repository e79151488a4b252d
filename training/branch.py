"""The branch that judges aesthetics, in PyTorch: the teacher's own network on fewer pixels, its last layers squeezed.

What the teacher knows about pictures comes from AVA's 250,000 photos. From ten thousand photos another network learns
what the teacher says about these, but not about others. So as many of its weights are kept as the file may hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.common import BRANCH_SAY, MEAN, NORM_EPSILON, STD
from training.mobilenet import RANK, SQUEEZED_FROM, WIDTHS


class Convolution(nn.Conv2d):
    """A convolution that computes with its weights as rounded in the file, while the unrounded ones are trained.

    The filters of the first block nearly cancel: rounding them only after training costs 0.014 of rank correlation.
    """

    def __init__(self, kernel: Tensor, bias: Tensor, stride: int = 1, padding: int = 0, groups: int = 1) -> None:
        super().__init__(
            kernel.shape[1] * groups, len(kernel), kernel.shape[2], stride, padding, groups=groups, device=kernel.device
        )
        self.load_state_dict({"weight": kernel, "bias": bias})

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, rounded(self.weight), self.bias)


def rounded(weight: Tensor) -> Tensor:
    """Round weights to 255 steps for each output channel; gradients pass through unchanged (arXiv:1308.3432)."""
    step = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-12) / 127
    step = step.view(-1, *[1] * (weight.dim() - 1))
    return weight + ((weight / step).round() * step - weight).detach()


class Squeezed(nn.Module):
    """A pointwise convolution as two: onto the principal axes of its output, and back.

    Of all pairs of that rank, this one has the smallest mean squared error of the output (Zhang et al. 2016,
    arXiv:1505.06798, section 2.1, without its nonlinearity).
    """

    def __init__(self, whole: Convolution, rank: int, mean: Tensor, axes: Tensor) -> None:
        super().__init__()
        kernel, axes = whole.weight.detach()[:, :, 0, 0], axes[:, :rank]
        self.onto = Convolution((axes.T @ kernel)[:, :, None, None], axes.T @ (whole.bias.detach() - mean))
        self.back = Convolution(axes[:, :, None, None], mean)

    def forward(self, x: Tensor) -> Tensor:
        return self.back(self.onto(x))


class Branch(nn.Module):
    """Photos [N, 3, S, S], scaled as for the whole network, to NIMA's ten bins.

    `layers` are the first convolution and then, for each block, a depthwise and a pointwise one, each with the
    teacher's normalisation folded in.
    """

    def __init__(self, teacher: Path) -> None:
        super().__init__()
        named = _folded(teacher)
        first, bias = named["conv1"]
        to_teacher = STD / 127.5  # its photos are scaled by rgb / 127.5 - 1
        bias = bias + first.sum((1, 2, 3)) * (MEAN / 127.5 - 1)
        layers = [Convolution(first * to_teacher, bias, 2, 1)]
        for number, (_, stride) in enumerate(WIDTHS, 1):
            kernel, bias = named[f"conv_dw_{number}"]
            layers += [Convolution(kernel, bias, stride, 1, len(bias)), Convolution(*named[f"conv_pw_{number}"])]
        self.layers = nn.ModuleList(layers)
        kernel, bias = named["dense_1"]
        self.last = Convolution(kernel.T[..., None, None], bias)
        self.to(memory_format=torch.channels_last)

    def features(self, x: Tensor) -> Tensor:
        """Return the mean features [N, 1024]."""
        for layer in self.layers:
            x = functional.hardtanh(layer(x), 0.0, 6.0)
        return x.mean((2, 3))

    def bins(self, features: Tensor) -> Tensor:
        """Return the logits [N, 10] that follow from mean features."""
        return self.last(features[..., None, None])[..., 0, 0]

    @torch.no_grad()
    def squeeze(self, batches: Iterable[Tensor]) -> None:
        """Squeeze the last pointwise convolutions onto the axes that matter most in these photos."""
        seen = {2 * block: _Spread() for block in range(SQUEEZED_FROM, len(WIDTHS) + 1)}
        for x in batches:
            for place, layer in enumerate(self.layers):
                x = layer(x)
                if place in seen:
                    seen[place].add(x)
                x = functional.hardtanh(x, 0.0, 6.0)
        for place, spread in seen.items():
            self.layers[place] = Squeezed(self.layers[place], RANK, *spread.axes())
        self.to(memory_format=torch.channels_last)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the rounded weights by their names here, prefixed with `branch.`.

        The last layer is scaled by the branch's share: its logits and those of Lite0's head are added.
        """
        state = self.state_dict()
        for name in ("last.weight", "last.bias"):
            state[name] = state[name] * BRANCH_SAY
        return {
            f"branch.{name}": (rounded(value) if name.endswith("weight") else value).numpy(force=True)
            for name, value in state.items()
        }


class _Spread:
    """Mean and covariance of a map's channels, accumulated batch by batch."""

    def __init__(self) -> None:
        self._count, self._sum, self._products = 0, 0.0, 0.0

    def add(self, x: Tensor) -> None:
        places = x.permute(0, 2, 3, 1).flatten(0, 2).double()
        self._count += len(places)
        self._sum = self._sum + places.sum(0)
        self._products = self._products + places.T @ places

    def axes(self) -> tuple[Tensor, Tensor]:
        """Return the mean [C] and the principal axes [C, C], the widest first."""
        mean = self._sum / self._count
        _, axes = torch.linalg.eigh(self._products / self._count - torch.outer(mean, mean))
        return mean.float(), axes.flip(1).float()


def _folded(weights: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Return kernel and bias of each of the teacher's layers; convolutions in PyTorch's order, [out, in, h, w]."""
    with h5py.File(weights) as stored:
        groups = stored.get("model_weights", stored)
        arrays = {
            layer: [torch.from_numpy(group[name][()]) for name in group.attrs["weight_names"]]
            for layer, group in groups.items()
            if len(group.attrs["weight_names"])
        }
    named = {"dense_1": tuple(arrays["dense_1"])}
    for layer, (kernel, *_) in arrays.items():
        if f"{layer}_bn" in arrays:
            gamma, beta, mean, variance = arrays[f"{layer}_bn"]
            scale = gamma / (variance + NORM_EPSILON).sqrt()
            order = (2, 3, 0, 1) if layer.startswith("conv_dw") else (3, 2, 0, 1)
            named[layer] = kernel.permute(order) * scale[:, None, None, None], beta - mean * scale
    return named
