"""Mutation runs over the engine's judging parts: every mutant dies, or `explained.toml` says why it may live.

    python -m venv /tmp/mutation && /tmp/mutation/bin/pip install cosmic-ray
    python tests/mutation/run.py --tools /tmp/mutation/bin [MODULE ...]

cosmic-ray changes the sources in place, so that each run works on a clone of the last commit in a temporary
folder, with this interpreter's packages. It is no dependency of the course: the tools live apart.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES = tuple(sorted(path.stem for path in HERE.glob("*.toml") if path.stem != "explained"))
RELEASE = (
    "import sys; sys.path.insert(0, 'tests'); import toy; from pathlib import Path; "
    "from autograder.authoring.release import release; release(toy.write_course(Path(sys.argv[1])), toy.SLUG)"
)
QUERY = """select operator_name, start_pos_row, worker_outcome, test_outcome, diff
           from work_results join mutation_specs using (job_id) order by start_pos_row, operator_name"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, required=True, help="the bin folder that holds cosmic-ray")
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE", help=", ".join(MODULES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools, place = options.tools.resolve(), Path(folder)
        return max([mutate(module, tools, place / module) for module in options.modules])


def mutate(module: str, tools: Path, folder: Path) -> int:
    """Run one module's mutants in a clone in ``folder``; 1 if one survives without an explanation."""
    clone, course, session = folder / "clone", folder / "course", folder / "session.sqlite"
    run(["git", "clone", "-q", str(ROOT), str(clone)], ROOT)
    run([sys.executable, "-c", RELEASE, str(course)], clone)
    config = str(HERE / f"{module}.toml")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "RELEASED_TOY": str(course),
    }
    for step in (
        ["cosmic-ray", "init", config, str(session)],
        ["cr-filter-operators", str(session), config],
        ["cosmic-ray", "baseline", config],
        ["cosmic-ray", "exec", config, str(session)],
    ):
        run([str(tools / step[0]), *step[1:]], clone, environment)
    return report(module, session)


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def report(module: str, session: Path) -> int:
    """Print the counts and the survivors that nobody explained; 1 if there are any."""
    reasons = tomllib.loads((HERE / "explained.toml").read_text(encoding="utf-8"))
    explained = {item["line"] for item in reasons.get(module, [])}
    counts, unexplained = Counter(), []
    for operator, row, worker, outcome, diff in sqlite3.connect(session).execute(QUERY):
        if worker != "NORMAL":
            counts[worker.lower()] += 1
            if worker != "SKIPPED":
                unexplained.append(f"{row}: {operator}: {worker}")
        elif outcome != "SURVIVED":
            counts["killed"] += 1
        else:
            added = (text for text in diff.splitlines() if text[:1] == "+" and text[:3] != "+++")
            line = next(added)[1:].strip()
            counts["explained" if line in explained else "unexplained"] += 1
            if line not in explained:
                unexplained.append(f"{row}: {operator.removeprefix('core/')}: {line}")
    print(f"{module}: {', '.join(f'{count} {name}' for name, count in sorted(counts.items()))}")
    print("".join(f"  {line}\n" for line in unexplained), end="", flush=True)
    return int(bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
