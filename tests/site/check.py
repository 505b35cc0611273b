"""``make site-check``: every page of the built site in a real browser, in both themes and at two widths.

    python tests/site/check.py [--lighthouse N] [page …]

The gates are bytes, movement, the console, requests, width and axe; it exits with 1 if a page fails one. With
``--lighthouse N`` it reports Lighthouse's medians of N runs too, which need a quiet machine and gate nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from browser import chromium  # noqa: E402  # tests/ is no package
from served import served  # noqa: E402  # likewise
from site_pages import AXE, Look, look, pages, table, watch  # noqa: E402  # likewise

FORMS = [(width, dark) for width in (1280, 360) for dark in (False, True)]
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def look_at_all(base: str, names: list[str]) -> list[Look]:
    found = []
    for width, dark in FORMS:
        with chromium(width, 900, dark) as browser:
            watch(browser)
            form = f"{width} {'dark' if dark else 'light'}"
            found += [look(browser, base, name, form, axe=True) for name in names]
    return sorted(found, key=lambda one: one.page)


def lighthouse(base: str, name: str, preset: str, runs: int) -> list[int]:
    """The medians of Lighthouse's four scores, in hundredths."""
    flags = "--headless=new --no-sandbox --disable-gpu"
    command = [
        ROOT / "tests/site/node_modules/.bin/lighthouse", f"{base}/{name}", "--quiet", "--output=json",
        f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}",
        *(["--preset=desktop"] if preset == "desktop" else []),
    ]  # fmt: skip  # a command, to read across
    scores = []
    for _ in range(runs):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)["categories"]
        scores.append([round(100 * (told[name]["score"] or 0)) for name in CATEGORIES])
    return [int(statistics.median(column)) for column in zip(*scores, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=ROOT / "_build/html")
    parser.add_argument("--lighthouse", type=int, default=0, metavar="N")
    parser.add_argument("pages", nargs="*")
    asked = parser.parse_args()
    if not AXE.exists():
        print("axe is not installed: run `make site-check`, which installs it from its lock file.")
        return 2
    if shutil.which("chromium") is None:
        print("Chromium is not installed: apt install chromium chromium-driver")
        return 2
    names = asked.pages or pages(asked.site)
    with served(asked.site) as base:
        looks = look_at_all(base, names)
        print(table(looks), flush=True)
        for preset in ("desktop", "mobile") if asked.lighthouse else ():
            for name in names:
                scores = "/".join(map(str, lighthouse(base, name, preset, asked.lighthouse)))
                print(f"Lighthouse {preset:8}{name:32}{scores}", flush=True)
    failed = {one.page for one in looks if one.faults}
    print(f"{len(names)} pages in {len(FORMS)} forms; {len(failed)} with faults.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
