"""The reader's network: a small convolutional stem and a short transformer with one query for each character.

After the compact convolutional transformer of Hassani et al. 2021 (arXiv 2104.05704); the queries attend as in DETR
(Carion et al. 2020), so that one-line and two-line plates need no row splitting. About 0.7 M parameters, 45 M
multiply-adds a plate.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ioc.core.plates import ALPHABET, MAX_LENGTH

HEIGHT, WIDTH = 64, 128
CLASSES = len(ALPHABET) + 1
"""The alphabet and a last class for "no character here"."""


def _block(inside: int, outside: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _block(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class PlateReaderNet(nn.Module):
    """Grey crops to characters.

    Input: float32 (N, 1, 64, 128), grey 0..255. Output: float32 (N, 10, 39): for each slot the logits of the 37
    characters and of "none", and last the logit of "this character stands in the lower line".
    """

    def __init__(self, width: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _block(1, 24, 2), _block(24, 32, 2), _Residual(32), _block(32, 64, 2), _Residual(64), _block(64, width, (2, 1))
        )
        tokens = (HEIGHT // 16) * (WIDTH // 8)
        self.places = nn.Parameter(torch.randn(1, tokens, width) * 0.02)
        self.slots = nn.Parameter(torch.randn(1, MAX_LENGTH, width) * 0.02)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, width * 2, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.look = nn.TransformerDecoderLayer(width, 4, width * 2, dropout=0.0, batch_first=True, norm_first=True)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, CLASSES + 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        # Each crop is brought to mean 0 and deviation 1: night and glare differ less than they look.
        mean = x.mean((2, 3), keepdim=True)
        x = (x - mean) / ((x - mean).square().mean((2, 3), keepdim=True) + 16.0).sqrt()
        tokens = self.stem(x).flatten(2).transpose(1, 2) + self.places
        for layer in self.layers:
            tokens = layer(tokens)
        slots = self.look(self.slots.expand(x.shape[0], -1, -1), tokens)
        out: Tensor = self.head(self.norm(slots))
        return out
