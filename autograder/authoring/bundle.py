"""The public bundle: the book and the assignments, without anything from the private folders."""

from __future__ import annotations

from pathlib import Path

from autograder.authoring.leaks import files_below, leaks
from autograder.authoring.left_out import changed_files
from autograder.course.course import PUBLIC, Course, CourseError
from autograder.term.chosen import unfit

OPTIONAL = ("LICENSE", "requirements-students.txt")


def export_bundle(course: Course) -> str:
    """Export the public files and folders to ``_build/bundle`` and return a sentence about it.

    Only changed files are rewritten, so that a build from the bundle sees by their times which are fresh.
    Files that are no longer public are removed. Raises CourseError, before anything is written, if a public
    folder is missing or holds a link, or if a public file holds private code or text.
    """
    wanted = public_content(course)
    found = leaks(course, *(course.root / room for room in PUBLIC if (course.root / room).exists()))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise CourseError(f"the bundle was not written: {found[0]}{more}")
    folder = course.build / "bundle"
    written = sum(_write(folder / name, content) for name, content in wanted.items())
    removed = _remove_others(folder, {folder / name for name in wanted})
    return f"{folder.relative_to(course.root)}: {len(wanted)} files, {written} written, {removed} removed."


def public_content(course: Course) -> dict[Path, Path | bytes]:
    """The files of the bundle as the term has them: path in the bundle -> path in the course, or content.

    Raises CourseError for an exercise that stays and needs one that is left out.
    """
    if found := unfit(course):
        raise CourseError(f"{found[0]}.")
    wanted: dict[Path, Path | bytes] = dict(public_files(course))
    for name, content in changed_files(course, public_files(course)).items():
        if content is None:
            del wanted[name]
        else:
            wanted[name] = content
    return wanted


def public_files(course: Course) -> dict[Path, Path]:
    """The files of the bundle: path in the bundle -> path in the course."""
    found: dict[Path, Path] = {}
    for room in PUBLIC:
        place = course.root / room
        if not place.exists():
            if room in OPTIONAL:
                continue
            raise CourseError(f"{room} is missing; the public bundle needs {', '.join(PUBLIC)}.")
        for path in (place, *sorted(place.rglob("*"))):
            if path.is_symlink():
                name = path.relative_to(course.root)
                raise CourseError(f"{name} is a link; a public room holds files of its own, copy it in.")
        found |= {path.relative_to(course.root): path for path in files_below(place)}
    return found


def _write(target: Path, source: Path | bytes) -> bool:
    """Write a file's bytes unless ``target`` has the same; return whether it was written."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return False
    if target.is_dir():
        raise CourseError(
            f"{target} is a folder where a file belongs; delete _build/bundle and export again."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return True


def _remove_others(folder: Path, wanted: set[Path]) -> int:
    """Delete every file below ``folder`` that is not wanted, caches too, and the folders left empty."""
    count = 0
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in wanted:
            path.unlink()
            count += 1
    return count
