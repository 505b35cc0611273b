"""Copies your answers from the earlier notebooks into the capstone's, cell by cell.

    python carry_forward.py                       # with the notebooks as they were handed out
    python carry_forward.py ~/work/ --into ~/work/capstone/capstone.ipynb

The capstone's notebook says which parts it wants and from where. Each is looked for in the notebook of that
name, ``momentum/momentum.ipynb`` for one, in the folders given, or beside this file and the capstone's.
Helper functions of your own that a part calls come along in a cell above it.

Nothing is lost: the earlier notebooks are only read, the capstone's is first copied to a file beside it, and
a part that you have changed in the capstone stays as it is unless you say ``--replace``.

Python's standard library is all that this file needs.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import hashlib
import json
import os
import shutil
import symtable
import sys
import tempfile
from pathlib import Path

STUB = "raise NotImplementedError"


class Trouble(Exception):
    """Something that the person at the keyboard can mend; one sentence."""


# ------------------------------------------------------------------------------------------- notebooks


def read_notebook(path):
    """The JSON of a notebook and its cells; Trouble says what is wrong with the file and what to do."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Trouble(f"{path} cannot be opened ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise Trouble(f"{path} is not UTF-8 text; open it in Jupyter and save it again.") from error
    if not text.strip():
        raise Trouble(f"{path} is empty; look for an older copy of it.")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        if "<<<<<<<" in text:
            what = "holds the marks of a merge conflict; settle it and save the file"
        else:
            what = f"is damaged or no notebook{where}; open it in Jupyter and save it again"
        raise Trouble(f"{path} {what}.") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Trouble(f"{path} is no notebook of format 4; open it in Jupyter and save it again.")
    return notebook, [cell for cell in cells if isinstance(cell, dict)]


def source_of(cell):
    """A cell's text, which may be kept as one string or as a list of lines."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def metadata(cell, name):
    """An entry of a cell's metadata, or {} where there is none."""
    found = cell.get("metadata")
    return (found.get(name) if isinstance(found, dict) else None) or {}


def grade_id(cell):
    mark = metadata(cell, "nbgrader")
    found = mark.get("grade_id") if isinstance(mark, dict) else None
    return found if isinstance(found, str) else ""


def as_released(cell):
    """Whether a cell still is as it was given out, by the checksum that nbgrader put into it."""
    mark = metadata(cell, "nbgrader")
    known = mark.get("checksum") if isinstance(mark, dict) else None
    if not isinstance(known, str):
        return STUB in source_of(cell)
    found = hashlib.md5(source_of(cell).encode(), usedforsecurity=False)
    kinds = "".join(str(bool(mark.get(kind))) for kind in ("grade", "solution", "locked"))
    found.update(f"{cell.get('cell_type', '')}{kinds}{grade_id(cell)}".encode())
    return found.hexdigest() == known


# --------------------------------------------------------------------------------- parts and helpers


def tree_of(source):
    """The syntax tree of a cell, or None for one that is not plain Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def names_bound(node):
    """The names that a top-level statement gives a value to."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return set()


def names_used(text):
    """The names that code takes from the cells above: no parameter, and nothing that is a function's own."""
    try:
        scopes = [symtable.symtable(text, "cell", "exec")]
    except SyntaxError:  # such as a `return` outside of a function
        return set()
    found = set()
    for scope in scopes:  # those inside it are appended in the loop
        outer = scope.get_type() == "module"
        found |= {
            one.get_name()
            for one in scope.get_symbols()
            if one.is_global() or (outer and one.is_referenced())
        }
        scopes += scope.get_children()
    return found


def statement_text(source, node):
    """The lines of a statement, its decorators included."""
    first = min([node.lineno, *(line.lineno for line in getattr(node, "decorator_list", []))])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def definitions(cells):
    """Name -> (text, names used) of what a notebook defines at the margin; the last definition counts."""
    found = {}
    for cell in cells:
        source = source_of(cell)
        tree = tree_of(source) if cell.get("cell_type") == "code" else None
        if tree is None or grade_id(cell).startswith("check_"):
            continue
        for node in tree.body:
            for name in names_bound(node):
                text = statement_text(source, node)
                found[name] = (text, names_used(text))
    return found


def helpers_for(part, cells, known):
    """The texts of what ``part`` calls and the capstone does not have, in the order of the notebook."""
    tree = tree_of(part)
    if tree is None:
        return {}
    there = definitions(cells)
    own = set().union(*(names_bound(node) for node in tree.body)) if tree.body else set()
    missing, queue = set(), sorted(names_used(part))
    while queue:
        name = queue.pop()
        if name in there and name not in known | own | missing | set(dir(builtins)):
            missing.add(name)
            queue += sorted(there[name][1])
    return {name: there[name][0] for name in there if name in missing}


def find_part(name, cells):
    """The cell that answers the exercise ``name``: by its grade id, else the last one that defines it."""
    code = [cell for cell in cells if cell.get("cell_type") == "code" and source_of(cell).strip()]
    marked = [cell for cell in code if grade_id(cell) == name and not as_released(cell)]
    if marked:
        return marked[-1]
    defining = [
        cell
        for cell in code
        if grade_id(cell) in ("", name)
        and (tree := tree_of(source_of(cell)))
        and any(name in names_bound(node) for node in tree.body)
        and STUB not in source_of(cell)
    ]
    return defining[-1] if defining else None


# ------------------------------------------------------------------------------------------ the copying


def find_notebook(slug, places):
    """The notebook of the assignment ``slug`` in the given files and folders; None if there is none."""
    for place in places:
        names = (f"{slug}/{slug}.ipynb", f"{slug}.ipynb")
        tried = [place] if place.name == f"{slug}.ipynb" else [place / name for name in names]
        for path in tried:
            if path.is_file():
                return path
    return None


def carry(capstone, places, replace=False):
    """Put the parts into ``capstone``, a notebook's JSON; returns what happened, a line each.

    ``capstone`` is changed in place: the sources of its carry cells, and cells of helpers above them.
    """
    cells = [cell for cell in capstone["cells"] if isinstance(cell, dict)]
    wanted = [cell for cell in cells if isinstance(metadata(cell, "carried"), str)]
    if not wanted:
        raise Trouble("the notebook to copy into has no cell for a carried part; is it the capstone's?")
    known = set(definitions([cell for cell in cells if not isinstance(metadata(cell, "helpers_of"), str)]))
    lines, notebooks, paths, placed = [], {}, {}, {}
    for cell in wanted:
        name, slug = grade_id(cell), metadata(cell, "carried")
        if slug not in notebooks:
            paths[slug] = find_notebook(slug, places)
            notebooks[slug] = _opened(slug, paths[slug], lines)
        if notebooks[slug] is None:
            continue
        part = find_part(name, notebooks[slug])
        if part is None:
            lines.append(f"{slug}/{name}: not written yet in {paths[slug]}; left as it is.")
            continue
        text, before = source_of(part), source_of(cell)
        if text == before:
            lines.append(f"{slug}/{name}: was there already.")
        elif not as_released(cell) and not replace:
            lines.append(
                f"{slug}/{name}: differs from what you have in the capstone, which stays; see --replace."
            )
            continue
        else:
            cell["source"] = text
            more = " (it is unfinished: one of its functions is not written)" if STUB in text else ""
            lines.append(f"{slug}/{name}: copied{more}.")
        if tree_of(text) is None:
            lines.append(f"  {name} is not plain Python; if it calls helpers of yours, copy these by hand.")
        helpers = helpers_for(text, notebooks[slug], known)
        clash = [other for other in helpers if placed.get(other, helpers[other]) != helpers[other]]
        if clash:
            raise Trouble(
                f"{slug} has a helper {clash[0]} that differs from one of the same name in another notebook; "
                "in one notebook they cannot both be: give one of them another name first."
            )
        new = {key: value for key, value in helpers.items() if key not in placed}
        placed |= helpers
        if _place_helpers(capstone, cell, new):
            lines.append(f"  with your {', '.join(new)}.")
    return lines


def _opened(slug, path, lines):
    if path is None:
        lines.append(f"{slug}: no {slug}.ipynb found; name its folder: carry_forward.py FOLDER.")
        return None
    try:
        return read_notebook(path)[1]
    except Trouble as trouble:
        lines.append(f"{slug}: {trouble} Its parts are left as they are.")
        return None


def _place_helpers(capstone, cell, helpers):
    """Put helpers into a cell above ``cell``; whether there was something to put there."""
    name, cells = grade_id(cell), capstone["cells"]
    standing = [one for one in cells if isinstance(one, dict) and metadata(one, "helpers_of") == name]
    text = "\n\n\n".join(helpers.values())
    if not helpers or any(source_of(one) == text for one in standing):
        return False
    fresh = {"cell_type": "code", "execution_count": None, "metadata": {"helpers_of": name}, "outputs": []}
    fresh |= {"source": text}
    if (capstone.get("nbformat"), capstone.get("nbformat_minor", 0)) >= (4, 5):
        taken = {one.get("id") for one in cells if isinstance(one, dict)}
        number = next(n for n in range(1, len(cells) + 2) if f"helpers-{name}-{n}"[:64] not in taken)
        fresh["id"] = f"helpers-{name}-{number}"[:64]
    cells.insert(next(place for place, one in enumerate(cells) if one is cell), fresh)
    return True


def save(path, notebook):
    """Write ``notebook`` to ``path``, all of it or nothing; returns where its former state was copied to."""
    stem, number = path.stem, 1
    while (backup := path.with_name(f"{stem}-before-carry-forward-{number}{path.suffix}")).exists():
        number += 1
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    content = text.encode("utf-8", "surrogatepass")
    shutil.copy2(path, backup)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{stem}-", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return backup


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="carry_forward.py",
        description="Copy your answers from the earlier notebooks into the capstone's.",
    )
    parser.add_argument("places", nargs="*", type=Path, help="folders or notebooks to look into")
    parser.add_argument("--into", type=Path, help="the capstone's notebook")
    parser.add_argument("--replace", action="store_true", help="also parts that you changed in the capstone")
    options = parser.parse_args(arguments)
    here = Path(__file__).resolve().parent
    into = options.into or find_notebook("capstone", [*options.places, Path.cwd(), here])
    try:
        if into is None:
            raise Trouble("no capstone.ipynb found; say where it is: carry_forward.py --into PATH.")
        absent = [place for place in options.places if not place.exists()]
        if absent:
            raise Trouble(f"there is no {absent[0]}; name a folder or a notebook that is there.")
        notebook, _ = read_notebook(into)
        before = json.dumps(notebook)
        around = [into.resolve().parent, into.resolve().parent.parent]
        lines = carry(notebook, [*options.places, *around, Path.cwd(), here], options.replace)
        print("\n".join(lines))
        if json.dumps(notebook) == before:
            print(f"Nothing to change in {into}.")
            return 0
        backup = save(into, notebook)
    except (Trouble, OSError) as trouble:
        print(f"carry_forward.py: {trouble}", file=sys.stderr)
        return 2
    print(f"{into} is written; as it was, it is in {backup.name}.")
    print("If it is open in Jupyter, choose File, Reload Notebook from Disk, before you go on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
