"""`autograder classroom50`: what Classroom 50 runs in a student's repository, with the visible checks alone.

Its form is that of docs in github.com/foundation50/classroom50 ("Writing an autograder.py" and "The
result.json contract"): ``autograders/<assignment>/autograder.py`` and files beside it.
"""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from math import lcm
from pathlib import Path

from autograder.course import jupyter
from autograder.course.cells import visible_check
from autograder.course.course import Course
from autograder.desk import classroom50_run


def classroom50(course: Course, slug: str) -> str:
    """Write the folder ``_build/classroom50/autograders/<slug>``; a sentence says what runs there."""
    release = course.release(slug)
    folder = course.build / "classroom50" / "autograders" / slug
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    shutil.copy(Path(classroom50_run.__file__), folder / "autograder.py")
    shutil.copy(Path(jupyter.__file__), folder / "jupyter_lines.py")
    points = [Fraction(str(one.points)) for one in release.exercises]
    scale = lcm(*(one.denominator for one in points))  # scores are whole numbers there
    about = {
        "slug": slug,
        "title": release.title,
        "setup": release.setup,
        "checks": [
            {"name": one.name, "points": int(number * scale), "source": visible_check(release, one.name)}
            for one, number in zip(release.exercises, points, strict=True)
        ],
    }
    (folder / "checks.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    scaled = f" Points are multiplied by {scale}, for scores are whole numbers there." if scale > 1 else ""
    words = ", ".join(one.name for one in release.manual)
    by_hand = f" {words} is not in it." if words else ""
    return (
        f"{course.shown(folder)}: {len(release.exercises)} visible checks. Nothing hidden runs there: it is "
        f"the student's own repository, whose code could change what is reported.{scaled}{by_hand}"
    )
