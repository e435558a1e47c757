"""Logs: one line of JSON for each thing that an operator should know. Never the text of a message, never a secret.

Libraries that would log parameters are kept quiet at every level, errors come without their parameters
(`models/database.py`), and what looks like a token is left out of every line.
"""

import logging
import re

import structlog

# Tokens of customers, sign-ins and set-up links have 43 characters; tickets and cookies have more.
TOKEN = re.compile(r"[\w-]{40,}(\.[\w-]+)*")
# PostgreSQL quotes the row that broke a rule.
DETAIL = re.compile(r"^DETAIL:.*$", re.MULTILINE)
# What they say at these levels and below holds statements, parameters or headers.
TOO_TALKATIVE = ("alembic", "sqlalchemy", "psycopg", "flask-limiter", "limits", "urllib3", "redis", "httpx", "httpcore",
                 "bm25s")


def set_up_logs(level: str, *more: logging.Handler) -> None:
    """Send every log record of this process to standard error from `level` ("info") up, and to `more` handlers."""
    shared = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
              structlog.stdlib.ExtraAdder(), structlog.processors.TimeStamper(fmt="iso", utc=True)]
    renderer = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info,
                without_secrets, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=renderer))
    root = logging.getLogger()
    root.handlers[:] = [handler, *more]
    root.setLevel(level.upper())
    # In this process; the lines of gunicorn's master, which knows no requests, stay as gunicorn writes them.
    of_gunicorn = logging.getLogger("gunicorn.error")
    of_gunicorn.handlers[:], of_gunicorn.propagate = [], True
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_secrets(_logger, _method: str, event: dict) -> dict:
    """A processor of structlog: leaves out of a record what must not be in a log."""
    for key in ("event", "exception", "path"):
        if key in event:
            event[key] = DETAIL.sub("DETAIL: …", TOKEN.sub("…", str(event[key])))
    return event
