"""The one-time set-up."""

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from models import SetupLink, Workspace, reading
from models.bot import Bot
from models.founding import UnknownSetupLink, found
from models.text import clean
from web.accounts import errors_in
from web.extensions import limiter
from web.forms import field
from web.sessions import begin_as

bp = Blueprint("setup", __name__)

FIELDS = ("workspace", "name", "email", "password", "bot")


@bp.get("/setup/<token>")
def new(token: str):
    """The form, while the link is good."""
    _open_or_gone(token)
    return render_template("members/setup.html", errors={}, values={"bot": _("Assistant")})


@bp.post("/setup/<token>")
@limiter.limit("30 per minute")
def create(token: str):
    """Found the workspace, sign its owner in, and show what to paste."""
    _open_or_gone(token)
    values = {name: field(name) for name in FIELDS}
    errors = errors_in(values)
    if errors:
        return render_template("members/setup.html", errors=errors, values=values), 422
    bot = new_bot(clean(values["bot"], 120))
    try:
        owner = found(token, values["workspace"], values["name"], values["email"], values["password"], bot)
    except UnknownSetupLink:
        abort(404)
    begin_as(owner)
    return redirect(url_for("install.show", key=bot.key))


def new_bot(name: str) -> Bot:
    """A bot that says what most would say first; it is not stored yet."""
    return Bot(name=name, welcome=_("Hello! How can I help you?"), quick_replies=[],
               fallback=_("I am not sure I understood. Could you say it in other words?"))


def origin() -> str:
    """The address under which people reach this server."""
    return current_app.config["BATON"].public_url or request.host_url.rstrip("/")


def _open_or_gone(token: str) -> None:
    with reading() as session:
        if Workspace.founded(session) or not SetupLink.is_open(session, token):
            abort(404)
