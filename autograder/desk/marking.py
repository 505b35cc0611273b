"""`autograder marking`: splits a class among markers, gives them sheets, and reads their marks in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder import nbgrader_plugin
from autograder.classroom.marking_split import (
    Marked,
    Marking,
    both,
    counts,
    differences,
    load_marking,
    save_marking,
    split,
)
from autograder.classroom.words import digest
from autograder.course.course import Course, CourseError
from autograder.course.criteria import asked_in_words
from autograder.course.release import Release
from autograder.files import file_name, write_whole
from autograder.reporting.marking_page import Answer, marking_page
from autograder.reporting.marks import number
from autograder.reporting.marks_csv import disarmed
from autograder.safe_text import one_line
from autograder.submissions.handin import handins
from autograder.submissions.submission import read_submission
from autograder.term.settings import Settings, term_settings
from autograder.term.tables import read_table, write_table

SHEET = ("student", "exercise", "points of", "mark", "comment", "words")
Words = Mapping[str, Mapping[str, str]]  # by student and exercise


def marking(course: Course, slug: str, term: Path) -> str:
    """Split whoever handed in among the markers, and tell who marked what and where two differ."""
    release, settings = _in_words(course, slug), term_settings(course, term)
    words = words_of(release, term, slug)
    found = _split(slug, term, settings, words)
    names = [one.name for one in release.manual]
    lines = [f"{slug}: {len(words)} students, {len(names)} answers in words each."]
    firsts = counts(found, names, found.first)
    seconds = counts(found, names, found.second)
    for marker in dict.fromkeys((*settings.markers, *firsts, *seconds)):
        done, of = firsts.get(marker, (0, 0))
        again = f"; as second {seconds[marker][0]} of {seconds[marker][1]}" if marker in seconds else ""
        lines.append(f"  {one_line(marker)}: {done} of {of} marked{again}")
    lines += _differences(found)
    lines += _elsewhere(found, term, slug, names)
    lines += _changed(found, words)
    return "\n".join(lines)


def sheet(course: Course, slug: str, term: Path, marker: str) -> str:
    """Write a marker's sheet and the page with the words; the other marker's marks are not in them."""
    release, settings = _in_words(course, slug), term_settings(course, term)
    if marker not in settings.markers:
        raise CourseError(
            f"{marker} is no marker; the settings have {', '.join(settings.markers) or 'none'}."
        )
    words = words_of(release, term, slug)
    found = _split(slug, term, settings, words)
    mine = {student: "first" for student, by in found.first.items() if by == marker and student in words}
    mine |= {student: "second" for student, by in found.second.items() if by == marker and student in words}
    rows = [
        (disarmed(student), one.name, number(one.points), *_given(found, student, one.name, marker),
         digest(words[student].get(one.name, "")))
        for student in sorted(mine)
        for one in release.manual
    ]  # fmt: skip  # one row
    folder = term / "marking" / slug
    table, page = folder / f"{file_name(marker)}.csv", folder / f"{file_name(marker)}.html"
    answers = {
        one.name: [
            Answer(student, words[student].get(one.name, ""), mine[student]) for student in sorted(mine)
        ]
        for one in release.manual
    }
    about = f"{marker}: {len(mine)} students. Enter marks and comments in {table.name}."
    text = marking_page(f"{release.title}: words", about, asked_in_words(course, slug), answers)
    write_whole(table, write_table(SHEET, rows).encode("utf-8", "backslashreplace"), mode=0o600)
    write_whole(page, text.encode("utf-8", "backslashreplace"), mode=0o600)
    return f"{table}: {len(rows)} answers of {len(mine)} students; what they wrote is in {page}."


def read_sheet(course: Course, slug: str, term: Path, marker: str, path: Path) -> str:
    """Read a filled-in sheet: a first marker's marks go into the gradebook, a second's are compared."""
    release, settings = _in_words(course, slug), term_settings(course, term)
    words = words_of(release, term, slug)
    found = _split(slug, term, settings, words)
    points = {one.name: one.points for one in release.manual}
    entered, said, count = [], [], 0
    if marker not in (*settings.markers, *found.first.values(), *found.second.values()):
        raise CourseError(f"{marker} is no marker; the settings have {', '.join(settings.markers)}.")
    table, shown = read_table(path), {disarmed(student): student for student in words}
    if missing := [name for name in SHEET if name not in table.head]:
        raise CourseError(f"{path} has no column {missing[0]}; fill in the sheet that `--for` writes.")
    for line, row in table.dicts():
        where, name = f"{path}, line {line}", row["exercise"]
        student = shown.get(row["student"], row["student"])
        if name not in points or student not in words:
            raise CourseError(f"{where}: there is no {one_line(name)} of {one_line(student)}.")
        if marker not in found.markers_of(student):
            raise CourseError(f"{where}: {one_line(student)} is not {marker}'s to mark.")
        if not row["mark"].strip():
            continue
        score = _score(where, row["mark"], points[name])
        if row["words"] != digest(words[student].get(name, "")):
            said.append(
                f"{one_line(student)}, {name}: the words have changed since the sheet was written; not read."
            )
            continue
        mark = Marked(marker, score, row["comment"].strip(), row["words"])
        count += 1
        if found.first[student] == marker:
            entered.append((student, name, score, mark.comment))
        found.add(student, name, mark)
    nbgrader_plugin.enter_marks(term, slug, entered)
    save_marking(term, slug, found)
    told = f"{count} marks by {marker}, {len(entered)} of them into the gradebook."
    after = f"`autograder grade {slug}` brings them onto pages and tables."
    return "\n".join([told, *said, *_differences(found), after])


def guide(course: Course, slug: str, term: Path) -> str:
    """Write the marker's guide: criteria and sample answers, from the assignment's text."""
    release = _in_words(course, slug)
    path = term / "marking" / slug / "guide.html"
    asked = asked_in_words(course, slug)
    about = (
        "The criteria are those that the students read. The samples are invented; mark them yourself first."
    )
    write_whole(path, marking_page(f"{release.title}: marker's guide", about, asked).encode(), mode=0o600)
    samples = sum(len(one.samples) for one in asked)
    return f"{path}: {len(asked)} answers with their criteria, {samples} sample answers."


def words_of(release: Release, term: Path, slug: str) -> Words:
    """What everybody wrote, as it was handed in."""
    names = [one.name for one in release.manual]
    found = {}
    for handin in handins(term, slug):
        answers = read_submission(handin.path, release).answers
        found[handin.student] = {name: answers[name] for name in names if name in answers}
    return found


def _in_words(course: Course, slug: str) -> Release:
    release = course.release(slug)
    if not release.manual:
        raise CourseError(f"{slug} asks for no answer in words.")
    return release


def _split(slug: str, term: Path, settings: Settings, words: Words) -> Marking:
    if not settings.markers:
        raise CourseError('the settings name no markers; add markers = ["Ada", "Ben"] to course.toml.')
    before = load_marking(term, slug)
    found = split(before, slug, words, settings.markers, settings.second_marker_percent)
    if found != before:
        save_marking(term, slug, found)
    return found


def _given(found: Marking, student: str, name: str, marker: str) -> tuple[str, str]:
    mark = found.mark(student, name, marker)
    return (number(mark.score) or "0", mark.comment) if mark else ("", "")


def _score(where: str, text: str, most: float) -> float:
    try:
        score = float(text.strip().replace(",", "."))
    except ValueError:
        score = -1.0
    if not 0 <= score <= most:
        raise CourseError(f"{where}: a mark is a number from 0 to {number(most)}, got {one_line(text)}.")
    return score


def _differences(found: Marking) -> list[str]:
    lines = [
        f"  {one_line(one.student)}, {one.exercise}: {one.first.by} {number(one.first.score) or 0}, "
        f"{one.second.by} {number(one.second.score) or 0}"
        for one in differences(found)
    ]
    if not both(found):
        return []
    agreed = both(found) - len(lines)
    told = f"Two markers judged {both(found)} answers: {agreed} alike."
    more = " Agree on one mark for each of these; until then the first marker's counts:" if lines else ""
    return [told + more, *lines]


def _elsewhere(found: Marking, term: Path, slug: str, names: list[str]) -> list[str]:
    """Marks in the gradebook that no sheet gave."""
    lines = []
    for student, theirs in sorted(nbgrader_plugin.read_overrides(term, slug).items()):
        for name, one in theirs.items():
            own = found.mark(student, name, found.first.get(student, ""))
            if name in names and one.score is not None and (own is None or own.score != one.score):
                lines.append(
                    f"  {one_line(student)}, {name}: {number(one.score) or 0} in formgrader, by nobody named"
                )
    return lines


def _changed(found: Marking, words: Words) -> list[str]:
    """Answers whose words are others than when they were marked."""
    return [
        f"  {one_line(student)}, {name}: the words changed after {by} marked them; mark them again"
        for student, theirs in sorted(found.marks.items())
        for name, given in theirs.items()
        for by, mark in given.items()
        if mark.words != digest(words.get(student, {}).get(name, ""))
    ]
