"""The book's scripts outside of a browser: node runs what they export."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[1] / "book/_static"


def node() -> str:
    """The program; where there is none, tests fail in CI only."""
    program = shutil.which("node")
    if program is None:
        why = "node runs the figures' scripts outside of a browser; type: sudo apt install nodejs"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return program


def ask(script: str, expression: str, given: object = None) -> Any:
    """The value of a JavaScript expression that may name ``given`` and what a script and figure.js export.

    Args:
        script: a file's name in ``book/_static`` without ``.js``.
        expression: JavaScript; a call of exported functions, as a rule over all of ``given``.
        given: what JSON can hold.
    Returns:
        What JSON makes of the value: an infinite number and one that is none become None.
    Raises:
        subprocess.CalledProcessError: the expression throws; node's words are on this process's stderr.
    """
    shared, own = (json.dumps(str(STATIC / f"{name}.js")) for name in ("figure", script))
    code = f"""
        const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
        Object.assign(globalThis, require({shared}), require({own}));
        console.log(JSON.stringify({expression}));"""
    run = subprocess.run(
        [node(), "-e", code], input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(run.stdout)
