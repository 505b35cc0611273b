"""Where a chapter's page leads to its notebooks: below its title, and at its assignment.

Below the title stands also a link to the first figure that the reader can play with.

The downloads are those that the chapter's text names. *Open in the browser* waits in a comment until
``make lite`` has put JupyterLite into the site (``tools/extras.py``). Colab and Binder are linked where
``_config.yml`` names the publisher's repository, by Jupyter Book's own key ``repository``; there the
notebooks have to lie as in the bundle.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

DOWNLOAD = re.compile(
    r'<a class="reference download internal" download="" href="([^"]+\.ipynb)"><code class="([^"]+)"'
)

FIGURE = re.compile(r'<figure\b[^>]*\bid="([^"]+)"[^>]*>((?:(?!</figure>).)*)</figure>', re.S)

NOBODYS = "executablebooks/jupyter-book"  # what Jupyter Book fills in where no repository is named


def elsewhere(options: dict[str, Any]) -> dict[str, str]:
    """The names of the places that run a notebook of the repository -> their address, as far as its path.

    >>> sorted(elsewhere({"repository_url": "https://github.com/nets/course", "repository_branch": "main"}))
    ['Binder', 'Colab']
    >>> elsewhere({})
    {}
    """
    found = re.fullmatch(
        r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", options.get("repository_url") or ""
    )
    if not found or found[1] == NOBODYS:
        return {}
    name, branch = found[1], options.get("repository_branch") or "main"
    folder = "/".join(
        part for part in (options.get("path_to_docs") or "").split("/") if part not in ("", ".")
    )
    inside = f"{folder}/assignments/" if folder else "assignments/"
    return {
        "Colab": f"https://colab.research.google.com/github/{name}/blob/{branch}/{inside}",
        "Binder": f"https://mybinder.org/v2/gh/{name}/{branch}?labpath={inside}",
    }


def line(slug: str, root: str, downloads: list[tuple[str, str]], places: dict[str, str]) -> str:
    """The links as one paragraph; ``downloads`` are words and addresses, ``root`` leads to the site.

    Without downloads, at the assignment itself, *Open in the browser* is a button.
    """
    path = f"{slug}/{slug}.ipynb"
    words = "Open the assignment in the browser"
    kind = "" if downloads else ' class="go"'
    waiting = f'<!--when:lite <a{kind} href="{root}run.html?open={path}">{words}</a>-->'
    links = [f'<a href="{escape(to)}" download>{words}</a>' for words, to in downloads]
    links += [f'<a href="{escape(to)}{path}">Assignment in {name}</a>' for name, to in places.items()]
    return f'<p class="start">{waiting}{"".join(links)}</p>'


def add(app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    slug = Path(pagename).name
    if doctree is None or not (Path(app.srcdir) / f"assignments/{slug}/{slug}.ipynb").exists():
        return
    body = context["body"]
    found = {"chapter" if "myst-nb" in kind else "assignment": to for to, kind in DOWNLOAD.findall(body)}
    words = {"assignment": "Assignment, to download", "chapter": "This chapter as a notebook"}
    downloads = [(words[name], found[name]) for name in words if name in found]
    play = next((place for place, inner in FIGURE.findall(body) if "<script" in inner), None)
    root, places = context["content_root"], elsewhere(app.config.html_theme_options)
    links = line(slug, root, downloads, places)
    if play:
        links = links.replace("</p>", f'<a href="#{play}">A figure to play with</a></p>')
    body = body.replace("</h1>", "</h1>\n" + links, 1)
    head = re.search(r"<h2>The assignment.*?</h2>", body)
    if head:
        body = body[: head.end()] + line(slug, root, [], places) + body[head.end() :]
    context["body"] = body


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", add)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
