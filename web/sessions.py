"""Signing in and out."""

import re

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user

from models import reading
from models.member import Member, SignIn, WrongCredentials
from models.text import clipped
from web.access import member, signed_in
from web.extensions import limiter
from web.forms import field

bp = Blueprint("sessions", __name__)


@bp.get("/")
def home():
    """The dashboard of the first bot, or the sign-in."""
    if not current_user.is_authenticated:
        return redirect(url_for("sessions.new"))
    with reading() as db:
        bots = member().bots(db)
    if not bots and member().is_administrator:
        return redirect(url_for("settings_bots.index"))
    if not bots:
        return render_template("error.html", status=200, sentence=_("No bot is shared with you yet.")), 200
    first = min(bots, key=lambda bot: bot.id)
    return redirect(url_for("chats.index", key=first.key))


@bp.get("/sign-in")
def new():
    """The form."""
    if current_user.is_authenticated:
        return redirect("/")
    return render_template("members/sign_in.html", error=None, email="", next=request.args.get("next", ""))


@bp.post("/sign-in")
@limiter.limit(lambda: current_app.config["BATON"].sign_in_limit)
def create():
    """Sign in, if e-mail and password are right."""
    email, wanted = field("email"), field("next")
    try:
        _hold(SignIn.begin(clipped(email, 254), field("password"), request.user_agent.string, _days()))
    except WrongCredentials:
        error = _("This e-mail and password do not match.")
        return render_template("members/sign_in.html", error=error, email=email, next=wanted), 422
    return redirect(wanted if _is_our_own(wanted) else "/")


@bp.post("/sign-out")
@login_required
def destroy():
    """Sign this browser out."""
    current_user.sign_in.revoke(by=member())
    logout_user()
    session.clear()
    return redirect(url_for("sessions.new"))


def begin_as(who: Member) -> None:
    """Sign `who` in, whom a link has just let in. Raises WrongCredentials, as `SignIn.begin_as` does."""
    _hold(SignIn.begin_as(who, request.user_agent.string, _days()))


def _hold(token: str) -> None:
    session.clear()
    session.permanent = True
    login_user(signed_in(token))


def _days() -> int:
    return current_app.config["BATON"].session_days


def _is_our_own(address: str) -> bool:
    # Browsers read "//host" and "/\host" as another site, and drop tabs and line breaks before they look.
    return re.fullmatch(r"/(?!/)[!-\[\]-~]*", address) is not None
