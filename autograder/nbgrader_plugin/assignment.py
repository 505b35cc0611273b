"""Releases one notebook by nbgrader's own ``generate_assignment``."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course.course import CourseError
from autograder.nbgrader_plugin.gradebook import create_database, database_url


def generate_assignment(source: Path, slug: str) -> bytes:
    """The student notebook that nbgrader's own ``generate_assignment`` makes of a complete notebook.

    It runs in a temporary folder with a temporary database, so no class's gradebook is touched and no file
    beside ``source`` is released by mistake. Meanwhile nbgrader changes the working directory.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        root = Path(folder).resolve()
        staged = root / "source" / slug / f"{slug}.ipynb"
        staged.parent.mkdir(parents=True)
        staged.write_bytes(source.read_bytes())
        config = Config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.assignment_id = slug
        create_database(database_url(root))
        log = logging.getLogger("autograder.generate_assignment")
        log.propagate = False
        logged = _Lines(level=logging.ERROR)
        log.addHandler(logged)
        try:
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log).start()
        except Exception as error:  # nbgrader's own failure, whatever its type, becomes one sentence
            reason = next(
                (line for line in reversed(logged.lines) if re.match(r"[\w.]+: ", line)), str(error)
            )
            raise CourseError(f"{source}: nbgrader could not make the student notebook: {reason}") from error
        finally:
            log.removeHandler(logged)
        return (root / "release" / slug / f"{slug}.ipynb").read_bytes()


class _Lines(logging.Handler):
    """Keeps the logged lines."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(record.getMessage().splitlines())
