"""Hours as administrators set them, and what customers without anybody to talk to can do."""

import html

import httpx
import pytest

from models import Bot, Customer, reading
from models.presence import note_online
from tests.models.chats import change
from tests.people import MemberClient, new_uuid
from tests.web.edge import (
    assert_pushed,
    assert_refused,
    be_answered,
    chat_now,
    customer_screen,
    inbox_screen,
    nothing_changes,
)
from tests.web.test_settings_bots import stored

GOOD = {"doors": "hours", "zone": "Europe/Berlin", "when_away": "form", "monday": "9-12, 13-17",
        "holidays": "2026-12-25\n2026-12-24"}
OFFLINE_MESSAGE = {"name": "Lena", "email": "lena@example.com", "text": "Please call back"}


@pytest.fixture
def alone(desk, customer):
    """A customer who may ask for a person, of a bot that takes messages; nobody of the team is there."""
    change(Bot, Bot.id == desk.bot.id, when_away="form")
    return be_answered(customer, "I want to talk to a human")


def test_every_field_is_kept(desk, anna):
    assert "Saved." in anna.http.post(f"/settings/bots/{desk.bot.key}/hours", data=GOOD).text
    bot = stored(desk.bot)
    assert (bot.doors, bot.when_away, bot.hours["zone"]) == ("hours", "form", "Europe/Berlin")
    assert bot.hours["week"] == [[["09:00", "12:00"], ["13:00", "17:00"]], *[[]] * 6]
    assert bot.hours["holidays"] == ["2026-12-24", "2026-12-25"]
    page = anna.http.get(f"/settings/bots/{desk.bot.key}/hours").text
    assert 'value="09:00–12:00, 13:00–17:00"' in page and '<option value="Europe/Berlin" selected>' in page


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("monday", "9-12, 11-17", "These hours overlap."),
    ("sunday", "17-9", "The end must come after the beginning. For hours past midnight, use both days."),
    ("friday", "all day", "Please write hours like 9:00–12:30, 13:00–17:00."),
    ("zone", "Mars/Olympus", "Please choose a time zone from the list."),
    ("holidays", "Christmas", "“Christmas” is no date. Please write dates like 2026-12-24."),
    ("holidays", "2026-02-30", "“2026-02-30” is no date. Please write dates like 2026-12-24."),
    ("doors", "ajar", "Not a valid choice."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, anna, field, typed, sentence):
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/hours", data={**GOOD, "tuesday": "8-9", field: typed})
    assert answer.status_code == 422
    assert f'<span class="field__error" id="{field}_error">{sentence}</span>' in html.unescape(answer.text)
    assert 'value="8-9"' in answer.text, "what was typed is still there"


def test_a_customer_with_nobody_to_talk_to_is_asked_for_a_message(desk, alone):
    with nothing_changes():
        answer = alone.hand_off()
    assert answer.status_code == 409
    assert "Nobody is here right now." in answer.text and "Leave this message" in answer.text


def test_a_message_that_is_left_waits_with_a_mark_on_every_dashboard(server, desk, alone, maya):
    screen = inbox_screen(server, maya, desk.bot.key)
    assert alone.post("offline-message", **OFFLINE_MESSAGE, uuid=new_uuid()).status_code == 200
    assert_pushed(screen, "#unassigned_chats", "Left a message")
    page = maya.http.get(f"/bots/{desk.bot.key}/chats/{alone.chat_id}").text
    assert "Left a message" in page and "lena@example.com" in page
    assert "Baton sends no mail yet: write to lena@example.com yourself" in page


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("email", "lena", "Please write an e-mail address like lena@example.com."),
    ("email", "", "Please write an e-mail address like lena@example.com."),
    ("text", " ", "Please fill this in."),
    ("text", "x" * 4001, "At most 4000 characters."),
    ("name", "x" * 121, "At most 120 characters."),
    ("name", "a\x07", "This text has characters that cannot be shown."),
])
def test_a_message_that_cannot_be_left_is_refused_beside_its_field(alone, field, typed, sentence):
    with nothing_changes():
        answer = alone.post("offline-message", **{**OFFLINE_MESSAGE, "uuid": new_uuid(), field: typed})
    assert answer.status_code == 422
    assert f'<span class="wrong" id="offline_{field}_error">{sentence}</span>' in answer.text
    assert "Please call back" in answer.text or field == "text", "what was typed is still there"


def test_a_message_without_an_id_changes_nothing(alone):
    with nothing_changes():
        assert_refused(alone.post("offline-message", **OFFLINE_MESSAGE), 422, "This message has no valid id.")


def test_a_member_who_comes_makes_the_button_work_again(desk, alone):
    note_online([desk.noor.id])
    assert alone.hand_off().status_code == 200
    assert chat_now(alone.chat_id).is_waiting


def test_a_hidden_button_comes_with_the_first_member_and_refuses_before(server, desk, customer):
    change(Bot, Bot.id == desk.bot.id, when_away="hide")
    widget = f"{server.url}/widget/{desk.bot.key}"
    be_answered(customer, "I want to talk to a human")
    assert "nobody from the team is here right now" in customer.entries().text
    assert "data-hides-human" in httpx.get(widget).text
    with nothing_changes():
        assert_refused(customer.hand_off(), 409, "Nobody is here right now.")
    screen = customer_screen(server, customer, desk.bot.key)
    MemberClient(server, desk.maya.email)
    pushed = assert_pushed(screen, 'html[lang="en"] #look', "")
    assert "data-hides-human" not in pushed.html and "data-hides-human" not in httpx.get(widget).text


def test_a_bot_without_its_first_message_asks_for_one_to_be_left(desk, customer):
    change(Bot, Bot.id == desk.bot.id, when_away="form", handoff_after=0)
    answer = customer.http.post("/chats", data={"handoff": "1"})
    customer.chat_id = int(answer.headers["Baton-Chat"])
    assert answer.status_code == 409 and "Leave this message" in answer.text
    assert customer.post("offline-message", **OFFLINE_MESSAGE, uuid=new_uuid()).status_code == 200
    assert chat_now(customer.chat_id).left_message_at


def test_outside_of_the_hours_who_waits_is_told_and_can_leave_an_address(server, desk, customer, anna):
    be_answered(customer, "I want to talk to a human")
    assert "You are next" in customer.hand_off().text
    screen = customer_screen(server, customer, desk.bot.key)
    anna.http.post(f"/settings/bots/{desk.bot.key}/hours", data={**GOOD, "doors": "closed", "when_away": "queue"})
    assert_pushed(screen, f"#status_chat_{customer.chat_id}", "Nobody is here right now. You keep your place.")
    answer = customer.post("email", email="lena@example.com")
    assert "We answer to lena@example.com." in answer.text
    with reading() as session:
        assert session.get(Customer, chat_now(customer.chat_id).customer_id).email == "lena@example.com"


def test_an_address_that_is_none_is_refused_beside_its_field(desk, waiting):
    with nothing_changes():
        answer = waiting.post("email", email="lena@")
    assert answer.status_code == 422 and 'id="own_email_error">Please write an e-mail' in answer.text
    assert 'value="lena@"' in answer.text


def test_an_address_is_of_no_use_to_a_bot(desk, chatting):
    with nothing_changes():
        assert_refused(chatting.post("email", email="lena@example.com"), 409, "This chat is still with the bot.")
