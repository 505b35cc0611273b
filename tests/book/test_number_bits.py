"""The bits of a number, in the chapter on training today: its script against NumPy, PyTorch and its page."""

from __future__ import annotations

import numpy as np
import torch
from figures import STATIC, ask

SCRIPT = (STATIC / "number_bits.js").read_text(encoding="utf-8")
PAGE = (STATIC.parent / "modern.md").read_text(encoding="utf-8")
DRAWN = np.random.default_rng(0)
NUMBERS = np.concatenate(
    [
        DRAWN.normal(size=300) * 10.0 ** DRAWN.integers(-12, 9, 300),
        [0.0, 1.0, -1.5, 65504.0, 65519.9, 65520.0, 1e5, 6e-8, 2.9e-8, 1 + 2.0**-8, 1 + 3 * 2.0**-8, 1e-40],
    ]
)


def rounded(name: str) -> np.ndarray:
    """NUMBERS as NumPy or PyTorch store them."""
    if name == "bfloat16":  # from float32, the only way that PyTorch offers without a second rounding
        return torch.tensor(NUMBERS.astype(np.float32)).bfloat16().double().numpy()
    with np.errstate(over="ignore"):
        return NUMBERS.astype(name).astype(np.float64)


def test_numbers_are_stored_as_numpy_and_torch_store_them() -> None:
    """Rounding to the nearest, ties to even, with subnormal numbers and overflow."""
    for name in ("float32", "float16", "bfloat16"):
        start = NUMBERS.astype(np.float32).astype(float) if name == "bfloat16" else NUMBERS
        made = ask("number_bits", f"given.map((x) => String(round(x, FORMATS.{name})))", start.tolist())
        np.testing.assert_array_equal([float(x) for x in made], rounded(name), err_msg=name)


def test_the_squares_are_the_bits_in_memory() -> None:
    """Sign, exponent and fraction are the bits that the machine stores."""
    for name, kind in (("float32", np.uint32), ("float16", np.uint16)):
        with np.errstate(over="ignore"):
            stored = NUMBERS.astype(name)
        stored = stored[np.isfinite(stored)]
        width = stored.itemsize * 8
        words = [format(word, f"0{width}b") for word in stored.view(kind)]
        assert ask("number_bits", f"given.map((x) => bits(x, FORMATS.{name}))", stored.tolist()) == words
    short = torch.tensor(NUMBERS.astype(np.float32)).bfloat16()
    words = [format(word & 0xFFFF, "016b") for word in short.view(torch.int16).tolist()]
    assert ask("number_bits", "given.map((x) => bits(x, FORMATS.bfloat16))", short.double().tolist()) == words


def test_the_gap_is_the_distance_to_the_next_number() -> None:
    """As NumPy's ``spacing`` says it for float16 and float32."""
    for name in ("float32", "float16"):
        some = np.array([0.0, 1e-7, 0.3, 1.0, 3.0, 1000.0, 60000.0]).astype(name)
        assert ask("number_bits", f"given.map((x) => gap(x, FORMATS.{name}))", some.tolist()) == [
            float(np.spacing(x)) for x in some
        ]


def test_small_updates_are_lost_in_bfloat16_and_kept_on_average_by_chance() -> None:
    """1 - 0.001 is 1 in bfloat16 for ever; stochastically the mean over many draws is the exact end."""
    ends = ask("number_bits", "Object.values(FORMATS).map((f) => after(1, 0.001, f))")
    assert abs(ends[0] - 0.9) < 1e-5 and ends[1] == 1 and abs(ends[2] - 0.9) < 0.003
    drawn = ask(
        "number_bits",
        "Array.from({ length: 400 }, (_, s) => after(1, 0.001, FORMATS.bfloat16, mulberry32(s)))",
    )
    assert abs(np.mean(drawn) - 0.9) < 0.005 and np.std(drawn) > 0.005


def test_the_page_holds_the_figure_and_its_words() -> None:
    """The page has the element that the script looks for, loads it, and tells what to read instead."""
    assert 'class="number-bits" role="group" aria-label=' in PAGE and "../_static/number_bits.js" in PAGE
    assert 'ready("number-bits"' in SCRIPT
    assert "the table below says what it" in PAGE
