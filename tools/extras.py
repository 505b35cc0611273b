"""What is made after the site, where somebody asks for it: links to it stand in the pages, as comments.

A page holds ``<!--when:pdf … -->``; ``make pdf`` puts the file into the site and takes the comment's marks
away. A site without the file has no link to it, and a new build has neither.
"""

from __future__ import annotations

import re
from pathlib import Path

from autograder.files import write_whole


def reveal(html: str, name: str) -> str:
    """The page with the links that wait for ``name``.

    >>> reveal("<p>Read.<!--when:pdf  <b>Print.</b> --><!--when:lite Play. --></p>", "pdf")
    '<p>Read. <b>Print.</b> <!--when:lite Play. --></p>'
    """
    return re.sub(rf"<!--when:{re.escape(name)} (.*?)-->", r"\1", html, flags=re.S)


def reveal_all(site: Path, name: str) -> int:
    """Show the links that wait for ``name`` on every page of the site; how many pages had some."""
    count = 0
    for page in sorted(site.rglob("*.html")):
        html = page.read_text(encoding="utf-8")
        shown = reveal(html, name)
        if shown != html:
            write_whole(page, shown.encode())
            count += 1
    return count
