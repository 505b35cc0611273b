"""The stepper's figure: from a graph and its numbers to what the browser draws and the list beside it."""

from __future__ import annotations

import doctest
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import graph_stepper
from figures import ask
from graph_stepper import Edge, Graph, Node, Slider, Step, fill

NODES = [Node("a", 30, 40), Node("b", 30, 120), Node("f", 120, 80, "f = a·b")]
EDGES = [Edge("a", "f", "{value.b}"), Edge("b", "f", "{value.a}", below=True)]
STEPS = [
    Step(("value.a", "value.b"), "a = {value.a}, b = {value.b} </script>"),
    Step(("value.f",), "f = {value.a} · {value.b} = {value.f}"),
]
SLIDERS = [Slider("a", -1, 1, 1), Slider("b", 0, 3, 2)]
SETTINGS = [{"value.a": a, "value.b": b, "value.f": a * b} for a in range(-1, 2) for b in range(4)]
PRODUCT = Graph('a "product"', 150, 160, NODES, EDGES, STEPS, SETTINGS, SLIDERS)


def test_the_docstrings_examples_run() -> None:
    """Every example in graph_stepper.py gives what it shows."""
    results = doctest.testmod(graph_stepper)
    assert results.attempted >= 6 and results.failed == 0


def test_the_start_is_where_the_sliders_stand() -> None:
    """The numbers at the start are those of the sliders' places, the last slider counting fastest."""
    assert PRODUCT.at_start() == {"value.a": 1, "value.b": 2, "value.f": 2}
    assert Graph("", 1, 1, [], [], [], [{"value.a": 7}]).at_start() == {"value.a": 7}


def test_the_figure_holds_every_number_once() -> None:
    """What the browser gets has a row for each setting, by column, and the drawing's parts."""
    told = json.loads(re.search(r"<script[^>]*json\">(.*?)</script>", PRODUCT.show().data)[1])
    assert [dict(zip(told["columns"], row, strict=True)) for row in told["settings"]] == SETTINGS
    assert [node["id"] for node in told["nodes"]] == ["a", "b", "f"]
    assert told["edges"][1] == {"start": "b", "end": "f", "local": "{value.a}", "below": True}


def test_the_list_says_the_same_without_the_drawing() -> None:
    """Below the drawing every step stands as a sentence with its numbers; nothing in it is read as HTML."""
    page = PRODUCT.show().data
    assert re.findall("<li>(.*?)</li>", page) == ["a = 1, b = 2 &lt;/script&gt;", "f = 1 · 2 = 2"]
    assert page.count("</script>") == 2 and 'aria-label="a &quot;product&quot;"' in page


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("{a} · {b}", "−2 · (−0.3333)"),
        ("{b} + {a} = {a}", "−0.3333 + (−2) = −2"),
        ("z gets {a}, u too", "z gets −2, u too"),
    ],
)
def test_a_negative_number_gets_brackets_after_a_sign_only(text: str, want: str) -> None:
    """A minus never follows a dot or a plus directly; a result stands bare."""
    assert fill(text, {"a": -2, "b": -1 / 3}) == want


def test_the_script_puts_numbers_in_as_the_list_does() -> None:
    """What the browser says at a step is the list's sentence, brackets and minus signs included."""
    texts = ["{a} · {b}", "{b} + {a} = {a}", "z gets {a}, u too", "{c} + {a}, {b}"]
    numbers = {"a": -2, "b": -0.25, "c": 3.5}
    said = ask(
        "graph_stepper", "given[0].map((text) => fill(text, (name) => given[1][name]))", [texts, numbers]
    )
    assert said == [fill(text, numbers) for text in texts]
