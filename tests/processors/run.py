"""Do the chapters' claims hold on other processors? Each chapter runs under the arithmetic of several.

    python tests/processors/run.py                     # every chapter, ten minutes on two cores
    python tests/processors/run.py schedules tuning    # these alone

NumPy's and torch's libraries choose their code by the processor, and so round differently; training magnifies
that. Each has a switch that makes it choose what it would choose on an older processor. What such a processor
has and this one lacks cannot be tried here. A chapter goes on after a failed assertion, so that one run names
them all.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)  # as the book's build
WIDE = "AVX512F,AVX512CD,AVX512_SKX,AVX512_CLX,AVX512_CNL,AVX512_ICL"
PROCESSORS = {
    "as here": ONE_THREAD,
    "as here, two threads": dict.fromkeys(ONE_THREAD, "2"),
    "AVX-512": {**ONE_THREAD, "OPENBLAS_CORETYPE": "SkylakeX"},
    "AVX2": {
        **ONE_THREAD,
        "OPENBLAS_CORETYPE": "Haswell",
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NPY_DISABLE_CPU_FEATURES": WIDE,
    },
    "of 2008": {
        **ONE_THREAD,
        "OPENBLAS_CORETYPE": "Nehalem",
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": f"{WIDE},AVX2,FMA3",
    },
}


def failures(chapter: str) -> list[str]:
    """Run the cells of a chapter in this process, statement by statement; a line for each that fails."""
    import matplotlib.pyplot as plt
    from myst_nb.core.read import read_myst_markdown_notebook

    page = ROOT / "book" / f"{chapter}.md"
    notebook = read_myst_markdown_notebook(page.read_text(encoding="utf-8"), path=page)
    os.chdir(page.parent)
    sys.path.insert(0, str(page.parent))
    names: dict[str, object] = {"__name__": "__main__"}
    found = []
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        for statement in ast.parse(cell.source).body:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(ast.Module([statement], []), f"{chapter}, cell {number}", "exec"), names)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is reported and the next may run
                said = f"{type(error).__name__} {error}".strip()
                found.append(f"cell {number}: {ast.unparse(statement)[:200]}\n    {said[:300]}")
        plt.close("all")
    return found


def run(chapter: str, processor: str) -> tuple[str, str, str]:
    """The chapter, the processor, and what failed, from a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--in-this-process", chapter],
        env={**os.environ, **PROCESSORS[processor], "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    said = done.stderr.strip() or f"it ended with {done.returncode}"  # negative: a signal, which says nothing
    return chapter, processor, said if done.returncode else done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chapters", nargs="*", help="all that have code, if none is named")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_this_process:
        print("\n".join(failures(options.chapters[0])))
        return 0
    chapters = options.chapters or [
        page.stem
        for page in sorted((ROOT / "book").glob("*.md"))
        if "```{code-cell}" in page.read_text(encoding="utf-8")
    ]
    jobs = [(chapter, processor) for chapter in chapters for processor in PROCESSORS]
    wrong = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for chapter, processor, said in pool.map(lambda job: run(*job), jobs):
            wrong += bool(said)
            print(f"{chapter} ({processor}): {said or 'every claim holds'}", flush=True)
    print(f"{len(jobs)} runs, {wrong} in which a claim fails")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
