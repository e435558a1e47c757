"""What a bot says, as administrators set it."""

import pytest

from models import Bot, Event, reading
from tests.web.edge import nothing_changes

GOOD = {"name": "Harbour", "welcome": "Ahoy", "fallback": "Once more, please", "quick_replies": "One\nTwo\n\nOne",
        "handoff_after": ""}


def stored(bot: Bot) -> Bot:
    """The bot as it is now."""
    with reading() as session:
        return session.get(Bot, bot.id)


def test_every_field_is_kept(desk, anna):
    answer = anna.http.post(f"/settings/bots/{desk.bot.key}", data=GOOD)

    assert "Saved." in answer.text
    bot = stored(desk.bot)
    assert (bot.name, bot.welcome, bot.quick_replies, bot.handoff_after) == ("Harbour", "Ahoy", ["One", "Two"], None)


def test_what_was_changed_is_in_the_log(desk, anna):
    anna.http.post(f"/settings/bots/{desk.bot.key}", data=GOOD)
    with reading() as session:
        event = session.query(Event).order_by(Event.id.desc()).first()
    assert (event.action, event.member.name) == ("bot_changed", desk.anna.name)
    assert "welcome" in event.particulars["changed"]


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("name", "", "Please fill this in."),
    ("name", "x" * 121, "At most 120 characters."),
    ("welcome", " \n ", "Please fill this in."),
    ("fallback", "a\x07b", "This text has characters that cannot be shown."),
    ("quick_replies", "\n".join(str(number) for number in range(7)), "At most 6 lines."),
    ("quick_replies", "x" * 61, "At most 60 characters in a line."),
    ("handoff_after", "two", "Please write a whole number, 0 or more."),
    ("handoff_after", "-1", "Please write a whole number, 0 or more."),
    ("handoff_after", "101", "At most 100."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, anna, field, typed, sentence):
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}", data={**GOOD, field: typed})
    assert answer.status_code == 422
    assert f'<span class="field__error" id="{field}_error">{sentence}</span>' in answer.text
    assert "Once more, please" in answer.text or field == "fallback", "what was typed is still there"
