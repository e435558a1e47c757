"""The bots of the workspace: new ones, what each of them says, and how one is taken away."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField

from models import Chat, reading
from web.access import member
from web.settings.forms import Cleaned, Lines, SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved
from web.setup import new_bot

bp = resource("bots")


class NewBotForm(SettingsForm):
    """A bot that is to be."""

    name = StringField(_l("Name of the new bot"), [Cleaned(120)])


class BotForm(SettingsForm):
    """What a bot says, and when it offers a person."""

    name = StringField(_l("Name"), [Cleaned(120)])
    welcome = TextAreaField(_l("Welcome"), [Cleaned(2000)], description=_l("The first thing that customers read."))
    quick_replies = Lines(_l("Quick replies"), most=6, limit=60,
                          description=_l("Buttons under the welcome, one in a line."))
    answers = BooleanField(_l("The bot answers"), description=_l(
        "Without it every chat goes straight to your team: the first message stands under Unassigned Chats at once."))
    fallback = TextAreaField(_l("Fallback"), [Cleaned(2000)],
                             description=_l("What the bot says when it has no answer."))
    handoff_after = WholeNumber(_l("Show “Talk to a human” after"), [UpTo(100)], description=_l(
        "Answered customer messages. 0: at once. Empty: only when the customer asks for a person."))


@bp.get("/bots")
def index():
    """Every bot, and a place for a new one."""
    return page("bots.html", form=NewBotForm())


@bp.post("/bots")
def create():
    """Make a bot."""
    form = NewBotForm()
    if not form.validate():
        return refused("bots.html", form=form)
    bot = member().add_bot(new_bot(form.name.data))
    return saved(url_for(".edit", key=bot.key))


@bp.get("/bots/<key>")
def edit(key: str):
    """One bot."""
    bot = find_bot(key)
    return page("bot.html", bot=bot, form=BotForm(obj=bot), open_chats=_open_chats(bot))


@bp.post("/bots/<key>")
def update(key: str):
    """Change it."""
    bot, form = find_bot(key), BotForm()
    if not form.validate():
        return refused("bot.html", bot=bot, form=form, open_chats=_open_chats(bot))
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/pause")
def switch_off(key: str):
    """Take it off its websites and dashboards."""
    bot = find_bot(key)
    bot.switch_off(member())
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/return")
def switch_on(key: str):
    """Bring it back."""
    bot = find_bot(key)
    bot.switch_on(member())
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/deletion")
def delete(key: str):
    """Take it away for good; its open chats are closed."""
    bot = find_bot(key)
    if bot.delete(member()):
        Chat.close_all_of(bot)
    flash(_("%(bot)s is deleted.", bot=bot.name))
    return redirect(url_for(".index"), 303)


def _open_chats(bot) -> int:
    with reading() as session:
        return Chat.count_open(session, bot)
