"""`autograder feedback`: the pages in the layout in which a platform takes them back, each to its student.

============ ===========================================================================================
canvas       a zip whose files are named as Canvas named the hand-ins: it finds the user's id and the file's
             id between ``_`` (instructure/canvas-lms, Assignment#generate_comments_from_files)
moodle       a zip of ``<Full name>_<participant>_assignsubmission_file/<page>``, the folders of the download
             (moodle/moodle, mod/assign/feedback/file/importziplib.php)
mail         a folder with a page for each student and ``recipients.csv`` for a mail merge
exchange     nothing to make: ``nbgrader release_feedback`` reads ``term/feedback`` as it is
============ ===========================================================================================
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from autograder.course.course import Course, CourseError
from autograder.desk.export import Marks, gather
from autograder.files import file_name
from autograder.publish import feedback_path
from autograder.reporting.marks import number
from autograder.reporting.marks_csv import disarmed
from autograder.safe_text import one_line
from autograder.term.attempts import Attempts
from autograder.term.collect import load_participants
from autograder.term.schemes import CANVAS
from autograder.term.settings import LAYOUTS
from autograder.term.tables import write_table


def feedback_out(course: Course, slug: str, term: Path, layout: str = "") -> str:
    """Write the pages of ``slug`` in a layout below ``term/out``; a sentence on each that cannot go there.

    Args:
        layout: one of LAYOUTS; the settings' platform if left out.
    Raises:
        CourseError: no page can be given back so.
    """
    marks = gather(course, term, slug)
    layout = layout or marks.settings.platform
    if layout not in LAYOUTS:
        raise CourseError(
            f"the settings' platform, {layout}, takes no pages back: name where they go with --for "
            f"{'|'.join(LAYOUTS)}."
        )
    pages = {student: feedback_path(term, student, slug) for student in marks.rows[slug]}
    pages = {student: path for student, path in pages.items() if path.exists()}
    if not pages:
        raise CourseError(f"no feedback on {slug} in {term}: run `autograder grade {slug}` first.")
    if layout == "exchange":
        return (
            f"nbgrader's exchange takes {term}/feedback as it is: COURSE_TERM={term} nbgrader "
            f"release_feedback {slug}. It needs the submission_secret.txt that `nbgrader collect`, or "
            "`autograder collect` from the exchange's inbound folder, leaves with each hand-in."
        )
    if layout == "mail":
        return _mail(marks, slug, term, pages)
    names = (
        _canvas_names(term, slug, pages) if layout == "canvas" else _moodle_names(marks, term, slug, pages)
    )
    if not names:
        raise CourseError(f"no page can go to {layout.capitalize()}: {_why(layout)}.")
    path = term / "out" / f"feedback-{slug}-{layout}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, name in names.items():
            archive.write(pages[student], name)
    left = [f"{one_line(student)} is not in it: {_why(layout)}." for student in pages if student not in names]
    where = {
        "canvas": "Canvas: the assignment's page, Upload submissions (they become comments)",
        "moodle": "Moodle: all submissions, Upload multiple feedback files in a zip",
    }[layout]
    return "\n".join([f"{path}: {len(names)} pages. {where}.", *left])


def _canvas_names(term: Path, slug: str, pages: dict[str, Path]) -> dict[str, str]:
    found = {}
    for student in pages:
        attempt = Attempts(term, slug, student).counting()
        claimed = CANVAS.fullmatch(attempt.file.rpartition("/")[2]) if attempt else None
        if claimed and attempt and attempt.origin == "canvas":
            late = claimed["late"] or ""
            found[student] = (
                f"{claimed['name']}_{late}{claimed['user']}_{claimed['file']}_{slug}-feedback.html"
            )
    return found


def _moodle_names(marks: Marks, term: Path, slug: str, pages: dict[str, Path]) -> dict[str, str]:
    numbers = {student: participant for participant, student in load_participants(term, slug).items()}
    found = {}
    for student in pages:
        if student in numbers:
            name = marks.student(student).name or student
            plain = (
                "".join(letter for letter in name if letter.isalnum() or letter in " -'").strip() or "student"
            )
            found[student] = f"{plain}_{numbers[student]}_assignsubmission_file/{slug}-feedback.html"
    return found


def _why(layout: str) -> str:
    if layout == "canvas":
        return "the hand-in was not collected from Canvas, so the file's id is unknown"
    return "the participant's number is unknown; collect Moodle's download"


def _mail(marks: Marks, slug: str, term: Path, pages: dict[str, Path]) -> str:
    if not any(marks.student(student).email for student in pages):
        raise CourseError(f"nobody with a page on {slug} has an e-mail address in the roster.")
    folder = term / "out" / f"feedback-{slug}-mail"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows, left = [], []
    for student, page in pages.items():
        one, row = marks.student(student), marks.rows[slug][student]
        if not one.email:
            left.append(f"{one_line(student)} has no e-mail address in the roster.")
            continue
        name = f"{file_name(student)}.html"
        shutil.copyfile(page, folder / name)
        rows.append([one.email, disarmed(one.name or student), name, number(row.final), number(row.maximum)])
    head = ["email", "name", "attachment", "total", "max_total"]
    (folder / "recipients.csv").write_text(write_table(head, rows), encoding="utf-8", newline="")
    return "\n".join([f"{folder}: {len(rows)} pages and recipients.csv for a mail merge.", *left])
