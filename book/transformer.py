"""The chapter on training today: its text, a very small transformer that reads it, and the training loop.

The text is the prose of this book's own pages in lower case, frozen in ``prose.txt`` so that results stay
what they are when a page changes; ``python modern_runs.py prose`` makes it anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHARACTERS = " abcdefghijklmnopqrstuvwxyz.,:;?'-"
TEXT = (Path(__file__).parent / "prose.txt").read_text(encoding="utf-8").strip()


def encode(text: str) -> Tensor:
    """Numbers of the characters of ``text``.

    >>> encode("a cab").tolist()
    [1, 0, 3, 1, 2]
    """
    return torch.tensor([CHARACTERS.index(one) for one in text])


def decode(tokens: Iterable[int]) -> str:
    """The text of some numbers.

    >>> decode([1, 0, 3, 1, 2])
    'a cab'
    """
    return "".join(CHARACTERS[int(token)] for token in tokens)


# Of 100 consecutive pieces every tenth chooses rates, every tenth measures, and the others train.
PIECES = encode(TEXT).tensor_split(100)
CHOOSE, MEASURE = torch.cat(PIECES[4::10]), torch.cat(PIECES[9::10])
TRAIN = torch.cat([piece for i, piece in enumerate(PIECES) if i % 10 not in (4, 9)])


@dataclass(frozen=True)
class Shape:
    """What is built: sizes, where the norm stands, and whether a block's parts are added to the stream."""

    width: int = 32
    depth: int = 2
    heads: int = 2
    context: int = 32
    norm: str = "before"  # "before" each part, "after" its addition, or "none"
    residual: bool = True
    scale_branches: bool = True  # the last matrix of each part starts 1/√(2·depth) times as large
    dropout: float = 0.0
    positions: bool = True


class Block(nn.Module):
    """Attention, then a perceptron with one hidden layer, each added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, d = shape, shape.width
        self.norms = nn.ModuleList(nn.RMSNorm(d, eps=1e-6) for _ in range(2))
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.up, self.down = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)

    def attend(self, x: Tensor) -> Tensor:
        split = (*x.shape[:2], 3, self.shape.heads, -1)
        q, k, v = self.qkv(x).view(split).permute(2, 0, 3, 1, 4)  # each (batch, heads, time, d/heads)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(seen.transpose(1, 2).flatten(2))

    def perceive(self, x: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(x)))

    def forward(self, x: Tensor) -> Tensor:
        for part, norm in zip((self.attend, self.perceive), self.norms, strict=True):
            y = part(norm(x) if self.shape.norm == "before" else x)
            y = F.dropout(y, self.shape.dropout, self.training)
            x = x + y if self.shape.residual else y
            x = norm(x) if self.shape.norm == "after" else x
        return x


class Transformer(nn.Module):
    """Scores of the next character after each of some characters."""

    def __init__(self, shape: Shape, seed: int) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(len(CHARACTERS), shape.width)
        self.positions = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(shape.width, eps=1e-6) if shape.norm == "before" else nn.Identity()
        self.head = nn.Linear(shape.width, len(CHARACTERS), bias=False)
        self.start(torch.Generator().manual_seed(seed))
        self.float()

    def start(self, generator: torch.Generator) -> None:
        """Matrices that keep the size of their input, branches smaller if asked, and a head of zeros."""
        for name, p in self.named_parameters():
            if p.ndim == 2:
                std = 0.3 if "characters" in name or "positions" in name else 1 / math.sqrt(p.shape[1])
                if self.shape.scale_branches and name.endswith(("out.weight", "down.weight")):
                    std /= math.sqrt(2 * self.shape.depth)
                with torch.no_grad():
                    p.copy_(std * torch.randn(p.shape, generator=generator, dtype=torch.float64))
        nn.init.zeros_(self.head.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.characters(tokens)
        if self.shape.positions:
            x = x + self.positions.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(self(tokens).flatten(0, 1), targets.flatten())


def batches(
    seed: int, n: int, *, size: int = 16, context: int = 32, text: Tensor = TRAIN
) -> Iterable[tuple[Tensor, Tensor]]:
    """``n`` batches of random pieces of the text: characters (size, context), and what comes after each."""
    generator = torch.Generator().manual_seed(1000 + seed)
    for _ in range(n):
        starts = torch.randint(len(text) - context, (size, 1), generator=generator)
        piece = text[starts + torch.arange(context + 1)]
        yield piece[:, :-1], piece[:, 1:]


@torch.no_grad()
def held_out(model: Transformer, text: Tensor) -> float:
    """The loss in nats per character of a held-out text, cut into pieces of the model's context."""
    context, training = model.shape.context, model.training
    whole = text[: (len(text) - 1) // context * context + 1]
    model.eval()
    loss = model.loss(whole[:-1].view(-1, context), whole[1:].view(-1, context)).item()
    model.train(training)
    return loss


def recipe(u: float, kind: str = "linear", warm_up: float = 0.1, decay: float = 0.2) -> float:
    """The rate at the fraction ``u`` of a run, relative to its peak.

    >>> [round(recipe(u), 3) for u in (0.0, 0.05, 0.1, 0.55, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    >>> [round(recipe(u, "wsd"), 3) for u in (0.5, 0.8, 0.9, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    if u < warm_up:
        return u / warm_up
    rest = (u - warm_up) / (1 - warm_up)
    shapes = {
        "constant": 1.0,
        "linear": 1 - rest,
        "cosine": (1 + math.cos(math.pi * rest)) / 2,
        "wsd": min(1.0, (1 - u) / decay),
    }
    return shapes[kind]


Optimizer = Callable[[Transformer], list[torch.optim.Optimizer]]


def adamw(betas: tuple[float, float] = (0.9, 0.95), weight_decay: float = 0.1) -> Optimizer:
    """AdamW with a rate of 1, which the loop multiplies."""
    return lambda model: [
        torch.optim.AdamW(model.parameters(), lr=1.0, betas=betas, weight_decay=weight_decay)
    ]


@dataclass(frozen=True)
class Plan:
    """How a model is trained."""

    lr: float = 0.01
    steps: int = 200
    kind: str = "linear"
    warm_up: float = 0.1
    clip: float = 1.0
    size: int = 16
    optimizer: Optimizer = field(default_factory=adamw)
    text: Tensor = TRAIN

    def at(self, lr: float) -> Plan:
        return replace(self, lr=lr)


def train(
    model: Transformer, plan: Plan, seed: int, watch: Callable[..., Any] = lambda *seen: None
) -> list[float]:
    """Train ``model`` in place; the loss of each batch before its update.

    ``watch`` gets the step, the gradient's norm before clipping, and the model.
    """
    optimizers = plan.optimizer(model)
    base = [[group["lr"] for group in opt.param_groups] for opt in optimizers]
    losses, made = [], batches(seed, plan.steps, size=plan.size, context=model.shape.context, text=plan.text)
    for step, (tokens, targets) in enumerate(made):
        factor = plan.lr * recipe((step + 1) / (plan.steps + 1), plan.kind, plan.warm_up)
        model.zero_grad()
        loss = model.loss(tokens, targets)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        for opt, lrs in zip(optimizers, base, strict=True):
            for group, lr in zip(opt.param_groups, lrs, strict=True):
                group["lr"] = lr * factor
            opt.step()
        losses.append(loss.item())
        watch(step, norm.item(), model)
    return losses


@torch.no_grad()
def write(model: Transformer, begin: str, n: int, *, seed: int = 0, temperature: float = 0.8) -> str:
    """Let the model go on from ``begin`` for ``n`` characters."""
    generator, tokens = torch.Generator().manual_seed(seed), encode(begin)[None]
    for _ in range(n):
        scores = model(tokens[:, -model.shape.context :])[0, -1] / temperature
        drawn = torch.multinomial(torch.softmax(scores, 0), 1, generator=generator)
        tokens = torch.cat([tokens, drawn[None]], 1)
    return decode(tokens[0])
