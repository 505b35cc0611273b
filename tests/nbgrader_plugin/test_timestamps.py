"""nbgrader's lists stand, whatever is in one student's timestamp.txt."""

from __future__ import annotations

from datetime import datetime

import pytest
from nbgrader import coursedir, utils
from nbgrader.apps import api
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from reports import right, toy_release
from traitlets.config import Config

from autograder.nbgrader_plugin import database_url, write_gradebook
from autograder.nbgrader_plugin.timestamps import read_times_as_we_do


@pytest.fixture
def ours(monkeypatch):
    """nbgrader with our reading of times, for one test."""
    for module in (utils, coursedir, api):
        monkeypatch.setattr(module, "parse_utc", module.parse_utc)
    read_times_as_we_do()


@pytest.mark.parametrize(
    "text", ["", "yesterday evening", "1e999", "2026-11-20 10:00:00 IST", "\ufeff\u0000"]
)
def test_formgraders_list_of_hand_ins_stands(tmp_path, ours, text):
    """One student's file is no time: the others are listed with theirs, and that one without."""
    entries = []
    for student, stamp in (("ann", "2026-11-20 10:00:00 CEST"), ("bob", text)):
        folder = tmp_path / "submitted" / student / "toy"
        folder.mkdir(parents=True)
        (folder / "toy.ipynb").write_text("{}")
        (folder / "timestamp.txt").write_text(stamp)
        entries.append((right(student), None, stamp))
    write_gradebook(tmp_path, toy_release(), entries)
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.db_url = str(tmp_path), database_url(tmp_path)
    found = NbGraderAPI(CourseDirectory(config=config), config=config).get_submissions("toy")
    times = {row["student"]: row["timestamp"] for row in found}
    assert set(times) == {"ann", "bob"} and times["bob"] is None
    assert times["ann"].startswith("2026-11-20T08:00:00")


def test_times_are_read_as_nbgrader_reads_them(ours):
    """Where nbgrader's own reading is right, ours is the same."""
    assert utils.parse_utc("2026-11-20 10:00:00.5 UTC") == datetime(2026, 11, 20, 10, 0, 0, 500_000)
    assert utils.parse_utc(datetime(2026, 11, 20)) == datetime(2026, 11, 20)
    assert utils.parse_utc(None) is None
