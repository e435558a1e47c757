"""Reading what browsers send, with a clear refusal of what is no sensible request."""

import json
from urllib.parse import unquote_to_bytes

from flask import abort, current_app, request

from models import Visit

VISIT_FIELDS = ("page_url", "page_title", "referrer", "language", "time_zone", "name", "email")


class Unreadable(ValueError):
    """Bytes that are no text, or a field that is no number."""


def refuse_broken_forms() -> None:
    """Before each request: 404 for NUL in its address; raises Unreadable for a body that is no form in UTF-8.

    Werkzeug would put "�" in place of broken text, and find no field at all in JSON.
    """
    if "\0" in request.path:  # PostgreSQL cannot even look for it
        abort(404)
    if _takes_upload():
        return
    if request.mimetype not in ("", "application/x-www-form-urlencoded"):
        raise Unreadable
    try:
        unquote_to_bytes(request.get_data(cache=True)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable from error


def accepts_upload(most: int):
    """Marks a view whose form may carry files, `most` bytes in all. 413 for more."""
    def mark(view):
        view.most_bytes = most
        return view
    return mark


def _takes_upload() -> bool:
    most = getattr(current_app.view_functions.get(request.endpoint), "most_bytes", None)
    if most is None or request.mimetype != "multipart/form-data":
        return False
    request.max_content_length = most
    return True


def field(name: str) -> str:
    """A field of the form; one that is missing is empty."""
    return request.form.get(name, "")


def number(text: str) -> int:
    """A whole number from 0 up; raises Unreadable."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Unreadable
    return int(text)


def id_in(text: str) -> int:
    """The id of a row; 0, which no row has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def rating() -> int | None:
    """The stars; None when none are chosen, 0 (which no verb accepts) when it is no number."""
    text = field("rating")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def visit() -> Visit:
    """What the customer's browser says of itself."""
    said = {name: field(name) for name in VISIT_FIELDS}
    return Visit(**said, browser=request.headers.get("User-Agent", ""), attributes=_attributes())


def _attributes() -> dict:
    try:
        attributes = json.loads(field("attributes") or "{}")
    except (ValueError, RecursionError):
        return {}
    return attributes if isinstance(attributes, dict) else {}
