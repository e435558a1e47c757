"""Baton as it is, but each answer says in `Bench-Queries` how many statements it has sent to the database."""

from flask import g, has_app_context
from sqlalchemy import Engine, event

from wsgi import app

__all__ = ["app"]


@event.listens_for(Engine, "before_cursor_execute")
def _count(connection, cursor, statement: str, *rest) -> None:
    if has_app_context() and not statement.startswith("BEGIN"):
        g.queries = g.get("queries", 0) + 1


@app.after_request
def _tell(response):
    response.headers["Bench-Queries"] = g.get("queries", 0)
    return response
