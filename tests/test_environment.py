"""environment: conda users get the pins of the lock."""

from __future__ import annotations

from pathlib import Path

import yaml

from autograder.environment import environment, pins, write_environment

ROOT = Path(__file__).parents[1]


def test_environment_yml_carries_the_pins_of_the_lock() -> None:
    """The committed file is YAML with a Python, pip, and exactly the lines of requirements.lock."""
    found = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert found["name"] == "training-neural-networks"
    python, pip, packages = found["dependencies"]
    assert python.startswith("python=3.") and pip == "pip"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert packages == {"pip": pins(lock)}
    assert len(pins(lock)) > 100 and "torch==2.13.0" in pins(lock)


def test_the_committed_file_is_the_generated_one() -> None:
    """Nobody edits environment.yml by hand."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment(lock)


def test_a_changed_lock_changes_the_file(tmp_path: Path) -> None:
    """Writing is done once, and again only when the lock differs; options of pip are no packages."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("# pins\n--extra-index-url somewhere\nnumpy==2.4.6\n", encoding="utf-8")
    assert write_environment(tmp_path) == "environment.yml written."
    assert write_environment(tmp_path) == "environment.yml is fresh."
    lock.write_text("numpy==2.4.7\n", encoding="utf-8")
    assert write_environment(tmp_path) == "environment.yml written."
    text = (tmp_path / "environment.yml").read_text(encoding="utf-8")
    assert "numpy==2.4.7" in text and "extra-index" not in text
