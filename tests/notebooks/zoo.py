"""The notebook zoo: what has been handed in instead of a clean notebook, as a table of damages.

Each damage is applied to the released toy notebook with right answers in it. ``verdicts`` are those of
``heavy_step`` and ``fit_line``; ``says`` is a word of the sentence that the student then reads, empty where
nothing needs to be said. Real files that say it better than code stand beside this module.
"""

from __future__ import annotations

import copy
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OUTPUT_BYTES = 100 * 2**20
SECRET = "SCHOOL_SECRET_77"

RIGHT = ("correct", "correct")
NOTHING = ("not graded", "not graded")
HIDDEN = "it passes over folders that begin with a dot"
BY_NAME = "it takes notebooks of the assignment's name only"


@dataclass(frozen=True)
class Start:
    """What damages start from: the right notebook, the released one, and the folder to fill."""

    right: dict
    released: dict
    folder: Path
    slug: str = "toy"

    @property
    def path(self) -> Path:
        return self.folder / f"{self.slug}.ipynb"


@dataclass(frozen=True)
class Specimen:
    """One hand-in. ``student`` is the folder's name where that is the damage.

    ``nbgrader`` says why nbgrader's own command enters no grade for it, empty where it does; ``stops`` if it
    would moreover stop or change what that command does to others.
    """

    name: str
    happened: str
    verdicts: tuple[str, str]
    says: str
    damage: Callable[[Start], object]
    student: str | bytes = ""
    nbgrader: str = ""
    stops: bool = False

    @property
    def folder(self) -> str:
        return os.fsdecode(self.student) if self.student else self.name


ZOO: list[Specimen] = []


def specimen(happened: str, verdicts: tuple[str, str], says: str = "", **more: str) -> Callable:
    """Put what a function does to a hand-in into the zoo: it returns a notebook, text or bytes, or writes."""

    def enter(damage: Callable[[Start], object]) -> Callable[[Start], object]:
        ZOO.append(Specimen(damage.__name__, happened, verdicts, says, damage, **more))
        return damage

    return enter


def hand_in(item: Specimen, start: Start) -> None:
    """Write a specimen into its folder, with the timestamp that every hand-in has."""
    start.folder.mkdir(parents=True, exist_ok=True)
    (start.folder / "timestamp.txt").write_text("2026-11-01 12:00:00 UTC", encoding="ascii")
    made = item.damage(start)
    if isinstance(made, dict):
        made = json.dumps(made, indent=1)
    if isinstance(made, str):
        made = made.encode("utf-8")
    if isinstance(made, bytes):
        start.path.write_bytes(made)


def book(start: Start) -> dict:
    return copy.deepcopy(start.right)


def text(start: Start) -> str:
    return json.dumps(start.right, indent=1)


def cell(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def source(item: dict) -> str:
    return "".join(item["source"])


def plain(code: str, kind: str = "code") -> dict:
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": f"plain-{len(code)}", "metadata": {}, "source": code, **more}


def put(start: Start, grade_id: str, code: str) -> dict:
    notebook = book(start)
    cell(notebook, grade_id)["source"] = code
    return notebook


def hand_made(start: Start, name: str) -> str:
    """A real file, with the right answers where it says so."""
    answers = {name: source(cell(start.right, name)) for name in ("heavy_step", "fit_line")}
    content = (HERE / name).read_text(encoding="utf-8")
    return re.sub(r'"@(\w+)@"', lambda match: json.dumps(answers[match[1]]), content)


# --- Cells -------------------------------------------------------------------------------------------------


@specimen("Nothing happened to it.", RIGHT)
def clean(start):
    return book(start)


@specimen("The released notebook, as downloaded.", ("not attempted", "not attempted"))
def untouched(start):
    return start.released


@specimen("An answer's cell was copied, the copy below it.", RIGHT, "two cells for fit_line")
def cell_duplicated(start):
    notebook = book(start)
    notebook["cells"].append(copy.deepcopy(cell(notebook, "fit_line")))
    return notebook


@specimen("The cell was copied before it was answered: the stub stands below.", RIGHT, "as released")
def stub_below_the_answer(start):
    notebook = book(start)
    notebook["cells"].append(copy.deepcopy(cell(start.released, "fit_line")))
    return notebook


@specimen("Answers in new cells above their stubs, which would undo them.", RIGHT, "it was left out")
def answer_above_the_stub(start):
    notebook = copy.deepcopy(start.released)
    for name in ("fit_line", "heavy_step"):
        notebook["cells"].insert(1, plain(source(cell(start.right, name))))
    return notebook


@specimen("The whole notebook was pasted twice.", RIGHT, "two cells for heavy_step")
def every_cell_duplicated(start):
    notebook = book(start)
    notebook["cells"] += copy.deepcopy(notebook["cells"])
    return notebook


@specimen("A check cell is there three times, with one grade id.", RIGHT)
def check_cell_duplicated(start):
    notebook = book(start)
    notebook["cells"] += [copy.deepcopy(cell(notebook, "check_fit_line"))] * 2
    return notebook


@specimen("The answer's cell was split between its two functions.", RIGHT)
def cell_split(start):
    notebook = book(start)
    mine = cell(notebook, "heavy_step")
    first, second = source(mine).split("\n\n\ndef ")
    mine["source"] = first
    notebook["cells"].insert(notebook["cells"].index(mine) + 1, plain("def " + second))
    return notebook


@specimen("The answer's cell was split in Jupyter, which copies the metadata.", RIGHT, "two cells for heavy_step")
def cell_split_with_its_metadata(start):
    notebook = cell_split(start)
    mine = cell(notebook, "heavy_step")
    notebook["cells"][notebook["cells"].index(mine) + 1]["metadata"] = copy.deepcopy(mine["metadata"])
    return notebook


@specimen("The cell was split in the middle of a function.", ("wrong", "correct"), "'return' outside function")
def cell_split_inside_of_a_function(start):
    notebook = book(start)
    mine = cell(notebook, "heavy_step")
    first, second = source(mine).split("    moved, velocity = {}, {}\n")
    mine["source"] = first
    notebook["cells"].insert(notebook["cells"].index(mine) + 1, plain("    moved, velocity = {}, {}\n" + second))
    return notebook


@specimen("Both answers were merged into the first one's cell.", RIGHT)
def cells_merged(start):
    notebook = book(start)
    last = cell(notebook, "fit_line")
    notebook["cells"].remove(last)
    mine = cell(notebook, "heavy_step")
    mine["source"] = source(mine) + "\n\n" + source(last)
    return notebook


@specimen("The answer was merged with the check below it.", RIGHT)
def merged_with_the_check_below(start):
    notebook = book(start)
    check = cell(notebook, "check_fit_line")
    notebook["cells"].remove(check)
    mine = cell(notebook, "fit_line")
    mine["source"] = source(mine) + "\n\n" + source(check)
    return notebook


@specimen("The answer was merged into the check cell, whose metadata it then has.", RIGHT)
def merged_into_the_check(start):
    notebook = book(start)
    mine = cell(notebook, "fit_line")
    notebook["cells"].remove(mine)
    check = cell(notebook, "check_fit_line")
    check["source"] = source(mine) + "\n\n" + source(check)
    return notebook


@specimen("The answer was pasted into the locked setup cell.", RIGHT)
def answer_in_the_setup_cell(start):
    notebook = book(start)
    mine = cell(notebook, "heavy_step")
    notebook["cells"].remove(mine)
    setup = cell(notebook, "setup_1")
    setup["source"] = source(setup) + "\n\n" + source(mine)
    return notebook


@specimen("One answer's cell was deleted.", ("correct", "not attempted"))
def cell_deleted(start):
    notebook = book(start)
    notebook["cells"].remove(cell(notebook, "fit_line"))
    return notebook


@specimen("Setup and check cells were deleted.", RIGHT)
def given_cells_deleted(start):
    notebook = book(start)
    notebook["cells"] = [c for c in notebook["cells"] if not c["metadata"].get("nbgrader", {}).get("locked")]
    return notebook


@specimen("All cells were deleted.", NOTHING, "holds no code cell")
def all_cells_deleted(start):
    return {**book(start), "cells": []}


@specimen("All cells in reverse order.", RIGHT)
def cells_reversed(start):
    notebook = book(start)
    notebook["cells"].reverse()
    return notebook


@specimen("The answers were moved to the end, below their checks.", RIGHT)
def answers_at_the_end(start):
    notebook = book(start)
    mine = [cell(notebook, name) for name in ("fit_line", "heavy_step")]
    notebook["cells"] = [c for c in notebook["cells"] if c not in mine] + mine
    return notebook


@specimen("An answer's cell became Markdown (a slip: Esc, M).", RIGHT, "Turn it back into code")
def cell_became_markdown(start):
    notebook = book(start)
    mine = cell(notebook, "fit_line")
    mine["cell_type"] = "markdown"
    del mine["outputs"], mine["execution_count"]
    return notebook


@specimen("Both answers' cells became raw.", RIGHT, "Turn it back into code")
def cells_became_raw(start):
    notebook = book(start)
    for name in ("fit_line", "heavy_step"):
        mine = cell(notebook, name)
        mine["cell_type"] = "raw"
    return notebook


@specimen("A heading became code.", RIGHT, "SyntaxError")
def heading_became_code(start):
    notebook = book(start)
    notebook["cells"][0]["cell_type"] = "code"
    return notebook


@specimen("All cells are Markdown and hold no answer.", NOTHING, "holds no code cell")
def only_prose(start):
    return {**book(start), "cells": [c for c in book(start)["cells"] if c["cell_type"] == "markdown"]}


@specimen("A function was given another name.", ("error", "correct"), "heavy_stepp")
def function_renamed(start):
    notebook = book(start)
    return put(start, "heavy_step", source(cell(notebook, "heavy_step")).replace("heavy_step", "heavy_stepp"))


@specimen("A setup cell was changed, against its lock.", RIGHT, "as released")
def setup_changed(start):
    return put(start, "setup_2", "SCALE = 3.0")


@specimen("Jupyter's own lines in an answer.", RIGHT)
def magic_lines(start):
    return put(start, "fit_line", "%load_ext autoreload\n" + source(cell(start.right, "fit_line")) + "\nfit_line?")


@specimen("A data table was pasted into a cell.", RIGHT, "put data into a file")
def a_table_in_a_cell(start):
    notebook = book(start)
    notebook["cells"].append(plain("table = [" + "0.123456789, " * 100_000 + "]"))
    return notebook


# --- Ids, metadata, formats ---------------------------------------------------------------------------------


@specimen("All metadata is gone.", RIGHT)
def metadata_gone(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item["metadata"] = {}
    return {**notebook, "metadata": {}}


@specimen("The metadata of cells and notebook is null.", RIGHT)
def metadata_null(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item["metadata"] = None
    return {**notebook, "metadata": None}


@specimen("The two answers' grade ids were swapped.", RIGHT)
def grade_ids_swapped(start):
    notebook = book(start)
    one, other = cell(notebook, "heavy_step"), cell(notebook, "fit_line")
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]
    return notebook


@specimen("Grade ids that no assignment has.", RIGHT)
def grade_ids_changed(start):
    notebook = book(start)
    for item in notebook["cells"]:
        if "nbgrader" in item["metadata"]:
            item["metadata"]["nbgrader"]["grade_id"] = "cell-0f3a"
    return notebook


@specimen("Points, locks and schema were doctored.", RIGHT)
def marks_doctored(start):
    notebook = book(start)
    for item in notebook["cells"]:
        if "nbgrader" in item["metadata"]:
            item["metadata"]["nbgrader"].update(points=1000, locked=False, schema_version=99, grade="yes")
    return notebook


@specimen("Cell ids are missing, as before nbformat 4.5.", RIGHT)
def cell_ids_missing(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item.pop("id", None)
    return {**notebook, "nbformat_minor": 2}


@specimen("All cells have one id, which is no legal one.", RIGHT)
def cell_ids_alike(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item["id"] = "the same, with blanks / and ../"
    return notebook


@specimen("The kernel is R's.", RIGHT)
def another_kernel(start):
    return {**book(start), "metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}}


@specimen("Sources are lists of lines without their ends.", RIGHT)
def lines_without_ends(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item["source"] = source(item).split("\n")
    return notebook


@specimen("Lines end as on Windows.", RIGHT)
def windows_lines(start):
    notebook = book(start)
    for item in notebook["cells"]:
        item["source"] = source(item).replace("\n", "\r\n")
    return json.dumps(notebook, indent=1).replace("\n", "\r\n")


@specimen("Format 3: worksheets, with the code under another key.", RIGHT)
def format_three(start):
    cells = []
    for item in book(start)["cells"]:
        content = {"metadata": item["metadata"], "cell_type": item["cell_type"]}
        key = "input" if item["cell_type"] == "code" else "source"
        cells.append({**content, key: item["source"], "language": "python", "collapsed": False})
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


@specimen("A format that is still to come.", RIGHT)
def format_of_the_future(start):
    return {**book(start), "nbformat": 7, "nbformat_minor": 1, "schema": "https://jupyter.org/v7"}


@specimen("The format's number is text.", RIGHT)
def format_as_text(start):
    return {**book(start), "nbformat": "four", "nbformat_minor": None}


@specimen("Exported from Google Colab.", RIGHT)
def colab(start):
    return hand_made(start, "colab.ipynb")


@specimen("Exported from Colab with its drive and pip cells, all of nbgrader's metadata lost.", RIGHT)
def colab_copy(start):
    notebook = json.loads(hand_made(start, "colab.ipynb"))
    for item in notebook["cells"]:
        item["metadata"] = {"id": "aB3dE"}
    return notebook


@specimen("Saved by VS Code.", RIGHT)
def vs_code(start):
    return hand_made(start, "vscode.ipynb")


@specimen("Exported from Kaggle, with its opening cell.", RIGHT)
def kaggle(start):
    return hand_made(start, "kaggle.ipynb")


@specimen("A notebook of 100 MB of pictures.", RIGHT)
def outputs_of_100_mb(start):
    notebook = book(start)
    image = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "@"}}
    cell(notebook, "check_fit_line")["outputs"] = [image]
    before, after = json.dumps(notebook).split('"@"')
    with open(start.path, "w", encoding="ascii") as file:
        file.write(before + '"')
        for _ in range(OUTPUT_BYTES // 2**20):
            file.write("iVBORw0K" * 2**17)
        file.write('"' + after)


@specimen("Millions of lines of output: few bytes in the file, many in memory.", NOTHING, "million values")
def millions_of_output_lines(start):
    notebook = book(start)
    cell(notebook, "fit_line")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["\n"] * 3_000_000}]
    return notebook


@specimen("Twenty thousand cells were pasted behind the work.", RIGHT, "were left out")
def thousands_of_cells(start):
    notebook = book(start)
    notebook["cells"] += [plain(f"x = {number}") for number in range(20_000)]
    return notebook


@specimen("Outputs that are no outputs.", RIGHT)
def outputs_of_any_kind(start):
    notebook = book(start)
    for number, item in enumerate(notebook["cells"]):
        item["outputs"] = (None, 7, "x", [[[]]], [{"output_type": "no such"}], {})[number % 6]
    return notebook


# --- Bytes --------------------------------------------------------------------------------------------------


@specimen("A byte order mark, from an editor on Windows.", RIGHT)
def byte_order_mark(start):
    return b"\xef\xbb\xbf" + text(start).encode()


@specimen("Saved as Latin-1, with an umlaut.", NOTHING, "not UTF-8")
def latin_1(start):
    notebook = book(start)
    notebook["cells"].append(plain("# Grüße von Zoë"))
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1")


@specimen("Saved as UTF-16, as PowerShell's > does.", NOTHING, "UTF-16")
def utf_16(start):
    return text(start).encode("utf-16")


@specimen("A disk full of zeros: only NUL bytes.", NOTHING, "damaged")
def nul_bytes(start):
    return b"\0" * 4096


@specimen("A NUL between two cells.", NOTHING, "damaged")
def nul_in_the_file(start):
    return text(start).replace('"cells"', '\0"cells"')


@specimen("A NUL within an answer.", ("correct", "error"), "null")
def nul_in_an_answer(start):
    return put(start, "fit_line", source(cell(start.right, "fit_line")) + "\nx = 1\0")


@specimen("Half of a character (a lone surrogate) in a comment.", ("correct", "error"), "surrogate")
def half_a_character(start):
    return put(start, "fit_line", source(cell(start.right, "fit_line")) + "\n# \ud83d")


@specimen("Typographic quotation marks, from a word processor.", ("correct", "error"), "invalid character")
def typographic_quotes(start):
    return put(start, "fit_line", source(cell(start.right, "fit_line")) + "\nprint(“done”)")


@specimen("Zero bytes.", NOTHING, "empty")
def zero_bytes(start):
    return b""


@specimen("The upload broke off.", NOTHING, "breaks off")
def cut_short(start):
    return text(start)[:2500]


@specimen("Merge-conflict marks in the file.", NOTHING, "merge conflict")
def merge_conflict(start):
    return (HERE / "merge_conflict.ipynb").read_text(encoding="utf-8")


@specimen("Merge-conflict marks in an answer.", ("correct", "error"), "SyntaxError")
def merge_conflict_in_an_answer(start):
    code = source(cell(start.right, "fit_line"))
    return put(start, "fit_line", f"<<<<<<< HEAD\n{code}\n=======\n{code}\n>>>>>>> mine\n")


@specimen("The login page, saved under the notebook's name.", NOTHING, "web page")
def login_page(start):
    return "<!DOCTYPE html>\n<html><title>Log in</title></html>\n"


@specimen("A Python script under the notebook's name.", NOTHING, "not a notebook")
def script(start):
    return source(cell(start.right, "fit_line"))


@specimen("JSON of something else.", NOTHING, "not a notebook of format 4")
def other_json(start):
    return '{"name": "toy", "version": "1.0.0", "cells": {"count": 3}}'


@specimen("Brackets a hundred thousand deep.", NOTHING, "not a notebook")
def deep_json(start):
    return '{"cells": ' + "[" * 100_000


@specimen("Brackets ten thousand deep in an answer.", ("correct", "error"), "nested")
def deep_code(start):
    return put(start, "fit_line", source(cell(start.right, "fit_line")) + "\nx = " + "(" * 10_000)


@specimen("A sum of twenty thousand terms in an answer.", RIGHT)
def long_sum(start):
    notebook = book(start)
    notebook["cells"].append(plain("x = " + " + ".join(["1"] * 20_000)))
    return notebook


# --- Files and folders --------------------------------------------------------------------------------------


@specimen("Renamed by the browser.", RIGHT, nbgrader=BY_NAME)
def renamed(start):
    (start.folder / "toy (1).ipynb").write_text(text(start), encoding="utf-8")


@specimen("Renamed by a mail program.", RIGHT, nbgrader=BY_NAME)
def renamed_ending(start):
    (start.folder / "Toy.IPYNB.txt").write_text(text(start), encoding="utf-8")


@specimen("Renamed, with macOS's shadow file beside it.", RIGHT, nbgrader=BY_NAME)
def shadow_file(start):
    (start.folder / "my toy.ipynb").write_text(text(start), encoding="utf-8")
    (start.folder / "._my toy.ipynb").write_bytes(b"\0\x05\x16\x07")


@specimen("Two notebooks, neither by the right name.", NOTHING, "draft.ipynb", nbgrader=BY_NAME)
def two_notebooks(start):
    for name in ("draft.ipynb", "final.ipynb"):
        (start.folder / name).write_text(text(start), encoding="utf-8")


@specimen("The right notebook and a copy.", RIGHT)
def a_copy_beside_it(start):
    (start.folder / "toy-Copy1.ipynb").write_text("{}", encoding="utf-8")
    return book(start)


@specimen("Another assignment's notebook.", NOTHING, "another assignment")
def wrong_assignment(start):
    return (HERE / "wrong_assignment.ipynb").read_text(encoding="utf-8")


def zipped(start: Start) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("toy.ipynb"), text(start))
    return content.getvalue()


@specimen("An archive under the notebook's name.", NOTHING, "archive")
def zip_by_the_name(start):
    return zipped(start)


@specimen("The notebook inside an archive.", NOTHING, "toy.zip", nbgrader="there is no *.ipynb")
def notebook_in_a_zip(start):
    (start.folder / "toy.zip").write_bytes(zipped(start))


@specimen("An empty folder.", NOTHING, "hand it in again", nbgrader="there is no *.ipynb")
def empty_folder(start):
    pass


@specimen("The notebook one folder too deep.", NOTHING, "'toy'", nbgrader="there is no *.ipynb")
def one_folder_too_deep(start):
    (start.folder / "toy").mkdir()
    (start.folder / "toy" / "toy.ipynb").write_text(text(start), encoding="utf-8")


@specimen("A folder of the notebook's name.", NOTHING, "Is a directory")
def folder_in_its_place(start):
    start.path.mkdir()


@specimen("A link to a file outside of the hand-in.", NOTHING, "link")
def link_out(start):
    outside = start.folder.parents[2] / "outside.ipynb"
    notebook = book(start)
    cell(notebook, "fit_line")["source"] = f"{SECRET} = 1"
    outside.write_text(json.dumps(notebook), encoding="utf-8")
    start.path.symlink_to(outside)


@specimen("A link to a classmate's hand-in.", NOTHING, "link")
def link_to_a_classmate(start):
    start.path.symlink_to(Path("..", "..", "clean", "toy", "toy.ipynb"))


@specimen("A link to itself.", NOTHING, "link", nbgrader="a link that leads nowhere is no file to it")
def link_to_itself(start):
    start.path.symlink_to(start.path.name)


@specimen("A link to a file beside it.", NOTHING, "is a link")
def link_within(start):
    (start.folder / "mine").write_text(text(start), encoding="utf-8")
    start.path.symlink_to("mine")


@specimen("A pipe, which nobody writes to.", NOTHING, "no ordinary file")
def pipe(start):
    os.mkfifo(start.path)


@specimen("A timestamp that is no text.", RIGHT, nbgrader="it reads the timestamp itself")
def timestamp_no_text(start):
    (start.folder / "timestamp.txt").write_bytes(b"\xff\xfe\0soon")
    return book(start)


@specimen("A folder in the timestamp's place.", RIGHT, nbgrader="it reads the timestamp itself")
def timestamp_a_folder(start):
    (start.folder / "timestamp.txt").unlink()
    (start.folder / "timestamp.txt").mkdir()
    return book(start)


# --- Students -----------------------------------------------------------------------------------------------

NAMES: dict[str, tuple[str | bytes, str]] = {
    "name_with_spaces": ("Ann  Mary von Berg ", ""),
    "name_with_quotes": ("Zoë \"Zed\" O'Neil; DROP TABLE student", ""),
    "name_with_a_newline": ("two\nlines", "its pattern for names ends at the line and stops the batch"),
    "name_with_dots": ("..\\..\\..", HIDDEN),
    "name_as_a_path": ("..%2F..%2Fetc", HIDDEN),
    "name_with_backslashes": ("ann\\..\\..\\etc", ""),
    "name_like_an_option": ("--force", ""),
    "name_with_wildcards": ("[a-z]*?", "it takes the name for a pattern, and others' files for this one's"),
    "name_with_markup": ("<script>alert(1)<∕script>{{7*7}}", ""),
    "name_like_a_formula": ("=1+cmd|' 'A1", ""),
    "name_very_long": ("x" * 254, ""),
    "name_in_latin_1": (b"Andr\xe9", "its database takes text only"),
}
ZOO += [
    Specimen(
        name,
        f"The student's folder is called {student!r}.",
        RIGHT,
        "",
        clean,
        student,
        nbgrader,
        name in {"name_with_a_newline", "name_with_wildcards"},
    )
    for name, (student, nbgrader) in NAMES.items()
]
