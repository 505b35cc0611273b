"""A folder served with compression on the loopback address, as a real host would serve the book."""

from __future__ import annotations

import gzip
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

PACKED = {".html", ".css", ".js", ".svg", ".json", ".txt", ".xml"}


@cache
def packed(path: Path, time: float) -> bytes:
    """The file as it goes over the wire; ``time`` is its last change."""
    content = path.read_bytes()
    return gzip.compress(content, 6) if path.suffix in PACKED else content


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address, without a slash at the end, at which ``root`` is served until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = (root / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
            path = path / "index.html" if path.is_dir() else path
            found = path.is_file() and root.resolve() in path.parents
            path = path if found else root / "404.html"
            body = packed(path, path.stat().st_mtime)
            self.send_response(200 if found else 404)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self.send_header("Content-Type", kind + ("; charset=utf-8" if kind.startswith("text/") else ""))
            if path.suffix in PACKED:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Cache-Control", "max-age=31536000")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: what a browser asks for is read in the browser."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
