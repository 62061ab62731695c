"""The generator that stands in for the learner's own where sampling is watched."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

PIXELS = 784


class _Log(list[Any]):
    """Notes that a copy of a generator adds to as well."""

    def __copy__(self) -> _Log:
        return self

    def __deepcopy__(self, memo: Any) -> _Log:
        return self


class Recorder(nn.Module):
    """A small generator of the kit's own that notes down how it is used."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.hidden_dims = (8,)
        self.scale = nn.Parameter(torch.tensor(0.7))
        self.dropout = nn.Dropout(0.5)
        self.noise, self.made, self.modes, self.graphs = _Log(), _Log(), _Log(), _Log()
        self.fails = False

    def forward(self, z: Tensor) -> Tensor:
        """A fixed projection of z, through tanh and within (-0.5, 0.7); any width will do."""
        if self.fails:
            raise FloatingPointError("the generator failed on purpose")
        rng = torch.Generator().manual_seed(1)
        projection = torch.randn(z.shape[-1], PIXELS, generator=rng)
        images = 0.6 * torch.tanh(self.dropout(z.float() @ projection * self.scale)) + 0.1
        self.noise.append(z.detach().clone())
        self.made.append(images.detach().clone())
        self.modes.append(self.training or self.dropout.training)
        self.graphs.append(images.requires_grad)
        return images
