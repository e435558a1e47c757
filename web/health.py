"""For those who watch the process."""

from flask import Blueprint, current_app
from sqlalchemy.exc import SQLAlchemyError

from models import Workspace, reading

bp = Blueprint("health", __name__)


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
