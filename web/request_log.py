"""Each request has an id, which goes with every line that is logged meanwhile; a refused or failed one has a line.

A line never holds a query, a form or a header, and what looks like a token is left out of the path (`logs.py`).
"""

import logging
import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from realtime import metrics

log = logging.getLogger("baton.requests")

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_PATH = 200
CATCH_UPS = {"widget_chats.entries": "customer", "chats.entries": "chat", "chats.inbox": "inbox"}


def register(app: Flask) -> None:
    """Watch every request of `app`; before anything else that may refuse one."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    # A connection's requests share a greenlet, and with it the context.
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=_request_id())
    metrics.request_began.set(time.perf_counter())


def _request_id() -> str:
    """The id that a proxy gave the request, if it is a sane one, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if SANE_ID.fullmatch(given) else secrets.token_hex(8)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = structlog.contextvars.get_contextvars()["request_id"]
    if response.status_code >= 400:
        _log(response.status_code)
    elif request.endpoint in CATCH_UPS and "before" not in request.args:
        metrics.note_catch_up(CATCH_UPS[request.endpoint])
    return response


def _log(status: int) -> None:
    milliseconds = (time.perf_counter() - metrics.request_began.get()) * 1000
    failed = status >= 500 and "is_expected" not in g
    log.log(logging.WARNING if failed else logging.INFO, "request failed" if failed else "request refused",
            extra={"method": request.method, "path": request.path[:LONGEST_PATH], "status": status,
                   "ms": round(milliseconds, 1)})
