"""Downloads in the forms that the platforms document, for the tests of collecting."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

CLASS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Toy (77),Final Score
    Points Possible,,,,,5.5,(read only)
"O'Hara, Ann",101,S-7,ann,A,,
"=1+1, Bob",102,+49,-rf,A,,
"Müller, Zoë",103,007,zoe,A,,
"""
MOODLE = """\
Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,\
Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments
Participant 9001,Ann O'Hara,S-7,ann@x.org,Submitted for grading,,"5,50",\
Yes,"Friday, 20 November 2026, 11:58 PM",-,
Participant 9002,Zoë Müller,007,zoe@x.org,Submitted for grading,,"5,50",\
Yes,"Saturday, 21 November 2026, 8:00 AM",-,
Participant 9003,Nobody There,999,no@x.org,No submission,,"5,50",Yes,-,-,
"""
GRADESCOPE = """\
submission_11:
  :submitters:
  - :name: Ann O'Hara
    :sid: S-7
    :email: ann@x.org
  :created_at: 2026-11-20 14:22:32.365935000 -07:00
  :score: 0.0
submission_12:
  :submitters:
  - :name: Zoë Müller
    :sid: '007'
    :email: zoe@x.org
  - :name: Bob
    :sid: '+49'
  :created_at: 2026-11-20 10:00:00.000000000 Z
"""


def notebook(word: str, title: str = "") -> bytes:
    """A small notebook that no other is like."""
    about = {"course": {"title": title}} if title else {}
    cell = {"cell_type": "markdown", "metadata": {}, "source": word}
    return json.dumps({"cells": [cell], "metadata": about, "nbformat": 4, "nbformat_minor": 4}).encode()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """A zip with these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unzipped(path: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path
