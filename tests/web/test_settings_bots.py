"""What a bot says, as administrators set it."""

import httpx
import pytest

from models import Bot, Event, reading
from tests.people import Customer
from tests.web.edge import assert_pushed, customer_screen, inbox_screen, nothing_changes, words_of

LOOK = 'html[lang="en"] #look'
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


def test_a_new_bot_needs_no_more_than_a_name(desk, anna):
    answer = anna.http.post("/settings/bots", data={"name": " Sales "})
    assert "Saved." in answer.text and "<h1>What it says</h1>" in answer.text
    assert "Sales" in anna.http.get("/settings/bots").text


def test_a_bot_without_a_name_is_refused(desk, anna):
    with nothing_changes():
        answer = anna.http.post("/settings/bots", data={"name": "\n"})
    assert answer.status_code == 422
    assert '<span class="field__error" id="name_error">Please fill this in.</span>' in answer.text


def test_deleting_closes_what_is_open_and_says_so_beforehand(server, desk, anna, chatting):
    assert "1 chat is open." in anna.http.get(f"/settings/bots/{desk.bot.key}").text
    screen = customer_screen(server, chatting, desk.bot.key)

    assert "Harbor bot is deleted." in anna.http.post(f"/settings/bots/{desk.bot.key}/deletion").text
    pushes = screen.pushes()
    assert_pushed(pushes, f"#conversation_chat_{chatting.chat_id}", "Closed, because this chat is no longer offered")
    assert_pushed(pushes, LOOK, "This chat is switched off at the moment.")
    assert anna.http.get(f"/settings/bots/{desk.bot.key}").status_code == 404


def test_switching_off_tells_open_dashboards_and_widgets(server, desk, anna, noor, chatting):
    inbox, widget = inbox_screen(server, noor, desk.bot.key), customer_screen(server, chatting, desk.bot.key)
    anna.http.post(f"/settings/bots/{desk.bot.key}/pause")
    pushes = inbox.pushes()
    assert_pushed(pushes, "#inbox", "Harbor bot is switched off.")
    assert "Harbor bot" not in words_of(assert_pushed(pushes, "#bot_menu", ""))
    assert_pushed(widget, LOOK, "This chat is switched off at the moment.")

    anna.http.post(f"/settings/bots/{desk.bot.key}/return")
    pushes = inbox.pushes()
    assert_pushed(pushes, "#bot_menu", "Harbor bot")
    assert any(push.frame.get("catch_up") for push in pushes)
    assert words_of(assert_pushed(widget, LOOK, "")) == ""


def test_an_administrator_whose_bots_are_all_off_comes_to_the_settings(desk, anna):
    desk.bot.switch_off(by=desk.anna)
    assert anna.http.get("/").url.path == "/settings/bots"


def test_a_widget_offers_a_person_before_the_first_message_where_the_bot_says_so(server, desk, anna):
    page = f"{server.url}/widget/{desk.bot.key}"
    assert "Talk to a human" not in httpx.get(page).text
    anna.http.post(f"/settings/bots/{desk.bot.key}", data={**GOOD, "answers": "1", "handoff_after": "0"})
    assert "Talk to a human" in httpx.get(page).text
    customer = Customer(server, desk.bot.key)
    assert customer.http.post("/chats", data={"handoff": "1"}).status_code == 201
