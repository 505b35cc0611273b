"""``environment.yml`` for conda users: Python, and by pip exactly the pins of ``requirements.lock``."""

from __future__ import annotations

from pathlib import Path

NAME = "training-neural-networks"
PYTHON = "3.11"  # the version that the lock was made with


def pins(lock: str) -> list[str]:
    """The pinned packages of a lock file's text, comments and options of pip aside.

    >>> pins("# made by make lock\\n--index-url x\\nnumpy==2.4.6\\n\\ntorch==2.13.0  # CPU\\n")
    ['numpy==2.4.6', 'torch==2.13.0']
    """
    lines = (line.split(" #")[0].strip() for line in lock.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def environment(lock: str) -> str:
    """The text of ``environment.yml`` with the pins of a lock file's text."""
    head = [
        f"name: {NAME}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python={PYTHON}",
        "  - pip",
    ]
    return "\n".join([*head, "  - pip:", *(f"      - {pin}" for pin in pins(lock))]) + "\n"


def write_environment(root: Path) -> str:
    """Write ``environment.yml`` from ``requirements.lock``, both in ``root``; return a sentence about it."""
    text = environment((root / "requirements.lock").read_text(encoding="utf-8"))
    path = root / "environment.yml"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return "environment.yml is fresh."
    path.write_text(text, encoding="utf-8")
    return "environment.yml written."


if __name__ == "__main__":
    print(write_environment(Path()))
