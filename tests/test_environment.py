"""tools.environment and the lock: pins for every platform, hashes, no index; the derived files are fresh."""

from __future__ import annotations

import re
import shutil
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from engine_alone import left_out
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.environment import STUDENTS, files, pins, students, torch_pin, write_files

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DESKTOPS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}


def pinned_on(platform: str) -> dict[str, str]:
    """Name -> version that the lock installs there; a package pinned twice on one platform is a fault."""
    os_name, system = DESKTOPS[platform]
    place = {"sys_platform": platform, "os_name": os_name, "platform_system": system}
    place |= {"python_version": "3.11", "python_full_version": "3.11.0", "implementation_name": "cpython"}
    found: dict[str, str] = {}
    for line in map(Requirement, pins(LOCK)):
        if line.marker is None or line.marker.evaluate(place):
            assert line.name not in found, f"{line.name} is pinned twice on {platform}"
            found[line.name] = str(line.specifier)
    return found


def test_every_pin_has_hashes() -> None:
    """pip's --require-hashes needs one for every file that it may choose."""
    entries = re.split(r"^(?=\S)", re.sub(r"(?m)^ *#.*\n", "", LOCK), flags=re.M)[1:]
    assert len(entries) == len(pins(LOCK)) > 150
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []


def test_the_lock_leaves_out_what_slows_every_start() -> None:
    """The packages that the Makefile calls slow are not in it."""
    assert left_out() and not {line.partition("==")[0] for line in pins(LOCK)} & left_out()


def test_the_lock_names_no_index() -> None:
    """No address of any machine, no option that points to one, no build of this machine's."""
    assert not re.search(r"://|file:|--(extra-)?index-url|--find-links|\+cpu| @ ", LOCK)
    options = [line for line in LOCK.splitlines() if line.startswith("-")]
    assert options == []


@pytest.mark.parametrize("platform", DESKTOPS)
def test_each_platform_gets_all_that_is_asked_for(platform: str) -> None:
    """Every requirement of pyproject.toml but torch is pinned within its bounds on each platform."""
    pinned = pinned_on(platform)
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    optional = [*project["optional-dependencies"].values(), *groups.values()]
    asked = [*project["dependencies"], *chain(*optional)]
    for line in map(Requirement, asked):
        if line.name == "torch" or (line.marker and not line.marker.evaluate({"sys_platform": platform})):
            continue
        version = pinned.get(canonicalize_name(line.name), "==0").removeprefix("==")
        assert line.specifier.contains(version), f"{line} on {platform}: make lock"


def test_what_only_some_platforms_need_is_marked() -> None:
    """Windows gets its console library, Linux its system-call filter, and neither gets the other's."""
    linux, windows = pinned_on("linux"), pinned_on("win32")
    assert "pyseccomp" in linux and "pyseccomp" not in windows
    assert "colorama" in windows and "colorama" not in linux


def test_torch_is_outside_but_what_its_cpu_build_needs_is_locked() -> None:
    """No torch, no CUDA in the lock; uv is told about the version that pyproject.toml asks for."""
    locked = {Requirement(line).name for line in pins(LOCK)}
    assert not [name for name in locked if re.match(r"torch|nvidia|cuda|triton", name)]
    (told,) = PYPROJECT["tool"]["uv"]["dependency-metadata"]
    assert f"{told['name']}=={told['version']}" == torch_pin(PYPROJECT)
    assert {canonicalize_name(Requirement(line).name) for line in told["requires-dist"]} <= locked


def test_environment_yml_carries_the_pins_of_the_lock() -> None:
    """The committed file holds the course's name, a Python, pip, and exactly the lock's pins and torch's."""
    found, config = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("environment.yml", "_config.yml")
    )
    assert found["name"] == config["title"].lower().replace(" ", "-")
    python, pip, packages = found["dependencies"]
    assert python == "python=3.11" and pip == "pip"
    assert packages == {"pip": sorted([*pins(LOCK), "torch==2.13.0"])}


def test_students_get_the_locks_versions_and_no_more() -> None:
    """Three lines, each of them a pin of the lock."""
    lines = (ROOT / "requirements-students.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert [line.partition("==")[0] for line in wanted] == list(STUDENTS)
    assert set(wanted) <= set(pins(LOCK))


@pytest.mark.parametrize("name", ["environment.yml", "requirements-students.txt", "requirements-torch.txt"])
def test_the_committed_files_are_the_generated_ones(name: str) -> None:
    """Nobody edits them by hand."""
    assert (ROOT / name).read_text(encoding="utf-8") == files(ROOT)[name]


def test_a_changed_lock_changes_the_files(tmp_path: Path) -> None:
    """Writing is done once, and again only where the text differs."""
    for name in ("pyproject.toml", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK, encoding="utf-8")
    assert all(said.endswith(" written.") for said in write_files(tmp_path))
    assert all(said.endswith(" is fresh.") for said in write_files(tmp_path))
    lock.write_text(re.sub(r"(?m)^numpy==\S+", "numpy==2.4.99", LOCK), encoding="utf-8")
    assert write_files(tmp_path) == [
        "environment.yml written.",
        "requirements-students.txt written.",
        "requirements-torch.txt is fresh.",
    ]
    assert "- numpy==2.4.99\n" in (tmp_path / "environment.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "numpy", [[], ["numpy==2 ; os_name == 'nt'"], ["numpy==2", "numpy==3"]], ids=["none", "marked", "two"]
)
def test_a_lock_that_gives_students_no_one_version_is_refused(numpy: list[str]) -> None:
    """A package of the short list must have one pin that holds everywhere."""
    with pytest.raises(ValueError, match="should pin numpy once"):
        students(["jupyterlab==4", "matplotlib==3", *numpy])
