"""For those who watch the process."""

import hmac

from flask import Blueprint, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from config import is_loopback
from models import Workspace, reading
from realtime import metrics

bp = Blueprint("health", __name__)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


@bp.get("/healthz")
def alive():
    """The process is up."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@bp.get("/readyz")
def ready():
    """Database and relay answer: 200; else 503 and the name of what does not."""
    parts = {"database": _database_answers, "relay": _relay_answers}
    away = [name for name, answers in parts.items() if not answers()]
    if away:
        return f"away: {', '.join(away)}\n", 503, {"Content-Type": "text/plain"}
    return "ready\n", 200, {"Content-Type": "text/plain"}


@bp.get("/metrics")
def numbers():
    """The numbers of all workers, for Prometheus: to this machine, and to who has METRICS_TOKEN."""
    if not (_from_this_machine() or _has_token()):
        return "METRICS_TOKEN is needed from another machine.\n", 403, {"Content-Type": "text/plain"}
    current_app.extensions["baton"].copier.copy()
    return metrics.as_text(), 200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


def _from_this_machine() -> bool:
    # A proxy on this machine asks for others, and mostly says so.
    return is_loopback(request.remote_addr or "") and not any(name in request.headers for name in FORWARDED)


def _has_token() -> bool:
    token, given = current_app.config["BATON"].metrics_token, request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _database_answers() -> bool:
    try:
        with reading() as session:
            # A row: SQLite would say "SELECT 1" without a look at its file.
            Workspace.founded(session)
        return True
    except SQLAlchemyError:
        return False


def _relay_answers() -> bool:
    return current_app.extensions["baton"].relay.ready()
