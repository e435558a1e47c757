"""The scripts of each screen as one file, put together at the first request: one fetch.
The widget's style sheet goes the same way.

The widget is weighed by what it costs a stranger's page, so comments and white space stay behind; the files
themselves are what is read and debugged (`static/js`, one behaviour each).
"""

import hashlib
from functools import cache

import rcssmin
from flask import Blueprint, Response, abort

from helpers import STATIC
from web.packing import lean, packed

bp = Blueprint("bundles", __name__)

HTMX = STATIC / "vendor/htmx/htmx.min.js"
SHARED = ("request", "place", "live", "outbox", "times", "typing", "seen", "dialogs")
WIDGET = ("look", "host", "chat", "composer", "attention")
DASHBOARD = ("inbox", "counts", "since", "switcher", "opening", "rows", "drawer", "transcript", "places", "copy",
             "alarm")

SCRIPTS = {
    "widget": ("widget/bridge", *SHARED, "scroll", *(f"widget/{name}" for name in WIDGET)),
    "dashboard": (*SHARED, *(f"dashboard/{name}" for name in DASHBOARD)),
}


SHEETS = {"widget": ("css/widget",)}


@bp.get("/bundles/<name>.js")
def show(name: str) -> Response:
    """One screen's scripts."""
    if name not in SCRIPTS:
        abort(404)
    return _kept(packed(bundle(name), "text/javascript"))


@bp.get("/bundles/<name>.css")
def show_sheet(name: str) -> Response:
    """One screen's style sheets."""
    if name not in SHEETS:
        abort(404)
    return _kept(packed(sheet(name), "text/css"))


@cache
def bundle(name: str) -> str:
    """htmx and a screen's scripts: in one file, so that it looks at the page only after its extensions have come."""
    return "\n".join([HTMX.read_text(), lean(f"{name}.js", written(name))])


def written(name: str) -> str:
    """The scripts of a screen as they are written, in order."""
    return "\n".join((STATIC / f"js/{script}.js").read_text() for script in SCRIPTS[name])


@cache
def sheet(name: str) -> str:
    """The style sheets of a screen, in order."""
    return "\n".join(rcssmin.cssmin((STATIC / f"{each}.css").read_text()) for each in SHEETS[name])


@cache
def bundle_address(name: str) -> str:
    """Where a page finds the scripts of a screen; it changes with the content."""
    return f"/bundles/{name}.js?v={_version(bundle(name))}"


@cache
def sheet_address(name: str) -> str:
    """Where a page finds the style sheets of a screen; it changes with the content."""
    return f"/bundles/{name}.css?v={_version(sheet(name))}"


def _version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:10]


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
