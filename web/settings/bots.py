"""The bots of the workspace, and what each of them says."""

from flask import url_for
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from web.access import member
from web.settings.forms import Cleaned, Lines, SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("bots")


class BotForm(SettingsForm):
    """What a bot says, and when it offers a person."""

    name = StringField(_l("Name"), [Cleaned(120)])
    welcome = TextAreaField(_l("Welcome"), [Cleaned(2000)], description=_l("The first thing that customers read."))
    quick_replies = Lines(_l("Quick replies"), most=6, limit=60,
                          description=_l("Buttons under the welcome, one in a line."))
    fallback = TextAreaField(_l("Fallback"), [Cleaned(2000)],
                             description=_l("What the bot says when it has no answer."))
    handoff_after = WholeNumber(_l("Show “Talk to a human” after"), [UpTo(100)], description=_l(
        "Answered customer messages. 0: at once. Empty: only when the customer asks for a person."))


@bp.get("/bots")
def index():
    """Every bot."""
    return page("bots.html")


@bp.get("/bots/<key>")
def edit(key: str):
    """One bot."""
    bot = find_bot(key)
    return page("bot.html", bot=bot, form=BotForm(obj=bot))


@bp.post("/bots/<key>")
def update(key: str):
    """Change it."""
    bot, form = find_bot(key), BotForm()
    if not form.validate():
        return refused("bot.html", bot=bot, form=form)
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))
