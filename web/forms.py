"""Reading what browsers send, with a clear refusal of what is no sensible request."""

import json
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from flask import abort, current_app, request
from flask_babel import gettext as _

from models import Visit
from models.introduction import NotNumber, NotTicked, UnknownChoice
from models.member import InvalidEmail
from models.text import EmptyText, InvalidText, TextTooLong

VISIT_FIELDS = ("page_url", "page_title", "referrer", "language", "time_zone", "name", "email")


# Why an answer of a customer's is refused; the more special first.
ANSWERS_REFUSED: dict[type[Exception], Callable[[Exception], str]] = {
    InvalidEmail: lambda error: _("Please write an e-mail address like lena@example.com."),
    NotNumber: lambda error: _("Please write a number."),
    NotTicked: lambda error: _("Please tick this box."),
    UnknownChoice: lambda error: _("Please choose one of these."),
    EmptyText: lambda error: _("Please fill this in."),
    TextTooLong: lambda error: _("At most %(limit)s characters.", limit=error.limit),
    InvalidText: lambda error: _("This text has characters that cannot be shown."),
}


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


def wrong_with(check: Callable[[], object]) -> str | None:
    """What is wrong with an answer of a customer's, in one sentence for beside its field; None when nothing is."""
    try:
        check()
    except tuple(ANSWERS_REFUSED) as error:
        return next(sentence(error) for kind, sentence in ANSWERS_REFUSED.items() if isinstance(error, kind))
    return None
