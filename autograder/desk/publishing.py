"""`autograder publish`: the zip for students and the site, refused if anything private is in them."""

from __future__ import annotations

import html
import re
import socket
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.authoring.bundle import public_content
from autograder.authoring.leaks import leaks
from autograder.course.course import ASSIGNMENTS, INSTRUCTORS, PRIVATE, PUBLIC, Course, CourseError
from autograder.desk.student_readme import student_readme
from autograder.files import ZIP_EPOCH
from autograder.term.roster import Roster, load_roster
from autograder.term.settings import term_settings

FOR_STUDENTS = ("requirements-students.txt", "environment.yml", "LICENSE", f"{ASSIGNMENTS}/carry_forward.py")
CACHES = ("__pycache__", ".ipynb_checkpoints", ".jupyter_cache", ".doctrees", ".git")
LEAST_LETTERS = 6  # of an id or a machine's name; shorter ones stand in honest texts
MAX_TOLD = 10
OPENED = re.compile(r"""(?:\bopen|load\w*|read_\w+)\(\s*["']([^"'/\\]+\.\w+)["']""")  # np.load("x.npz")


def publish(course: Course, term: Path) -> str:
    """Write ``_build/publish/students.zip`` and, if the site is built, ``site.zip``; a sentence on each."""
    bundle = public_content(course)
    found = leaks(course, *(course.root / room for room in PUBLIC if (course.root / room).exists()))
    released = {course.released(slug) for slug in course.slugs}
    data = {path for slug in course.slugs for path in course.data(slug)}
    students: dict[Path, Path | bytes | None] = {
        name: source
        for name, source in bundle.items()
        if course.root / name in released or source in data or name.as_posix() in FOR_STUDENTS
    }
    students[Path("README.md")] = student_readme(course, term_settings(course, term)).encode()
    site = _site(course.build / "html")
    lacking: dict[str, list[str]] = {}
    for slug in course.slugs:
        for name in _missing_data(course, slug) if course.released(slug).exists() else ():
            lacking.setdefault(name, []).append(slug)
    found += [
        f"{name}, which {', '.join(slugs)} read{'' if len(slugs) > 1 else 's'}, does not lie beside "
        f"{'them' if len(slugs) > 1 else 'it'}; `make data` puts it there"
        for name, slugs in lacking.items()
    ]
    secrets = _secrets(course, load_roster(term))
    for what, files in (("students.zip", students), ("the site", site)):
        found += [f"{what}: {name} {why}" for name, why in _private(files, secrets)]
    if found:
        more = [f"… and {len(found) - MAX_TOLD} more"] if len(found) > MAX_TOLD else []
        raise CourseError(f"nothing was published: {'; '.join([*found[:MAX_TOLD], *more])}.")
    folder = course.build / "publish"
    told = [_zip(folder / "students.zip", students, course)]
    if site:
        site |= _offering(folder / "students.zip", site)
        told.append(_zip(folder / "site.zip", {**site, Path(".nojekyll"): None}, course))
    else:
        told.append("There is no site in _build/html yet; build it first (`make course`).")
    return "\n".join(told)


def _missing_data(course: Course, slug: str) -> list[str]:
    """The files that cells of a released notebook open by their bare name, and that are not there."""
    cells = course.release(slug).notebook["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    there = {path.name for path in course.data(slug)}
    return sorted(set(OPENED.findall(code)) - there)


def _site(folder: Path) -> dict[Path, Path | bytes | None]:
    if not folder.is_dir():
        return {}
    files = (path for path in folder.rglob("*") if path.is_file())
    inside = ((path.relative_to(folder), path) for path in files)
    return {name: path for name, path in inside if not set(name.parts) & {*CACHES, ".buildinfo"}}


def _offering(notebooks: Path, site: Mapping[Path, Path | bytes | None]) -> dict[Path, Path | bytes | None]:
    """The students' zip for the site, and the pages that link it: the link waits in a comment there."""
    changed: dict[Path, Path | bytes | None] = {Path(notebooks.name): notebooks}
    for name, path in site.items():
        if name.suffix == ".html" and b"<!--when:zip " in (content := _content(path)):
            changed[name] = re.sub(rb"<!--when:zip (.*?)-->", rb"\1", content, flags=re.S)
    return changed


def _secrets(course: Course, roster: Roster) -> dict[str, str]:
    """Words that may stand in nothing public, with what they are."""
    here = "holds a path of this machine"
    found = {str(course.root): here, f"{Path.home()}/": here}
    host = socket.gethostname()
    if len(host) >= LEAST_LETTERS and host != "localhost":
        found[host] = "holds this machine's name"
    for one in roster.students.values():
        full = " " in one.name and len(one.name) >= LEAST_LETTERS
        names = [one.name, one.sortable] if full else []
        ids = [one.student, *(value for cells in one.ids.values() for value in cells.values())]
        ids = [text for text in ids if len(text) >= LEAST_LETTERS and re.search(r"\d|@", text)]
        found |= dict.fromkeys(filter(None, (*names, one.email, *ids)), "names somebody of the roster")
    return found


def _private(
    files: Mapping[Path, Path | bytes | None], secrets: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Each file that is private, or in which something private stands."""
    for name, path in sorted(files.items()):
        if set(name.parts) & {*PRIVATE, INSTRUCTORS, "term"}:
            yield name.as_posix(), "is of the instructor's rooms"
            continue
        content = _content(path)
        if b"\0" in content[:1000]:
            continue  # no text
        text = content.decode("utf-8", "replace")
        plain = html.unescape(text) if name.suffix in (".html", ".ipynb") else text
        for word, why in secrets.items():
            if word in text or word in plain:
                yield name.as_posix(), why
                break


def _zip(path: Path, files: Mapping[Path, Path | bytes | None], course: Course) -> str:
    """Write a zip that has the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(_without_caches(files)):
            info = zipfile.ZipInfo(name.as_posix(), ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            archive.writestr(info, _content(source))
        count = len(archive.namelist())
    return f"{course.shown(path)}: {count} files."


def _content(source: Path | bytes | None) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source or b""


def _without_caches(files: Mapping[Path, Path | bytes | None]) -> Iterable[tuple[Path, Path | bytes | None]]:
    return ((name, path) for name, path in files.items() if not set(name.parts) & set(CACHES))
