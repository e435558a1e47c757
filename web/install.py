"""How the chat gets onto a website: what to paste, where, and whether it has arrived."""

from flask import Blueprint, render_template
from flask_login import login_required

from models import Bot, Sighting, reading
from web.access import bot_of_member, member
from web.setup import origin

bp = Blueprint("install", __name__, url_prefix="/bots/<key>")


@bp.before_request
@login_required
def members_only():
    """Everything here needs a sign-in."""


@bp.get("/install")
def show(key: str):
    """The tag to paste, and where it was seen."""
    bot, sightings = _seen(key)
    tag = f'<script src="{origin()}/widget.js" data-bot="{bot.key}" async></script>'
    return render_template("dashboard/install.html", bot=bot, tag=tag, sightings=sightings, server=origin(),
                           member=member())


@bp.get("/install/sightings")
def sightings(key: str):
    """The websites that loaded the chat, for a page that is open."""
    return render_template("dashboard/_sightings.html", sightings=_seen(key)[1])


@bp.get("/preview")
def preview(key: str):
    """A page with the widget on it, as a website would have it."""
    return render_template("dashboard/preview.html", bot=_seen(key)[0])


def _seen(key: str) -> tuple[Bot, list]:
    with reading() as session:
        bot = bot_of_member(session, key)
        return bot, Sighting.of(session, bot)
