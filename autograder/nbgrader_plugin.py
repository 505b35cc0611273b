"""The only module that imports nbgrader: releasing a notebook, its gradebook, and its two exporter hooks."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path

import sqlalchemy
from alembic.script import ScriptDirectory
from nbgrader import api, dbutil
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course import CourseError


def generate_assignment(source: Path, slug: str) -> bytes:
    """The student notebook that nbgrader's own ``generate_assignment`` makes of a complete notebook.

    It runs in a throw-away folder with a throw-away database: no class's gradebook is touched, and no
    file beside ``source`` can slip out to students. nbgrader changes the working directory meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        root = Path(folder).resolve()
        staged = root / "source" / slug / f"{slug}.ipynb"
        staged.parent.mkdir(parents=True)
        staged.write_bytes(source.read_bytes())
        config = Config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.assignment_id = slug
        create_database(f"sqlite:///{root / 'gradebook.db'}")
        log = logging.getLogger("autograder.generate_assignment")
        log.propagate = False
        said = _Lines(level=logging.ERROR)
        log.addHandler(said)
        try:
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log).start()
        except Exception as error:  # nbgrader's own failure, whatever its type, becomes one sentence
            reason = next((line for line in reversed(said.lines) if re.match(r"[\w.]+: ", line)), str(error))
            raise CourseError(f"{source}: nbgrader could not make the student notebook: {reason}") from error
        finally:
            log.removeHandler(said)
        return (root / "release" / slug / f"{slug}.ipynb").read_bytes()


def create_database(url: str) -> None:
    """Make nbgrader's tables at ``url``, and its schema's version, unless they stand there already.

    nbgrader itself asks a command called ``alembic`` from PATH for that version; its library is asked here.
    """
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            if sqlalchemy.inspect(connection).get_table_names():
                return
            api.Base.metadata.create_all(bind=connection)
            connection.execute(
                sqlalchemy.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(
                sqlalchemy.text("INSERT INTO alembic_version (version_num) VALUES (:head)"),
                {"head": ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()},
            )
    finally:
        engine.dispose()


class _Lines(logging.Handler):
    """Keeps what was logged, a line each."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(record.getMessage().splitlines())
