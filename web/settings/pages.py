"""What every settings page shares: who may see it, and how a form is answered."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import Bot, reading
from web.access import administrators_only, bot_of_administrator, member


def resource(name: str, guard: Callable = administrators_only) -> Blueprint:
    """A blueprint below /settings: for owners and admins alone, unless `guard` lets others in."""
    bp = Blueprint(f"settings_{name}", __name__, url_prefix="/settings")
    bp.before_request(guard)
    return bp


def find_bot(key: str) -> Bot:
    """A bot that the administrator may change, also one that is switched off; 404 for any other."""
    with reading() as session:
        return bot_of_administrator(session, key)


def page(template: str, status: int = 200, **context) -> tuple[str, int]:
    """A settings page; `bot` in the context is the one that the page is about."""
    with reading() as session:
        return render_template(f"settings/{template}", bots=_all_bots(session), member=member(), **context), status


def refused(template: str, **context) -> tuple[str, int]:
    """The page once more with what was typed, and beside each field what is wrong with it."""
    return page(template, 422, **context)


def saved(address: str) -> Response:
    """Go on to `address`, and say there that the change is made."""
    flash(_("Saved."))
    return redirect(address, 303)


def _all_bots(session: Session) -> list[Bot]:
    return member().bots(session, switched_off=True)
