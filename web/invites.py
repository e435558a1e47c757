"""Joining the team, with a link that an administrator has made."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from models import Invite, Workspace, reading
from models.invite import InviteExpired, InviteOver, InviteRevoked, InviteUsed, UnknownInvite
from models.member import EmailTaken
from realtime import fragments
from web.accounts import errors_in
from web.extensions import limiter
from web.forms import field
from web.sessions import begin_as

bp = Blueprint("invites", __name__)

OVER = {
    InviteUsed: lambda: _("This invite was used already. Sign in with your e-mail and password."),
    InviteRevoked: lambda: _("This invite was taken back. Ask who invited you for a new one."),
    InviteExpired: lambda: _("This invite is too old. Ask who invited you for a new one."),
}


@bp.get("/invites/<token>")
@limiter.limit("60 per minute")
def show(token: str):
    """The form, while the link is good."""
    return _form(_found(token))


@bp.post("/invites/<token>")
@limiter.limit("30 per minute")
def accept(token: str):
    """Join, and be signed in."""
    invite = _found(token)
    errors = errors_in({"name": field("name"), "password": field("password")})
    if errors:
        return _form(invite, errors, 422)
    try:
        joined = Invite.accept(token, field("name"), field("password"))
    except EmailTaken:
        return _form(invite, {"email": _("Somebody with this address is in the team already: sign in.")}, 422)
    begin_as(joined)
    return redirect("/", 303)


@bp.errorhandler(InviteOver)
def over(error: InviteOver):
    """A link that is of no more use: one sentence says why."""
    way = None if current_user.is_authenticated else (url_for("sessions.new"), _("Sign in"))
    return str(fragments.render("error.html", status=410, sentence=OVER[type(error)](), way=way)), 410


def _found(token: str) -> Invite:
    try:
        with reading() as session:
            return Invite.behind(session, token)
    except UnknownInvite:
        abort(404)


def _form(invite: Invite, errors: dict | None = None, status: int = 200):
    with reading() as session:
        workspace = Workspace.founded(session)
    return render_template("members/join.html", invite=invite, workspace=workspace, errors=errors or {},
                           name=field("name")), status
