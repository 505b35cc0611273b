"""The book in the browser, built again and shown anew whenever one of its files is saved: ``make serve``.

The build is the one that is published (``make _build/html/index.html``), so it shows nothing that the strict
build refuses. Where it fails, the old pages stay and the terminal says why.
"""

from __future__ import annotations

import argparse
import functools
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.5  # between two looks at the files
WAIT_SECONDS = 20.0  # that a page waits for a change before it asks again
ASK = "/changed-since/"
SCRIPT = """<script>
  (async function wait() {
    for (;;) {
      try {
        const answer = await fetch("ASK" + "VERSION");
        if (answer.ok && (await answer.text()) !== "VERSION") return location.reload();
      } catch { await new Promise((done) => setTimeout(done, 1000)); }
    }
  })();
</script>"""


class Version:
    """How often the book was built; pages wait for the next time."""

    def __init__(self) -> None:
        self._number, self._changed = 0, threading.Condition()

    def __str__(self) -> str:
        return str(self._number)

    def next(self) -> None:
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def other_than(self, known: str, seconds: float) -> str:
        """The version as soon as it is another one; after so many seconds, the one that there is."""
        with self._changed:
            self._changed.wait_for(lambda: str(self._number) != known, seconds)
            return str(self._number)


class Pages(SimpleHTTPRequestHandler):
    """The files of the site; each page also gets the script that waits for the next version."""

    def __init__(self, *arguments: object, version: Version, **options: object) -> None:
        self.version = version
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # what the server passes on

    def send_head(self) -> Any:
        if self.path.startswith(ASK):
            return self._answer(
                self.version.other_than(self.path.removeprefix(ASK), WAIT_SECONDS), "text/plain"
            )
        path = Path(self.translate_path(self.path))
        if path.suffix == ".html" and path.is_file():
            script = SCRIPT.replace("ASK", ASK).replace("VERSION", str(self.version))
            return self._answer(path.read_text(encoding="utf-8") + script, "text/html; charset=utf-8")
        return super().send_head()

    def _answer(self, text: str, kind: str) -> io.BytesIO:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        return io.BytesIO(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the terminal is for the build."""


def stamps(watched: Iterable[Path]) -> dict[Path, int]:
    """When each file was last written, without hidden and compiled ones."""
    files = (path for place in watched for path in [place, *place.rglob("*")])
    return {
        path: path.stat().st_mtime_ns
        for path in files
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }


def keep_building(
    watched: Sequence[Path], build: Callable[[], bool], version: Version, until: threading.Event
) -> None:
    """Build whenever a file has changed; what changes during a build is built in the next one."""
    built: dict[Path, int] = {}
    while not until.is_set():
        now = stamps(watched)
        if now != built:
            built = now
            if build():
                version.next()
        until.wait(LOOK_SECONDS)


def make() -> bool:
    start = time.monotonic()
    done = (
        subprocess.run(["make", "--no-print-directory", "_build/html/index.html"], check=False).returncode
        == 0
    )
    print(f"{'built' if done else 'NOT built'} in {time.monotonic() - start:.0f} s", flush=True)
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(arguments).port
    version, until = Version(), threading.Event()
    handler = functools.partial(Pages, version=version, directory="_build/html")
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        sys.stderr.write(
            f"port {port} cannot be used ({error.strerror}); name another: make serve PORT=8001\n"
        )
        return 2
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"The book: http://127.0.0.1:{port}/ (Ctrl-C ends it)", flush=True)
    watched = [Path(name) for name in ("book", "assignments", "_config.yml", "_toc.yml")]
    try:
        keep_building(watched, make, version, until)
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
