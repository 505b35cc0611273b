"""The README of the zip for students: how to start, what is due when, how to hand in; one screen.

Due times and rules are the term's, so they stand here and not in the notebooks.
"""

from __future__ import annotations

import datetime
import math

from autograder.course.course import Course
from autograder.term.settings import Settings

START = """\
## Three ways to start

1. **In the browser**, with nothing to install: {browser}
2. **On your machine**, with Python 3.11 or newer. In this folder:

       python -m venv .venv
       source .venv/bin/activate        (on Windows: .venv\\Scripts\\activate)
       pip install -r requirements-students.txt
       jupyter lab

   This installs NumPy, Matplotlib and JupyterLab.
3. **Colab or VS Code**: open the notebook there. In Colab, upload `digits.npz` too where it lies beside the
   notebook, and hand in what *File, Download, Download .ipynb* gives you; folded cells are forms there.
   VS Code asks for a kernel: choose the environment of 2; it shows folded cells open.
"""


def student_readme(course: Course, settings: Settings) -> str:
    """The text, in Markdown; the same for the same course and settings."""
    site = settings.book.rstrip("/")
    browser = f"<{site}/run.html>." if site else "the course's page has a button at each chapter's title."
    rows = []
    for slug in course.slugs:
        if not course.released(slug).exists():
            continue
        release = course.release(slug)
        due = settings.assignment(slug).due or (
            datetime.datetime.fromisoformat(release.due) if release.due else None
        )
        when = f"{due.astimezone(settings.zone):%a %d %b %Y, %H:%M}" if due else "see the course's page"
        points = sum(exercise.points for exercise in release.marked)
        notebook = course.shown(course.released(slug))
        rows.append(f"| {release.title} | `{notebook}` | {points:g} | {when} |")
    table = "\n".join(
        [f"| assignment | file | points | due ({settings.time_zone}) |", "| --- | --- | --- | --- |", *rows]
    )
    name = settings.name or "The notebooks"
    return f"# {name}\n\n{START.format(browser=browser)}\n## What is due\n\n{table}\n\n{_rules(settings)}\n"


def _rules(settings: Settings) -> str:
    """What lateness costs, which attempt counts, and how to hand in, in sentences."""
    late, told = settings.late, []
    if late.grace_minutes:
        told.append(f"Up to {late.grace_minutes:g} minutes after that count as in time.")
    if late.percent_per_day:
        of = "of what you earn" if late.of == "earned" else "of all points"
        most = f", {late.percent_max:g} % at most" if late.percent_max < 100 else ""
        told.append(f"Each day late that has begun costs {late.percent_per_day:g} % {of}{most}.")
    else:
        told.append("Late work costs nothing.")
    if late.days_accepted < math.inf:
        told.append(f"After {late.days_accepted:g} days it earns nothing.")
    many = (
        f"The first {settings.attempts} hand-ins count"
        if settings.attempts
        else "Hand in as often as you like"
    )
    which = "the best one" if settings.counts == "best" else "the last one"
    told.append(f"{many}; your mark is that of {which}.")
    told.append("Save the notebook and hand in that one file, under its own name.")
    return " ".join(told)
