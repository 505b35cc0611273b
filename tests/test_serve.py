"""`make serve`: a file is saved, the book is built, and the page that is open hears of it."""

from __future__ import annotations

import functools
import os
import threading
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.serve import ASK, Pages, Version, keep_building, main, stamps


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Version]]:
    """The address of a served folder with one page and one script, and its version."""
    (tmp_path / "page.html").write_text("<p>Words</p>", encoding="utf-8")
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    version = Version()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Pages, version=version, directory=str(tmp_path))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", version
    server.shutdown()
    thread.join()
    server.server_close()


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read().decode()


def test_a_page_gets_the_script_and_nothing_else_does(site: tuple[str, Version]) -> None:
    """The words stay as they are; the script asks for what comes after the version that is shown."""
    address, version = site
    version.next()
    text = get(f"{address}/page.html")
    assert text.startswith("<p>Words</p><script>") and f'"{ASK}" + "1"' in text
    assert get(f"{address}/a.js") == "1"


def test_a_page_that_waits_hears_of_the_next_version(site: tuple[str, Version]) -> None:
    """An old page is answered at once, one that is up to date when the book has been built."""
    address, version = site
    version.next()
    assert get(f"{address}{ASK}0") == "1"
    timer = threading.Timer(0.1, version.next)
    timer.start()
    assert get(f"{address}{ASK}1") == "2"
    timer.join()


def test_a_saved_file_is_built_once(tmp_path: Path) -> None:
    """One build at first, one for each change; a build that fails gives no new version."""
    source, version, until = tmp_path / "chapter.md", Version(), threading.Event()
    built: list[str] = []

    def save() -> None:
        source.write_text(f"{len(built) + 1}", encoding="utf-8")
        os.utime(source, (len(built), len(built)))

    def build() -> bool:
        built.append(source.read_text(encoding="utf-8"))
        if len(built) == 4:
            until.set()
        else:
            save()  # while the book is built
        return len(built) != 2

    save()
    keep_building([tmp_path], build, version, until)
    assert built == ["1", "2", "3", "4"] and str(version) == "3"


def test_what_no_author_writes_is_not_watched(tmp_path: Path) -> None:
    """Compiled modules and an editor's hidden files start no build."""
    for name in ("lab.py", "lab.pyc", ".lab.py.swp"):
        (tmp_path / name).touch()
    assert list(stamps([tmp_path])) == [tmp_path / "lab.py"]


def test_a_port_that_is_taken_is_said(site: tuple[str, Version], capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence with the way out."""
    port = site[0].rpartition(":")[2]
    assert main(["--port", port]) == 2
    assert "name another: make serve PORT=8001" in capsys.readouterr().err
