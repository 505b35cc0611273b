"""nbgrader's configuration: its commands and formgrader use this course's engine.

The class's data stands in the folder that the environment variable COURSE_TERM names (default: term).
Run nbgrader, or Jupyter with formgrader, in this file's folder.
"""

import os
import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

from autograder.nbgrader_plugin.exporters import FeedbackExporter, GradingExporter, Prepare
from autograder.nbgrader_plugin.gradebook import database_url
from autograder.nbgrader_plugin.timestamps import read_times_as_we_do

ROOT = Path(__file__).resolve().parent
TERM = (ROOT / os.environ.get("COURSE_TERM", "term")).resolve()

# nbgrader 0.9.6 adds a new submission in a way that SQLAlchemy 2.1 remarks upon, three times a student.
warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)

# One unreadable timestamp.txt would take formgrader's page of the whole class.
read_times_as_we_do()

c = get_config()  # noqa: F821 - nbgrader gives it

c.CourseDirectory.root = str(TERM)
c.CourseDirectory.db_url = database_url(TERM)
c.CourseDirectory.source_directory = str(ROOT / "_build" / "source")
c.CourseDirectory.release_directory = str(ROOT / "assignments")

# Every file is rebuilt from the released notebook and graded by our engine; nothing of nbgrader's own runs
# over it. What lateness costs is set in the term's course.toml, and is the same in formgrader and everywhere.
c.Autograde.exporter_class = GradingExporter
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = []
c.Autograde.pre_convert_hook = Prepare(str(ROOT), str(TERM))
c.GradingExporter.course_root = str(ROOT)

c.GenerateFeedback.exporter_class = FeedbackExporter
c.GenerateFeedback.preprocessors = []
c.FeedbackExporter.course_root = str(ROOT)

# Should somebody set nbgrader's own steps back in: a deleted check cell is put back, not taken as passed.
c.OverwriteCells.add_missing_cells = True
