"""A new password for who has forgotten the old one: by a link that is mailed, or passed on by an administrator."""

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from models import Member, reading
from models.mail_server import MailServer
from models.member import InvalidPassword
from models.resetting import UnknownResetLink, holder_of_link, mail_link, use_link
from models.text import clipped
from realtime import fragments
from web.extensions import limiter
from web.forms import field
from web.sessions import begin_as

bp = Blueprint("passwords", __name__, url_prefix="/password-reset")


@bp.get("")
def new():
    """Where to mail a link to; without a mail server, whom to ask for one."""
    return render_template("members/forgot.html", server=_server(), email="", asked=False)


@bp.post("")
@limiter.limit(lambda: current_app.config["BATON"].sign_in_limit)
def create():
    """Mail a link. Whether the address is known shows nowhere."""
    email, server = clipped(field("email"), 254), _server()
    if server:
        mail_link(email, lambda token: (
            _("A new password for Baton"),
            _("With this link you choose a new password. It is good for one use, for an hour:")
            + f"\n\n{server.address}{url_for('passwords.edit', token=token)}\n\n"
            + _("If you did not ask for it, you need do nothing.") + "\n"))
    return render_template("members/forgot.html", server=server, email=email, asked=True)


@bp.get("/<token>")
@limiter.limit("60 per minute")
def edit(token: str):
    """The form, while the link is good."""
    return _form(_holder(token))


@bp.post("/<token>")
@limiter.limit("30 per minute")
def update(token: str):
    """Take the new password, and be signed in; every other sign-in ends."""
    holder = _holder(token)
    try:
        holder = use_link(token, field("password"))
    except InvalidPassword:
        return _form(holder, _("A password has 10 to 200 characters."), 422)
    begin_as(holder)
    return redirect("/", 303)


@bp.errorhandler(UnknownResetLink)
def over(error: UnknownResetLink):
    """A link that is of no more use."""
    sentence = _("This link was used already, or is too old. Ask for a new one.")
    way = None if current_user.is_authenticated else (url_for("passwords.new"), _("Ask for a new link"))
    return str(fragments.render("error.html", status=410, sentence=sentence, way=way)), 410


def _server() -> MailServer | None:
    with reading() as session:
        return MailServer.current(session)


def _holder(token: str) -> Member:
    with reading() as session:
        return holder_of_link(session, token)


def _form(holder: Member, error: str | None = None, status: int = 200):
    return render_template("members/reset.html", holder=holder, error=error), status
