"""From hand-in to feedback: `autograder watch` with 1, 10 and 50 hand-ins that arrive together.

``python tests/bench/watch_times.py momentum`` measures with an assignment of this course. A hand-in's time is
from the moment that its file is there to the moment that its page is; the looks of the watch are in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from autograder.classroom.sample import make_sample  # noqa: E402 - of this checkout, now on the path
from autograder.course.course import Course  # noqa: E402 - found by the line above

TOGETHER = (1, 10, 50)
LONGEST = 300  # seconds that are waited for a page


def arrive(contents: list[bytes], term: Path, slug: str, prefix: str, count: int) -> list[float]:
    """Hand in ``count`` files at once; the seconds until each one's page is there, sorted."""
    begun: dict[Path, float] = {}
    for number in range(count):
        student = f"{prefix}{number:02}"
        folder = term / "submitted" / student / slug
        folder.mkdir(parents=True)
        (folder / f"{slug}.ipynb").write_bytes(contents[number % len(contents)])
        begun[term / "feedback" / student / slug / f"{slug}.html"] = time.perf_counter()
    found = []
    while begun:
        for page in [page for page in begun if page.exists()]:
            found.append(time.perf_counter() - begun.pop(page))
        if begun and time.perf_counter() - min(begun.values()) > LONGEST:
            raise SystemExit(f"{len(begun)} pages did not come in {LONGEST} s")
        time.sleep(0.02)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slug")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watch-") as folder:
        make_sample(Course(ROOT), options.slug, Path(folder) / "sample")
        files = sorted((Path(folder) / "sample" / "submitted").glob(f"*/{options.slug}/*.ipynb"))
        contents = [path.read_bytes() for path in files]
        term = Path(folder) / "term"
        (term / "submitted").mkdir(parents=True)
        command = [sys.executable, "-m", "autograder.cli", "--course", str(ROOT), "watch", options.slug]
        with subprocess.Popen(
            [*command, "--term", str(term)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as watch:
            try:
                for count in TOGETHER:
                    rounds = [
                        arrive(contents, term, options.slug, f"n{count}r{number}x", count)
                        for number in range(options.rounds)
                    ]
                    first, last = (statistics.median(one[place] for one in rounds) for place in (0, -1))
                    print(
                        f"{count} together: first page after {first:.1f} s, last after {last:.1f} s",
                        flush=True,
                    )
            finally:
                watch.terminate()


if __name__ == "__main__":
    main()
