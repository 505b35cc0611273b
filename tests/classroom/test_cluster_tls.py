"""A cluster with TLS, by the lines of the instructor's guide: it grades, and a stranger is not let in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.classroom.results import Results

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "autograder" / "guide" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
def test_the_guides_lines_make_a_cluster_that_grades(released_toy, tmp_path):
    """Scheduler, worker and command with one certificate; without it the command says what is missing."""
    made = "\n".join(re.findall(r"^(openssl .*|chmod 600 .*)$", PAGE, re.M))
    subprocess.run(["bash", "-ec", made], cwd=tmp_path, check=True, capture_output=True)
    files = ["--tls-ca-file", "ca.pem", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    assert PAGE.count(" ".join(files)) == 2
    exported = dict(
        pair.split("=", 1) for line in re.findall(r"^export (.*)$", PAGE, re.M) for pair in line.split()
    )
    assert len(exported) == 4
    term = tmp_path / "term"
    path = term / "submitted" / "ada" / "toy" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    shutil.copy(released_toy.build / "source" / "toy" / "toy.ipynb", path)
    python, quiet = [sys.executable, "-m"], {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    plain = {**os.environ, "PYTHONPATH": str(ROOT)}
    place = tmp_path / "scheduler.json"
    grade = ["autograder.cli", "--course", str(released_toy.root), "grade", "toy", "--term", str(term)]
    started = [
        subprocess.Popen(
            [*python, "distributed.cli.dask_scheduler", "--protocol", "tls", *files, "--host", "127.0.0.1",
             "--port", "0", "--no-dashboard", "--scheduler-file", str(place)],
            cwd=tmp_path, env=plain, **quiet,
        )
    ]  # fmt: skip  # an option stands beside its value
    try:
        address = _address(place, started[0])
        assert address.startswith("tls://")
        started.append(
            subprocess.Popen(
                [*python, "distributed.cli.dask_worker", address, *files, "--nthreads", "1", "--no-nanny",
                 "--no-dashboard"],
                cwd=tmp_path, env=plain, **quiet,
            )
        )  # fmt: skip  # an option stands beside its value
        command = [*python, *grade, "--scheduler", address]
        done = subprocess.run(
            command, cwd=tmp_path, env={**plain, **exported}, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
        assert Results(term).read("toy", "ada").score == 5.5
        refused = subprocess.run(
            [*command, "--force"], cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=200
        )
        assert refused.returncode == 2 and "names no certificate" in refused.stderr
    finally:
        for process in started:
            process.kill()
            process.wait(20)


def _address(place: Path, scheduler: subprocess.Popen) -> str:
    """The scheduler's address, once it has written it down."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and scheduler.poll() is None:
        if place.exists() and (found := re.search(r'"address":\s*"([^"]+)"', place.read_text())):
            return found[1]
        time.sleep(0.1)
    raise AssertionError("no scheduler came up")
