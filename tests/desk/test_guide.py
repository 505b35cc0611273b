"""The instructor's guide is true: commands parse, settings load, files that it names exist; it builds."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from autograder.cli import _parser
from autograder.course.course import Course
from autograder.term.chosen import in_term
from autograder.term.settings import ASSIGNMENT, GENERAL, LATE, STUDENT, load_settings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "autograder" / "guide"
FIRST = ROOT / "autograder" / "INSTRUCTOR.md"
PAGES = (FIRST, *sorted(GUIDE.glob("*.md")))
COMMAND = re.compile(r"(?:^|[`( &])(autograder (?!VERB)[a-z0-9-]+[^`\n|>&;]*)", re.M)


def text_of(page: Path) -> str:
    """A page without its tables of figures."""
    return re.sub(
        r"<!-- attacks:.*?<!-- end of attacks -->", "", page.read_text(encoding="utf-8"), flags=re.S
    )


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for line in COMMAND.findall(text_of(page)):
            found.append((page.name, re.split(r"\s+#|\s{2,}|[.,:]?$", line, maxsplit=1)[0].strip()))
    return found


def test_every_command_of_the_guide_parses():
    """Verbs and options exist; what needs an assignment is named with one."""
    parser, known = _parser(), 0
    for page, line in commands():
        words = shlex.split(line)[1:]
        verb = words[0]
        if len(words) == 1 and verb in (
            "grade",
            "export",
            "feedback",
            "regrade",
            "similar",
            "collect",
            "gradescope",
        ):
            continue  # the name of a command in a sentence
        try:
            parser.parse_args(words)
        except SystemExit:
            pytest.fail(f"{page}: {line}")
        known += 1
    assert known > 60


def test_every_command_is_in_the_guide():
    """A verb that nobody can find is none."""
    (verbs,) = (one.choices for one in _parser()._actions if isinstance(one.choices, dict))
    told = "\n".join(text_of(page) for page in PAGES) + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told += (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [verb for verb in verbs if f"autograder {verb}" not in told] == []


def test_the_settings_that_are_shown_load_and_every_key_is_among_them(tmp_path):
    """The example fits this very course; each table's keys are shown or explained by the command."""
    (example,) = re.findall(r"```toml\n(.*?)```", text_of(GUIDE / "settings.md"), re.S)
    (tmp_path / "course.toml").write_text(example, encoding="utf-8")
    course = Course(ROOT)
    settings = load_settings(tmp_path, course.slugs, ["o.hara"], course.order)
    chosen = in_term(course, tmp_path)
    assert "modern" not in chosen.slugs and "adamw_step" not in chosen.release("adaptive").names
    shown = set(re.findall(r"^(\w+) =", example, re.M))
    assert {*GENERAL, *LATE, *ASSIGNMENT, *STUDENT} - shown == set() and settings.given


def test_the_first_screen_is_the_first_hour():
    """Five commands before anything else, then where to go on; every page is in the contents."""
    first = FIRST.read_text(encoding="utf-8")
    block = re.search(r"```\n(.*?)```", first, re.S)
    assert block and len(block[1].splitlines()) == 5 and first.index("```") < 300
    contents = yaml.safe_load((GUIDE / "contents.yml").read_text(encoding="utf-8"))
    listed = {one["file"] for part in contents["parts"] for one in part["chapters"]}
    assert {f"guide/{page.stem}" for page in GUIDE.glob("*.md")} <= listed


def test_links_lead_to_files():
    """Between the pages, and to the pages beside them."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+?)(?:#[^)]*)?\)", text_of(page)):
            assert "://" in target or (page.parent / target).exists(), (page.name, target)


def test_it_builds_strictly_as_a_book_of_its_own(tmp_path):
    """The command of `make guide`, every warning an error; nothing else of the room is published in it."""
    target = (ROOT / "Makefile").read_text(encoding="utf-8").split("_build/guide/index.html:")[1]
    assert "--toc $(CURDIR)/autograder/guide/contents.yml" in target and "-W -n" in target
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", "-W", "-n", "--keep-going"]
    done = subprocess.run(
        [*command, "autograder", "--config", "autograder/guide/config.yml", "--toc",
         str(GUIDE / "contents.yml"), "--path-output", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip  # a command line
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    pages = {path.relative_to(tmp_path / "_build/html").as_posix() for path in tmp_path.rglob("*.html")}
    assert {"INSTRUCTOR.html", "guide/attacks.html", "RECORD.html"} <= pages
    assert not [page for page in pages if page.startswith(("chapters", "attacks/"))]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, each on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def test_the_dockerfile_copies_what_exists_and_nothing_of_a_class():
    """Known instructions; sources that are there, all that grading and publishing read; no term, no cache."""
    found = instructions()
    allowed = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "VOLUME", "ENTRYPOINT", "CMD"}
    assert found[0][0] == "FROM" and {name for name, _ in found} <= allowed
    copied = {source for name, rest in found if name == "COPY" for source in rest.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert all((ROOT / source).exists() for source in copied)
    assert {"autograder", "solutions", "assignments", "book", "_toc.yml", "pyproject.toml"} <= copied
    assert {"term", "_build", ".git", ".venv"} <= set(ignored) and not copied & {".", "term"}
    users = [place for place, (name, _) in enumerate(found) if name == "USER"]
    assert users and users[0] < [name for name, _ in found].index("ENTRYPOINT")


def test_the_dockerfiles_lines_are_shell_and_its_command_is_ours():
    """bash parses each line; the entry point with its default is a command; packages are Debian's names."""
    for name, rest in instructions():
        if name == "RUN":
            assert subprocess.run(["bash", "-n", "-c", rest], capture_output=True).returncode == 0, rest
    given = dict(instructions())
    assert given["ENTRYPOINT"] == '["autograder"]' and _parser().parse_args(yaml.safe_load(given["CMD"]))
    assert (
        "--require-hashes"
        in dict((rest.split()[-1], rest) for name, rest in instructions() if name == "RUN")[
            "requirements.lock"
        ]
    )


def test_the_unit_is_one_that_systemd_reads(tmp_path):
    """systemd-analyze, where it is; its command is ours with a real option, and the two texts agree."""
    page = text_of(GUIDE / "seconds.md")
    (unit,) = re.findall(r"```ini\n(.*?)```", page, re.S)
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    assert Path(start.split()[0]).name == "autograder"
    assert _parser().parse_args(start.split()[1:]).name == "watch"
    assert re.findall(r"^\[(\w+)\]$", unit, re.M) == ["Unit", "Service", "Install"]
    if program := shutil.which("systemd-analyze"):
        path = tmp_path / "autograder.service"
        path.write_text(unit.replace(start.split()[0], "/bin/true"), encoding="utf-8")
        done = subprocess.run([program, "verify", "--man=no", str(path)], capture_output=True, text=True)
        assert "autograder.service" not in done.stderr, done.stderr


def test_the_certificates_of_the_cluster_are_made_by_its_lines(tmp_path):
    """The lines for openssl, run as they stand: the authority accepts the certificate."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    page = text_of(GUIDE / "cluster.md")
    lines = re.findall(r"^(openssl .*|chmod 600 .*)$", page, re.M)
    assert len(lines) == 4
    done = subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    verified = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "cert.pem"], cwd=tmp_path, capture_output=True
    )
    assert verified.returncode == 0
