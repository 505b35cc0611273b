"""`autograder gradescope`: the zip that Gradescope runs as an assignment's autograder.

Its form is that of gradescope-autograders.readthedocs.io ("Autograder Specifications", docs/specs.md of
gradescope/autograder_samples): ``setup.sh`` and ``run_autograder`` at the top. The zip is for instructors: it
holds hidden checks, solutions and the class's seed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import autograder
from autograder.classroom.runner import secret_seed
from autograder.course.course import Course
from autograder.files import ZIP_EPOCH, private

ENGINE = Path(autograder.__file__).parent
NOT_NEEDED = ("attacks", "authoring", "measure")
PACKAGES = (
    "numpy", "matplotlib", "pytest", "python-dateutil", "pyyaml", "jinja2", "pyseccomp", "tqdm",
    "nbconvert", "nbformat", "nbgrader", "sqlalchemy", "alembic", "traitlets",
)  # fmt: skip  # what grading imports; their versions are those of this machine

SETUP = """\
#!/usr/bin/env bash
# Installs what grading needs; Python 3.11 or newer is in Ubuntu 24.04's own packages.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv libseccomp2 bubblewrap
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or newer is needed: choose Ubuntu 24.04 as the base image." >&2; exit 1; }
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
chmod -R go-rwx /autograder/source
"""

RUN = """\
#!/usr/bin/env bash
# Grades what was handed in. Nothing of the checks is printed, and students do not see this output.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
export PYTHONPATH="$root/source/engine" PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
umask 077
exec "${AUTOGRADER_PYTHON:-$root/venv/bin/python}" -m autograder.desk.gradescope_run "$root"
"""


def gradescope_zip(course: Course, slug: str, term: Path, visibility: str = "visible") -> str:
    """Write the zip to ``_build/gradescope``; a sentence says where it is and what it gives up."""
    release = course.release(slug)
    if not (term / "seed").exists():
        private(term)
    path = course.build / "gradescope" / f"{slug}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"slug": slug, "seed": secret_seed(term, slug), "visibility": visibility}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", SETUP.encode(), 0o755)
        _add(archive, "run_autograder", RUN.encode(), 0o755)
        _add(archive, "requirements.txt", requirements().encode())
        _add(archive, "gradescope.json", json.dumps(about, sort_keys=True).encode())
        for name, source in sorted(_files(course, slug)):
            _add(archive, name, source.read_bytes())
        if settings := _chosen(course, slug):
            _add(archive, "term/course.toml", settings)
    path.chmod(0o600)
    words = ", ".join(one.name for one in release.manual)
    by_hand = f" {words} must be graded by hand there." if words else ""
    return (
        f"{course.shown(path)}: for instructors, it holds the hidden checks. On Gradescope they stand in "
        "the same container as the student's code. It runs there as another user, who may not read them, and "
        f"without a sandbox.{by_hand}"
    )


def requirements() -> str:
    """The packages that grading imports, in the versions of this machine."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package}=={version(package)}")
        except PackageNotFoundError:  # pyseccomp, elsewhere than on Linux
            continue
    return "\n".join(found) + "\n"


def _files(course: Course, slug: str) -> Iterator[tuple[str, Path]]:
    """The engine, and of the course what grades this assignment."""
    for path in ENGINE.rglob("*"):
        inside = path.relative_to(ENGINE)
        if (
            path.is_file()
            and inside.parts[0] not in (*NOT_NEEDED, course.chapters.name)
            and path.suffix in (".py", ".jinja")
        ):
            yield f"engine/autograder/{inside.as_posix()}", path
    origins = {slug, *(part.origin for part in course.release(slug).carried)}
    wanted = [course.root / "_toc.yml", *course.data(slug)]
    wanted += [place(origin) for origin in origins for place in (course.text, course.released)]
    wanted += course.solutions.glob("*.py")
    wanted += course.chapters.glob("*.py")
    wanted += [path for origin in origins for path in course.content(origin).rglob("*.py")]
    for path in wanted:
        yield f"course/{course.shown(path)}", path


def _chosen(course: Course, slug: str) -> bytes:
    """The settings that change the notebook of ``slug`` and its limits; nobody's name is in them."""
    selection = course.selection
    if not selection.text(slug):
        return b""
    lines = ["[limits]", *(f"{name} = {number:g}" for name, number in sorted(selection.limits))]
    out, points = sorted(selection.left_out_of(slug)), selection.points_of(slug)
    lines += [f"[assignment.{slug}]", f"leave_out = {json.dumps(out)}", f"[assignment.{slug}.points]"]
    lines += [f"{name} = {number!r}" for name, number in sorted(points.items())]
    return ("\n".join(lines) + "\n").encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int = 0o644) -> None:
    info = zipfile.ZipInfo(name, ZIP_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100000 | mode) << 16
    archive.writestr(info, content)
