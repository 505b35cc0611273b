"""The longer runs of the chapter on training today: ``python modern_runs.py`` lists them, NAME runs one.

Each writes what it found into ``modern_runs.json``, which the chapter reads. Rates are chosen on one held-out
part of the text, or of the digits, with seeds from 100, and measured on another part with seeds from 0.
"""

from __future__ import annotations

import copy
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import lab
import numpy as np
import torch
import transformer
from transformer import CHOOSE, MEASURE, Plan, Shape, Transformer, adamw, held_out

HERE = Path(__file__).parent
STORED = HERE / "modern_runs.json"
PAGES = ["backprop", "minibatch_sgd", "momentum", "adaptive", "initialization", "batch_norm", "dropout"]
PAGES += ["schedules", "tuning", "capstone", "conventions", "errata"]


def prose() -> None:
    """Write prose.txt: the sentences of the other pages that have neither code nor formulas in them."""
    pieces = []
    for name in PAGES:
        text = (HERE / f"{name}.md").read_text(encoding="utf-8")
        text = re.sub(r"^ *(`{3,}|:{3,})\{code-cell\}.*?^ *\1 *$", "", text, flags=re.M | re.S)
        text = re.sub(r" \{cite\w*(?::\w+)?\}`[^`]*`", "", text)
        text = re.sub(r"\{\w+\}`([^`<]*?)(?: <[^`]*)?`", r"\1", text)
        lines = (line.removeprefix("- ") for line in text.splitlines())
        pieces += [line for line in lines if re.match(r"[A-Z][^$`|]*[a-z]{3}[^$`|]*[.?:]$", line)]
    text = re.sub(r"[^a-z.,:;?' -]", "", " ".join(pieces).lower().replace("\u2019", "'"))
    text = re.sub(r" +", " ", re.sub(r" +([.,:;?])", r"\1", text))
    (HERE / "prose.txt").write_text(text + "\n", encoding="utf-8")


# ---------------------------------------------------------------------------------------- on the text

LRS = (0.002, 0.005, 0.01, 0.02, 0.05)


DEEP = (0.005, 0.01, 0.02)


def once(
    shape: Shape,
    plan: Plan,
    seed: int,
    text: torch.Tensor,
    prepare: Callable[[Transformer, int], None] = lambda model, seed: None,
) -> float:
    """The held-out loss after a run; a run that blows up has the loss of pure guessing."""
    model = Transformer(shape, seed)
    prepare(model, seed)
    transformer.train(model, plan, seed)
    loss = held_out(model, text)
    return round(loss, 4) if np.isfinite(loss) else round(float(np.log(len(transformer.CHARACTERS))), 4)


def tuned(
    shape: Shape,
    plan: Plan,
    lrs: Sequence[float] = LRS,
    seeds: int = 5,
    choosing: int = 2,
    prepare: Callable[[Transformer, int], None] = lambda model, seed: None,
) -> dict:
    """The mean loss at every rate, the best rate, and there the losses of other seeds on another text."""
    tried = range(100, 100 + choosing)
    chosen = {
        lr: float(np.mean([once(shape, plan.at(lr), seed, CHOOSE, prepare) for seed in tried])) for lr in lrs
    }
    best = min(chosen, key=chosen.__getitem__)
    losses = [once(shape, plan.at(best), seed, MEASURE, prepare) for seed in range(seeds)]
    return {"lrs": list(lrs), "chosen": list(chosen.values()), "lr": best, "losses": losses}


def depth() -> dict:
    """A plain stack, or blocks with residual connections, the norm before or after: eight blocks."""
    plain = Shape(scale_branches=False)
    kinds = {
        "plain stack": Shape(residual=False, norm="none", scale_branches=False),
        "norm after": Shape(norm="after", scale_branches=False),
        "norm before": plain,
        "norm before, scaled": Shape(),
    }
    return {
        name: tuned(replace(shape, depth=8), Plan(steps=80), DEEP, choosing=1)
        for name, shape in kinds.items()
    }


@torch.no_grad()
def keep_sizes(model: Transformer, seed: int) -> None:
    """Scale the last matrix of each part of a plain stack so that its output has the root mean square 1."""
    tokens, _ = next(iter(transformer.batches(seed, 1)))
    x = model.characters(tokens) + model.positions.weight[: tokens.shape[1]]
    for block in cast("Sequence[transformer.Block]", model.blocks):
        for part, last in ((block.attend, block.out), (block.perceive, block.down)):
            last.weight.div_(part(x).pow(2).mean().sqrt())
            x = part(x)


def depth_again() -> dict:
    """Eight plain blocks that keep the size of their signal; the norm after with more updates or warm-up."""
    plain = Shape(residual=False, norm="none", scale_branches=False, depth=8)
    after = Shape(norm="after", scale_branches=False, depth=8)
    low, slow = (0.0005, 0.001, 0.002), Plan(steps=400)
    return {
        "plain stack, sizes kept": tuned(plain, Plan(steps=80), DEEP, choosing=1, prepare=keep_sizes),
        "norm after, 400 updates": tuned(after, slow, low, choosing=1),
        "norm after, long warm-up": tuned(after, Plan(steps=80, warm_up=0.5), DEEP, choosing=1),
    }


def matrices(model: Transformer) -> list[torch.nn.Parameter]:
    return [p for name, p in model.named_parameters() if p.ndim == 2 and "blocks" in name]


def others(model: Transformer) -> list[torch.nn.Parameter]:
    hidden = {id(p) for p in matrices(model)}
    return [p for p in model.parameters() if id(p) not in hidden]


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023: the sign of an interpolation between the average and the gradient."""

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float = 1.0,
        betas: tuple[float, float] = (0.9, 0.99),
        decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["decay"]).sub_(group["lr"] * torch.lerp(p.grad, m, b1).sign())
                m.lerp_(p.grad, 1 - b2)


def muon(model: Transformer) -> list[torch.optim.Optimizer]:
    """torch's Muon for the matrices of the blocks, AdamW for all else at half its rate."""
    rest = torch.optim.AdamW(others(model), lr=0.5, betas=(0.9, 0.95), weight_decay=0.1)
    return [torch.optim.Muon(matrices(model), lr=1.0, weight_decay=0.1), rest]


FOLLOWERS: dict[str, tuple[Callable[[Transformer], list[torch.optim.Optimizer]], Sequence[float]]] = {
    "SGD with momentum": (
        lambda model: [torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)],
        (0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
    ),
    "AdamW, \u03b2\u2082 0.999": (adamw((0.9, 0.999)), LRS),
    "AdamW, \u03b2\u2082 0.95": (adamw(), LRS),
    "Lion": (
        lambda model: [Lion(model.parameters(), decay=1.0)],
        (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02),
    ),
    "Adafactor": (
        lambda model: [torch.optim.Adafactor(model.parameters(), lr=1.0)],
        (0.02, 0.05, 0.1, 0.2, 0.5),
    ),
    "Muon": (muon, (0.01, 0.02, 0.05, 0.1, 0.2)),
}


def followers() -> dict:
    """Six optimisers, each at the best of its rates."""
    return {name: tuned(Shape(), Plan(optimizer=make), lrs) for name, (make, lrs) in FOLLOWERS.items()}


def schedules() -> dict:
    """Four shapes of the rate, each with its best peak; and no warm-up."""
    found = {kind: tuned(Shape(), Plan(kind=kind)) for kind in ("constant", "cosine", "linear", "wsd")}
    return found | {"linear, no warm-up": tuned(Shape(), Plan(warm_up=0.0))}


def branches() -> dict:
    """A constant trunk, decays that branch off it, its running average, and a run for each length."""
    lengths = (200, 400, 800)
    found: dict = {"lengths": list(lengths)}

    def tried(lr: float, kind: str) -> float:
        plan = Plan(lr, 400, kind, 20 / 400)
        return float(np.mean([once(Shape(), plan, seed, CHOOSE) for seed in (100, 101)]))

    tuning = {kind: min((0.01, 0.02, 0.05), key=lambda lr: tried(lr, kind)) for kind in ("wsd", "linear")}
    curves: list[list[float]] = []
    rows = {"trunk": [], "average": [], "decayed": [], "own run": []}  # type: dict[str, list[list[float]]]
    for seed in range(5):
        row, curve = {name: [] for name in rows}, []  # type: dict[str, list[float]], list[float]
        model = Transformer(Shape(), seed)
        average = torch.optim.swa_utils.AveragedModel(
            model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98)
        )
        (opt,) = adamw()(model)
        made = list(transformer.batches(seed, 800))
        for step in range(1, 641):
            update(model, opt, made[step - 1], tuning["wsd"] * min(1.0, step / 20))
            average.update_parameters(model)
            if step % 20 == 0:
                curve.append(round(held_out(model, MEASURE), 4))
            for length in lengths:
                if step == 0.8 * length:
                    row["trunk"].append(held_out(model, MEASURE))
                    row["average"].append(held_out(cast(Transformer, average.module), MEASURE))
                    twin = copy.deepcopy(model)
                    (fresh,) = adamw()(twin)
                    fresh.load_state_dict(copy.deepcopy(opt.state_dict()))
                    for extra in range(step, length):
                        update(
                            twin,
                            fresh,
                            made[extra],
                            tuning["wsd"] * (1 - (extra - step + 1) / (length - step + 1)),
                        )
                    row["decayed"].append(held_out(twin, MEASURE))
        row["own run"] = [
            once(Shape(), Plan(tuning["linear"], length, "linear", 20 / length), seed, MEASURE)
            for length in lengths
        ]
        curves.append(curve)
        for name, values in row.items():
            rows[name].append([round(value, 4) for value in values])
    return found | {"lr": tuning, "curves": curves, "every": 20} | rows


def update(model: Transformer, opt: torch.optim.Optimizer, batch: tuple, lr: float) -> None:
    model.zero_grad()
    model.loss(*batch).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for group in opt.param_groups:
        group["lr"] = lr
    opt.step()


def clipping() -> dict:
    """The loss around one batch of nonsense, and clean runs, with and without clipping."""
    makers = {"AdamW": (adamw(), 0.02), "SGD with momentum": (FOLLOWERS["SGD with momentum"][0], 0.2)}
    found: dict = {}
    for name, (make, lr) in makers.items():
        for clip in ("1.0", "inf"):
            plan = Plan(lr, optimizer=make, clip=float(clip))
            found[f"{name}, {clip}"] = [spike(replace(plan, steps=160), seed) for seed in range(5)]
            if name == "AdamW":
                found[f"clean, {clip}"] = [once(Shape(), plan, seed, MEASURE) for seed in range(5)]
    return found


def spike(plan: Plan, seed: int, at: int = 100) -> dict:
    """The losses of a run in which the targets of batch ``at`` are all one rare character."""
    norms: list[float] = []
    model = Transformer(Shape(), seed)
    real = model.loss

    def loss(tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        bad = len(norms) == at
        return real(tokens, torch.full_like(targets, transformer.CHARACTERS.index("z")) if bad else targets)

    model.loss = loss  # type: ignore[method-assign]  # one bad batch, on the way through it
    losses = transformer.train(model, plan, seed, lambda step, norm, model: norms.append(round(norm, 3)))
    return {
        "losses": [round(value, 3) for value in losses[at - 20 : at + 60]],
        "norms": norms[at - 20 : at + 60],
    }


class Rounded(torch.optim.AdamW):
    """AdamW whose weights are stored in bfloat16: rounded after each update, to the nearest or by chance."""

    def __init__(self, params, chance: bool) -> None:  # type: ignore[no-untyped-def]  # as torch types it
        super().__init__(params, lr=1.0, betas=(0.9, 0.95), weight_decay=0.1)
        self.chance, self.generator = chance, torch.Generator().manual_seed(0)

    def step(self) -> None:  # type: ignore[override]  # no closure
        super().step()
        for group in self.param_groups:
            for p in group["params"]:
                word = p.data.view(torch.int32)
                add = torch.randint(65536, p.shape, generator=self.generator) if self.chance else 32768
                p.data.copy_(((word + add) >> 16 << 16).to(torch.int32).view(torch.float32))


def rounding() -> dict:
    """Weights in float32, in bfloat16 rounded to the nearest, and by chance: a low rate, where it matters."""
    makers: dict[str, transformer.Optimizer] = {
        "float32": adamw(),
        "bfloat16, to the nearest": lambda model: [Rounded(model.parameters(), False)],
        "bfloat16, by chance": lambda model: [Rounded(model.parameters(), True)],
    }
    return {
        name: {
            lr: [once(Shape(), Plan(lr, optimizer=make), seed, MEASURE) for seed in range(5)]
            for lr in (0.001, 0.02)
        }
        for name, make in makers.items()
    }


def scaling() -> dict:
    """Twelve widths, a run at each of two rates: the better one on one text is measured on the other."""
    found = {}
    for width in (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64):
        shape = Shape(width=width)
        weights = sum(p.numel() for p in matrices(Transformer(shape, 0)))
        runs = []
        for lr in (0.02, 0.05):
            model = Transformer(shape, 0)
            transformer.train(model, Plan(lr), 0)
            runs.append((held_out(model, CHOOSE), held_out(model, MEASURE), lr))
        found[width] = {"weights": weights, "loss": round(min(runs)[1], 4), "rate": min(runs)[2]}
    return found


def lower_rates() -> dict:
    """The largest network of `scaling` at rates below the two that all widths had."""
    found = {}
    for lr in (0.005, 0.01, 0.02, 0.05):
        model = Transformer(Shape(width=64), 0)
        transformer.train(model, Plan(lr), 0)
        found[lr] = {"chosen": round(held_out(model, CHOOSE), 4), "loss": round(held_out(model, MEASURE), 4)}
    return found


def positions() -> dict:
    """With a learnt vector for each position, and without."""
    return {
        "with positions": tuned(Shape(), Plan()),
        "without": tuned(Shape(positions=False), Plan()),
    }


def single_pass() -> dict:
    """Dropout where every piece of text is seen about once."""
    return {str(p): tuned(Shape(dropout=p), Plan()) for p in (0.0, 0.1, 0.2)}


# -------------------------------------------------------------------------------------- on the digits

DATA = lab.digits()
X, Y = torch.tensor(DATA.X_train, dtype=torch.float32), torch.tensor(DATA.y_train)


def nets(sizes: Sequence[int], seeds: Sequence[int], rates: int) -> list[torch.Tensor]:
    """The networks of ``lab.mlp`` in float32, (seeds, rates, ...), the same start at every rate."""
    fresh = lab.mlp(sizes, seeds)
    return [
        p.detach().float()[:, None].expand(-1, rates, *p.shape[1:]).clone().requires_grad_() for p in fresh
    ]


def width() -> dict:
    """Adam's best rate at three widths, in the standard parametrisation and in that of maximal updates."""
    lrs, seeds, base = 2.0 ** np.arange(-12, 0), range(5), 16
    found: dict = {"lrs": lrs.tolist(), "widths": [16, 64, 256]}
    for kind in ("standard", "maximal updates"):
        found[kind] = {}
        for n in found["widths"]:
            params = nets((64, n, n, 10), seeds, len(lrs))
            shares = [1.0] * 6
            if kind == "maximal updates":
                with torch.no_grad():
                    params[4] *= (base / n) ** 0.5  # the output's weights: std 1/n instead of 1/sqrt(n)
                shares = [1, 1, base / n, 1, base / n, 1]  # Adam's rate for each, hidden and output scaled
            orders = lab.epochs(len(X), 64, seeds, 8)
            opt = torch.optim.Adam(params, lr=1.0)
            rates = torch.tensor(lrs, dtype=torch.float32)[None, :, None, None]
            for rows in orders:
                opt.zero_grad()
                loss = lab.cross_entropy(lab.logits(params, X[rows][:, None]), Y[rows][:, None])
                loss.sum().backward()
                before = [p.detach().clone() for p in params]
                opt.step()
                with torch.no_grad():
                    for p, old, share in zip(params, before, shares, strict=True):
                        p.copy_(old + rates * share * (p - old))
            with torch.no_grad():
                ends = lab.cross_entropy(lab.logits(params, X), Y).double().numpy()
            found[kind][n] = np.nan_to_num(ends, nan=99.0).clip(0, 99).round(5).tolist()
    return found


def batch() -> dict:
    """Updates until the training loss is below 0.3, by batch size and rate, for SGD and Adam."""
    sizes, seeds, target = [2**k for k in range(1, 11)], range(5), 0.3
    found: dict = {"sizes": sizes, "target": target}
    makers = {
        "SGD": (torch.optim.SGD, 2.0 ** np.arange(-7, 4)),
        "Adam": (torch.optim.Adam, 2.0 ** np.arange(-12, 0)),
    }
    for name, (make, lrs) in makers.items():
        found[name] = {"lrs": lrs.tolist(), "updates": []}
        for size in sizes:
            params = nets((64, 32, 10), seeds, len(lrs))
            opt, generator = make(params, lr=1.0), torch.Generator().manual_seed(0)
            rates = torch.tensor(lrs, dtype=torch.float32)[None, :, None, None]
            first = np.full((len(seeds), len(lrs)), np.inf)
            for step in range(1, 1501):
                rows = torch.randint(len(X), (len(seeds), 1, size), generator=generator)
                opt.zero_grad()
                lab.cross_entropy(lab.logits(params, X[rows]), Y[rows]).sum().backward()
                before = [p.detach().clone() for p in params]
                opt.step()
                with torch.no_grad():
                    for p, old in zip(params, before, strict=True):
                        p.copy_(old + rates * (p - old))
                    if step % (1 if step < 60 else 5) == 0:
                        now = lab.cross_entropy(lab.logits(params, X[::3]), Y[::3]).numpy()
                        first = np.where((now < target) & np.isinf(first), step, first)
                if np.isfinite(first).any(1).all() and step > 4 * np.median(first.min(1)):
                    break
            found[name]["updates"].append(np.where(np.isinf(first), -1, first).astype(int).tolist())
    return found


STRENGTHS = {
    "nothing": (0.0,),
    "dropout": (0.2, 0.4, 0.6),
    "label smoothing": (0.1, 0.3, 0.5),
    "mix-up": (0.1, 0.5, 2.0),
}


def repeated() -> dict:
    """A hundred digits read 400 times, labels right or some drawn: each remedy at its best strength."""
    X_held, y_held = torch.tensor(DATA.X_test, dtype=torch.float32), torch.tensor(DATA.y_test)
    half = len(y_held) // 2
    choose, measure = (X_held[:half], y_held[:half]), (X_held[half:], y_held[half:])
    found: dict = {}
    for label, wrong in (("right", 0.0), ("three in ten drawn", 0.3)):
        for name, strengths in STRENGTHS.items():
            ends = {
                value: np.mean(few(name, value, wrong, range(100, 110), choose)[1]) for value in strengths
            }
            best = min(ends, key=ends.__getitem__)
            losses, errors = few(name, best, wrong, range(20), measure)
            row = {"strengths": list(strengths), "strength": best, "losses": losses, "errors": errors}
            found.setdefault(label, {})[name] = row
    return found


def few(name: str, strength: float, wrong: float, seeds: Sequence[int], held: tuple) -> tuple[list, list]:
    """Held-out loss and error of networks that read a hundred digits 400 times; Adam, batches of 25."""
    generator, shares = torch.Generator().manual_seed(seeds[0]), np.random.default_rng(seeds[0])
    params = [p.detach().float().requires_grad_() for p in lab.mlp((64, 100, 10), seeds)]
    W1, b1, W2, b2 = params
    opt, n = torch.optim.Adam(params, lr=0.003), len(seeds)
    mine = torch.stack([torch.randperm(len(X), generator=generator)[:100] for _ in seeds])
    drawn = torch.randint(10, (n, 100), generator=generator)
    labels = torch.where(torch.rand((n, 100), generator=generator) < wrong, drawn, Y[mine])
    inputs, targets = X[mine], torch.nn.functional.one_hot(labels, 10).float()
    if name == "label smoothing":
        targets = (1 - strength) * targets + strength / 10
    for _ in range(1600):
        rows = torch.randint(100, (n, 25), generator=generator)
        x, t = (torch.take_along_dim(part, rows[..., None], 1) for part in (inputs, targets))
        if name == "mix-up":
            share = torch.tensor(shares.beta(strength, strength, (n, 1, 1)), dtype=torch.float32)
            x, t = (share * part + (1 - share) * part.flip(1) for part in (x, t))
        hidden = torch.relu(x @ W1 + b1)
        if name == "dropout":
            hidden = hidden * (torch.rand(hidden.shape, generator=generator) >= strength) / (1 - strength)
        opt.zero_grad()
        (-(t * torch.log_softmax(hidden @ W2 + b2, -1)).sum(-1).mean(1)).sum().backward()
        opt.step()
    with torch.no_grad():
        scores = torch.relu(held[0] @ W1 + b1) @ W2 + b2
        losses = lab.cross_entropy(scores, held[1]).double().numpy()
        errors = (scores.argmax(-1) != held[1]).double().mean(-1).numpy()
    return losses.round(4).tolist(), errors.round(4).tolist()


RUNS: dict[str, Callable[[], dict]] = {
    run.__name__: run
    for run in (
        depth,
        depth_again,
        clipping,
        schedules,
        branches,
        followers,
        rounding,
        batch,
        width,
        scaling,
        lower_rates,
        positions,
        single_pass,
        repeated,
    )
}


def main(names: Sequence[str]) -> None:
    if not names or not set(names) <= {*RUNS, "prose"}:
        print("\n".join(f"{name:12}{run.__doc__}" for name, run in {"prose": prose, **RUNS}.items()))
    for name in names:
        if name == "prose":
            prose()
            continue
        begin = time.process_time()
        found = RUNS[name]()
        found["seconds"] = round(time.process_time() - begin)
        stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
        stored = {each: found if each == name else stored.get(each) for each in RUNS}
        lines = [
            f"{json.dumps(each)}: {json.dumps(got, ensure_ascii=False)}"
            for each, got in stored.items()
            if got
        ]
        STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{name}: {found['seconds']} s of CPU")


if __name__ == "__main__":
    main(sys.argv[1:])
