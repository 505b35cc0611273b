"""What runs on Classroom 50, as ``autograder.py`` in a student's repository: the visible checks, in its form.

Nothing hidden is here: every check stands in the student's notebook. It runs beside the student's code, which
could change what is reported, so no mark should come from it. Only the standard library is imported.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CELL_SECONDS, ALL_SECONDS = 30, 300
SAID = (
    "These are the visible checks of the notebook. Nothing hidden runs here; hidden checks are run by your "
    "instructor, and the marks come from them."
)
LONGEST = 2_000  # characters of a message


def main() -> int:
    """Run the checks on the notebook in the working directory, and write what the runner looks for."""
    about = json.loads((HERE / "checks.json").read_text(encoding="utf-8"))
    found = outcomes(about, Path.cwd())
    tests = [
        {
            "test-name": check["name"],
            "passed": found.get(check["name"]) == "",
            "score": check["points"] if found.get(check["name"]) == "" else 0,
            "max-score": check["points"],
        }
        for check in about["checks"]
    ]
    Path("result.json").write_text(json.dumps(result(tests), indent=2) + "\n", encoding="utf-8")
    Path("release-body.md").write_text(body(about, found), encoding="utf-8", errors="backslashreplace")
    return 0


def result(tests: list[dict[str, Any]]) -> dict[str, Any]:
    """``classroom50/result/v1``, as docs of foundation50/classroom50 have it; scores are whole numbers."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "schema": "classroom50/result/v1",
        "classroom": os.environ["CLASSROOM"],
        "assignment": os.environ["ASSIGNMENT"],
        "usernames": [os.environ["USERNAME"]],
        "submission": os.environ["SUBMISSION_TAG"],
        "commit": os.environ["COMMIT_URL"],
        "release": os.environ["RELEASE_URL"],
        "review": os.environ["REVIEW_URL"],
        "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def body(about: dict[str, Any], found: dict[str, str]) -> str:
    """The page of the release: a line for each check, and what those that fail say."""
    lines = [f"# {about['title']}", "", SAID, ""]
    for check in about["checks"]:
        said = found.get(check["name"], "It was not reached.")
        lines.append(f"- {'passed' if said == '' else 'failed'}: `{check['name']}`")
        fence = "~" * 8
        lines += (
            ["", f"  {fence}", *(f"  {line}" for line in said[:LONGEST].splitlines()), f"  {fence}", ""]
            if said
            else []
        )
    return "\n".join(lines) + "\n"


def outcomes(about: dict[str, Any], folder: Path) -> dict[str, str]:
    """By exercise what its check says; empty where it passes. The student's code runs in another process."""
    path = notebook(about["slug"], folder)
    if path is None:
        return dict.fromkeys(
            (check["name"] for check in about["checks"]), f"There is no {about['slug']}.ipynb."
        )
    with tempfile.TemporaryDirectory() as place:
        told = Path(place) / "told.jsonl"
        command = [sys.executable, str(Path(__file__).resolve()), "--run", str(path), str(told)]
        why = ""
        try:
            done = subprocess.run(command, cwd=path.parent, timeout=ALL_SECONDS, stdout=subprocess.DEVNULL)
            why = "" if done.returncode == 0 else "The notebook ended the process before this check."
        except subprocess.TimeoutExpired:
            why = f"All cells together ran longer than {ALL_SECONDS} s."
        lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    found = dict(json.loads(line) for line in lines)
    return {
        check["name"]: found.get(check["name"], why or "It was not reached.") for check in about["checks"]
    }


def notebook(slug: str, folder: Path) -> Path | None:
    """The student's notebook: by its name, at the top or further down."""
    found = sorted(folder.rglob(f"{slug}.ipynb"), key=lambda path: (len(path.parts), path))
    return next((path for path in found if ".ipynb_checkpoints" not in path.parts), None)


def run(path: Path, told: Path) -> None:
    """Run the given cells, the student's, and each check, in one namespace."""
    import importlib
    import signal

    sys.path.insert(0, str(HERE))
    strip_magics = importlib.import_module("jupyter_lines").strip_magics  # it lies beside this file

    def too_long(*_: object) -> None:
        raise TimeoutError(f"It ran longer than {CELL_SECONDS} s.")

    signal.signal(signal.SIGALRM, too_long)
    about = json.loads((HERE / "checks.json").read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__", "display": print, "get_ipython": lambda: None}

    def execute(source: str) -> str:
        signal.alarm(CELL_SECONDS)
        try:
            exec(compile(strip_magics(source), "<cell>", "exec"), names)
        except BaseException as error:  # noqa: BLE001 - student code; a check's message is what is wanted
            return (
                str(error)
                if isinstance(error, AssertionError) and str(error)
                else f"{type(error).__name__}: {error}"
            )
        finally:
            signal.alarm(0)
        return ""

    for source in about["setup"]:
        execute(source)
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        mark = cell.get("metadata", {}).get("nbgrader", {})
        if mark.get("grade_id") == "experiments":
            break
        if str(mark.get("grade_id")).startswith(("picture_", "challenge")):
            continue
        if cell.get("cell_type") == "code" and not mark.get("locked"):
            execute("".join(cell["source"]))
    with told.open("w", encoding="utf-8") as file:
        for check in about["checks"]:
            said = execute(check["source"]).encode("utf-8", "backslashreplace").decode()
            file.write(json.dumps([check["name"], said]) + "\n")
            file.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
