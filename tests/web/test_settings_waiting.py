"""The steps of waiting as administrators set them."""

import html

import pytest

from tests.web.edge import assert_pushed, inbox_screen, nothing_changes
from tests.web.test_settings_bots import stored

GOOD = {"alarm_seconds": "30", "delay_seconds": "4", "mail_seconds": "", "absence_seconds": "10", "idle_bot_hours": "2",
        "idle_live_hours": "48"}


def test_every_field_is_kept_in_its_unit(desk, anna):
    assert "Saved." in anna.http.post(f"/settings/bots/{desk.bot.key}/waiting", data=GOOD).text
    bot = stored(desk.bot)
    assert (bot.alarm_seconds, bot.delay_seconds, bot.mail_seconds, bot.absence_seconds) == (30, 240, None, 600)
    assert (bot.idle_bot_hours, bot.idle_live_hours) == (2, 48)
    page = anna.http.get(f"/settings/bots/{desk.bot.key}/waiting").text
    assert 'value="4"' in page and 'value="240"' not in page


def test_open_dashboards_learn_when_a_chat_waits_too_long(server, desk, anna, noor):
    screen = inbox_screen(server, noor, desk.bot.key)
    anna.http.post(f"/settings/bots/{desk.bot.key}/waiting", data=GOOD)
    assert 'data-after="30"' in assert_pushed(screen, "#alarm", "").html


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("alarm_seconds", "soon", "Please write a whole number, 0 or more."),
    ("alarm_seconds", "3601", "At most 3600."),
    ("delay_seconds", "1441", "At most 1440."),
    ("absence_seconds", "1", "At least 2."),
    ("idle_bot_hours", "0", "At least 1."),
    ("idle_live_hours", "721", "At most 720."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, anna, field, typed, sentence):
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/waiting", data={**GOOD, field: typed})
    assert answer.status_code == 422
    assert f'<span class="field__error" id="{field}_error">{sentence}</span>' in html.unescape(answer.text)
    assert 'value="48"' in answer.text or field == "idle_live_hours", "what was typed is still there"
