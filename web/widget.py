"""What everybody may load: the loader, the widget's empty page, and the demo shop."""

import gzip

from flask import Blueprint, Response, abort, current_app, render_template, request

from languages import chosen, spoken
from models import Bot, Invitation, Logo, reading
from models.presence import hides_human
from realtime import fragments
from web import forms, language, loader, sightings
from web.access import bot_of_visitor
from web.headers import allow_framing
from web.packing import packed
from web.setup import origin
from web.turns import in_turn

bp = Blueprint("widget", __name__)

LOADER_KEPT_SECONDS = 60


@bp.get("/widget.js")
def show_loader():
    """The script that a website includes. Kept only briefly, for its address never changes."""
    sightings.note()
    answer = packed(loader.script(chosen(request.accept_languages.best)), "text/javascript")
    answer.vary.add("Accept-Language")
    answer.cache_control.max_age = LOADER_KEPT_SECONDS
    answer.cache_control.public = True
    answer.add_etag()
    # Pages that isolate themselves take scripts only from those who allow it.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer.make_conditional(request)


@bp.get("/widget/<key>")
def page(key: str):
    """The page in the widget's frame, before it knows who the customer is."""
    # A key that is wrong is told in the frame too: there looks whoever has just pasted the tag.
    allow_framing([])
    bot, shown = _visited(key)
    allow_framing(bot.allowed_origins)
    sightings.note(bot)
    html = empty_page(bot, language.of_page(bot), **shown)
    return _compressed(html) if "gzip" in request.accept_encodings else html


@bp.get("/widget/<key>/beginning")
def beginning(key: str):
    """How a chat begins now, for a page that is older than that."""
    bot, shown = _visited(key)
    return empty_page(bot, language.of_page(bot), "widget/_chat.html", **shown)


def _visited(key: str) -> tuple[Bot, dict]:
    with reading() as session:
        bot = bot_of_visitor(session, key)
        invitation = Invitation.find(session, bot, forms.id_in(request.args.get("invitation", "")))
        return bot, {"invitation": invitation, "hides_human": hides_human(session, bot),
                     "asks": bool(bot.introduction), "typed": {}, "errors": {}}


@bp.get("/widget/<key>/look")
@in_turn
def look(key: str):
    """How the bot looks now, for a widget that has no chat yet and missed a push."""
    with reading() as session:
        return str(fragments.look(session, bot_of_visitor(session, key)))


@bp.get("/widget/<key>/logo")
def logo(key: str):
    """The picture of a bot; its address has a version and changes with it."""
    with reading() as session:
        picture = Logo.of(session, bot_of_visitor(session, key)) or abort(404)
    return Response(picture, mimetype="image/webp", headers={"Cache-Control": "public, max-age=31536000, immutable"})


def empty_page(bot: Bot, language: str, template: str = "widget/page.html", **context) -> str:
    """The widget as somebody finds it who has not written yet."""
    with spoken(language):
        return render_template(template, bot=bot, chat=None, entries=[], earlier=False, waiting_before=None,
                               seen=0, feedback=None, audience="customer", language=language, **context)


def _compressed(html: str):
    """Unlike other pages, whose length could tell a secret: this one is the same for everybody but its nonce."""
    answer = current_app.make_response(gzip.compress(html.encode(), 6))
    answer.headers["Content-Encoding"] = "gzip"
    return answer


@bp.get("/demo")
def demo():
    """A shop with the demo bot's widget on it; only where there is a demo."""
    with reading() as session:
        bot = bot_of_visitor(session, "demo")
    return render_template("demo.html", bot=bot, origin=origin())
