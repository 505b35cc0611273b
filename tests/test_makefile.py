"""The Makefile on a machine that lacks something: one sentence with the line to type."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LACKS = {
    "version_info": "Python 3.11 or newer is needed",
    "import venv": "apt install python3-venv",
}


@pytest.mark.parametrize("target", ["course", "test"])
@pytest.mark.parametrize("lacking", LACKS)
def test_what_python_lacks_is_one_sentence(lacking: str, target: str, tmp_path: Path) -> None:
    """An old Python or a missing venv module ends both commands before anything is installed."""
    for name in ("Makefile", "requirements.lock", "requirements-torch.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for room in ("book", "assignments", "solutions", "autograder"):
        (tmp_path / room).mkdir()
    python = tmp_path / "python"  # a Python that fails just where something is looked for
    python.write_text(f'#!/bin/sh\ncase "$2" in *"{lacking}"*) exit 1;; esac\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", f"PYTHON={python}", target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and not (tmp_path / ".venv").exists()
    said = [line for line in done.stdout.splitlines() if not line.startswith("For the whole sandbox")]
    assert len(said) == 1 and LACKS[lacking] in said[0], done.stdout + done.stderr


TOOLS = ("make", "bash", "cat", "ln")


def sandbox(folder: Path, *, user: int, found: str, has: bool = False) -> subprocess.CompletedProcess:
    """`make sandbox` where ``user`` types it, with an apt-get that installs by writing down what it was told.

    ``found`` is what the system's list of libraries says, ``has`` whether bubblewrap is there.
    """
    tools = folder / "tools"
    tools.mkdir()
    if has:
        (tools / "bwrap").symlink_to(shutil.which("cat"))
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    scripts = {
        "id": f"echo {user}",
        "ldconfig": f"echo {found!r}; [ ! -e {folder}/told ] || echo libseccomp.so.2",
        "apt-get": f'echo "$@" >> {folder}/told; [ "$1" = update ] || ln -sf {tools}/cat {tools}/bwrap',
    }
    for name, text in scripts.items():
        (tools / name).write_text(f"#!{shutil.which('bash')}\n{text}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    shutil.copy(ROOT / "Makefile", folder)
    return subprocess.run(
        ["make", "--no-print-directory", "sandbox"],
        cwd=folder,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
    )


def test_root_installs_the_sandbox(tmp_path: Path) -> None:
    """Where apt-get may install, bubblewrap and libseccomp come along without a question."""
    done = sandbox(tmp_path, user=0, found="libc.so.6")
    assert done.returncode == 0 and "For the whole sandbox" not in done.stdout, done.stdout + done.stderr
    assert "install -y -qq bubblewrap libseccomp2" in (tmp_path / "told").read_text(encoding="utf-8")


@pytest.mark.parametrize("found", ["libc.so.6", "libseccomp.so.2"])
def test_an_ordinary_user_reads_the_line_to_type(tmp_path: Path, found: str) -> None:
    """Nothing is installed, one line says what to type, and make goes on."""
    done = sandbox(tmp_path, user=1000, found=found)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1:] == [
        "For the whole sandbox type: sudo apt install bubblewrap libseccomp2"
    ]
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize("user", [0, 1000])
def test_what_is_there_is_not_installed_again(tmp_path: Path, user: int) -> None:
    """With both pieces in place nothing is said or done."""
    done = sandbox(tmp_path, user=user, found="libseccomp.so.2", has=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert not (tmp_path / "told").exists()


def test_a_library_that_is_missing_is_said_too(tmp_path: Path) -> None:
    """bubblewrap alone leaves the system-call filter out."""
    assert "libseccomp2" in sandbox(tmp_path, user=1000, found="libc.so.6", has=True).stdout


def test_the_longest_files_are_there() -> None:
    """`make test` begins with the files that take longest: each of these names is a file's."""
    tree = ast.parse((ROOT / "tests/conftest.py").read_text(encoding="utf-8"))
    (named,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LONGEST"
    )
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert named and set(named) <= files
