"""Which student a platform's words mean: by id, else by address, else by a name that only one has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from autograder.files import MAX_NAME_BYTES
from autograder.safe_text import one_line
from autograder.term.roster import Roster, Student, composed


def person(roster: Roster, who: Mapping[str, str]) -> tuple[Student | None, str]:
    """The student, or the reason why nobody is meant for certain.

    ``who`` may have ``canvas`` (a user's id), ``student`` (a folder, or whatever names one), ``sid``,
    ``email`` and ``name``. Without a roster, whoever is named by a folder is a student.
    """
    shown = one_line(next(iter(who.values()), "nobody"))
    if not roster.students:
        name = composed(who.get("student", who.get("sid", who.get("email", ""))))
        if name and "/" not in name and name[0] != "." and len(name.encode()) <= MAX_NAME_BYTES:
            return Student(name), ""
        return None, f"{shown} is in no roster; read the platform's table in first (`autograder roster FILE`)"
    if one := _by_id(roster, who):
        return one, ""
    for key in ("email", "student", "name"):
        text = who.get(key, "")
        same = [one for one in roster.students.values() if text and _alike(text) in _names(one)]
        if len(same) == 1:
            return same[0], ""
        if same:
            return None, f"{one_line(text)} may be {' or '.join(one.student for one in same)}"
    return None, f"{shown} is not in the roster"


def _by_id(roster: Roster, who: Mapping[str, str]) -> Student | None:
    if "canvas" in who and (one := roster.by_id("canvas", "ID", who["canvas"])):
        return one
    for key in ("student", "sid"):
        if key in who and (one := roster.find(who[key])):
            return one
        if key in who:
            same = [
                one
                for one in roster.students.values()
                if any(who[key] in cells.values() for cells in one.ids.values())
            ]
            if len(same) == 1:
                return same[0]
    return None


def _names(one: Student) -> set[str]:
    """All that a student may be called, as `_alike` writes it."""
    last, _, first = one.sortable.partition(", ")
    texts = (one.student, one.email, one.name, one.sortable, f"{first} {last}", f"{last} {first}")
    return {_alike(text) for text in texts if text}


def _alike(text: str) -> str:
    """``text`` as platforms put it into the names of files: small letters, no marks, no accents.

    >>> _alike("O'Hara, Zo\\u00eb") == _alike("oharazoe")
    True
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[\W_]", "", "".join(one for one in plain if not unicodedata.combining(one)))
