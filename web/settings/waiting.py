"""What happens while customers wait, and when a chat is over by itself."""

from flask import url_for
from flask_babel import lazy_gettext as _l

from models import Bot
from web.access import member
from web.settings.forms import SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("waiting")

COLUMNS = ("alarm_seconds", "delay_seconds", "mail_seconds", "absence_seconds", "idle_bot_hours", "idle_live_hours")
# Columns in seconds that people set in minutes.
MINUTES = ("delay_seconds", "mail_seconds", "absence_seconds")
MOST_MINUTES = 24 * 60
# Who is there is known to the minute.
LEAST_ABSENCE = 2
MOST_HOURS = 30 * 24


def in_units(column: str, value: int | None) -> int | None:
    """What a column holds, as people set it."""
    return round(value / 60) if value and column in MINUTES else value


class WaitingForm(SettingsForm):
    """The steps of waiting, and the rules of idle chats."""

    alarm_seconds = WholeNumber(_l("Colour and sound after"), [UpTo(3600)], description=_l(
        "Seconds. The waiting time turns red on every open dashboard, and a sound repeats until somebody answers."))
    delay_seconds = WholeNumber(_l("Tell the customer after"), [UpTo(MOST_MINUTES)], description=_l(
        "Minutes. They read that it takes longer, and can leave an e-mail address and keep their place."))
    mail_seconds = WholeNumber(_l("Mail the team after"), [UpTo(MOST_MINUTES)], description=_l(
        "Minutes. To members of this bot who have no dashboard open. Needs a mail server."))
    absence_seconds = WholeNumber(_l("Take a chat back after"), [UpTo(MOST_MINUTES, least=LEAST_ABSENCE)],
                                  description=_l("Minutes without its assignee, while the customer waits for an "
                                                 "answer. It goes back to Unassigned."))
    idle_bot_hours = WholeNumber(_l("Chats with the bot"), [UpTo(MOST_HOURS, least=1)],
                                 description=_l("Hours in which nobody writes."))
    idle_live_hours = WholeNumber(_l("Chats with people"), [UpTo(MOST_HOURS, least=1)], description=_l(
        "Hours in which the customer does not answer. Who waits for your answer stays."))

    def __init__(self, bot: Bot):
        super().__init__(data={name: in_units(name, getattr(bot, name)) for name in COLUMNS})

    def values(self) -> dict:
        """The columns of a bot that it changes."""
        return {name: value * 60 if value and name in MINUTES else value for name, value in self.data.items()}


@bp.get("/bots/<key>/waiting")
def edit(key: str):
    """The steps of waiting for one bot."""
    bot = find_bot(key)
    return page("waiting.html", bot=bot, form=WaitingForm(bot))


@bp.post("/bots/<key>/waiting")
def update(key: str):
    """Change them."""
    bot = find_bot(key)
    form = WaitingForm(bot)
    if not form.validate():
        return refused("waiting.html", bot=bot, form=form)
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))
