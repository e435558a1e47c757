"""What members may not do: a clear answer where they look, and nothing changed."""

import pytest

from models import now, transaction
from tests.people import new_uuid
from tests.web.edge import GOOD_FORM, assert_refused, chat_now, nothing_changes
from tests.web.test_customer_refusals import BAD_TEXTS, BAD_UUIDS, NO_ID, NOTHING_HERE, NUMBERS, UNREADABLE

PRESS = "This page is out of date: please reload it. Your text is kept."


def test_a_text_that_cannot_be_shown_is_refused_and_assigns_nothing(desk, waiting, maya):
    with nothing_changes():
        for text, status, sentence in BAD_TEXTS:
            assert_refused(maya.write(desk.bot.key, waiting.chat_id, text), status, sentence)
    assert chat_now(waiting.chat_id).is_waiting


def test_a_client_id_that_is_none_is_refused(desk, waiting, maya):
    with nothing_changes():
        for uuid in BAD_UUIDS:
            assert_refused(maya.write(desk.bot.key, waiting.chat_id, "Hello", uuid=uuid), 422, NO_ID)


def test_the_same_message_twice_is_answered_with_the_stored_one(desk, waiting, maya):
    uuid = new_uuid()
    first = maya.write(desk.bot.key, waiting.chat_id, "Only once", uuid=uuid)
    with nothing_changes():
        again = maya.write(desk.bot.key, waiting.chat_id, "Only once, said otherwise", uuid=uuid)
    assert (again.status_code, again.text) == (200, first.text)
    assert again.headers["Baton-Seq"] == first.headers["Baton-Seq"]


@pytest.mark.parametrize("action", ["messages", "closure", "seen"])
def test_an_unknown_chat_is_not_found(desk, maya, action):
    with nothing_changes():
        for chat_id in ("0", "999999999", 2**63 - 1, 2**63, "9" * 40, "-1", "x", "1.5", "1%00", "%ff"):
            url = f"/bots/{desk.bot.key}/chats/{chat_id}"
            assert_refused(maya.http.post(f"{url}/{action}", data={"uuid": new_uuid(), **GOOD_FORM}), 404, NOTHING_HERE)
            assert_refused(maya.http.get(f"{url}/entries"), 404, NOTHING_HERE)
            assert_refused(maya.http.get(url), 404, NOTHING_HERE)


def test_a_bot_that_does_not_exist_or_is_switched_off_is_not_found(desk, waiting, maya):
    with transaction() as session:
        session.merge(desk.bot).switched_off_at = now()
    with nothing_changes():
        for key in (desk.bot.key, "nobody", "%00", "%ff%fe"):
            assert_refused(maya.http.get(f"/bots/{key}/chats"), 404, NOTHING_HERE)
            assert_refused(maya.http.get(f"/bots/{key}/inbox"), 404, NOTHING_HERE)
            assert_refused(maya.write(key, waiting.chat_id, "Hello"), 404, NOTHING_HERE)


def test_a_chat_with_the_bot_takes_no_member(desk, chatting, maya):
    with nothing_changes():
        assert_refused(maya.write(desk.bot.key, chatting.chat_id, "Hello"), 409, "This chat is still with the bot.")


def test_who_writes_second_keeps_the_text_and_reads_who_was_first(desk, waiting, maya, noor):
    assert maya.write(desk.bot.key, waiting.chat_id, "I am here").status_code == 200
    with nothing_changes():
        answer = noor.write(desk.bot.key, waiting.chat_id, "So am I")
        sentence = "Maya handles this chat now. Your text was not sent; it is kept here."
        assert_refused(answer, 409, sentence)
    assert "Maya is handling this chat." in answer.text
    assert "So am I" not in waiting.entries().text


def test_only_the_assignee_resolves(desk, waiting, maya, noor):
    maya.write(desk.bot.key, waiting.chat_id, "I am here")
    with nothing_changes():
        answer = noor.resolve(desk.bot.key, waiting.chat_id)
        assert_refused(answer, 403, "Only Maya, who handles this chat, can resolve it.")
    assert chat_now(waiting.chat_id).is_open


def test_a_chat_that_nobody_handles_is_resolved_by_nobody(desk, waiting, maya):
    with nothing_changes():
        answer = maya.resolve(desk.bot.key, waiting.chat_id)
        assert_refused(answer, 403, "Nobody handles this chat yet. Who writes first can resolve it.")


def test_a_closed_chat_takes_nothing_more_and_shows_how_it_stands(desk, waiting, maya):
    maya.write(desk.bot.key, waiting.chat_id, "I am here")
    waiting.end()
    with nothing_changes():
        for late in (maya.write(desk.bot.key, waiting.chat_id, "Wait"), maya.resolve(desk.bot.key, waiting.chat_id)):
            assert_refused(late, 409, "This chat has ended.")
            assert "ended this chat." in late.text and 'data-state="closed"' in late.text


def test_resolving_twice_is_one_closing(desk, waiting, maya):
    maya.write(desk.bot.key, waiting.chat_id, "I am here")
    assert maya.resolve(desk.bot.key, waiting.chat_id).status_code == 200
    with nothing_changes():
        assert_refused(maya.resolve(desk.bot.key, waiting.chat_id), 409, "Maya has resolved this chat.")


def test_a_place_in_the_log_is_a_number(desk, waiting, maya):
    url = f"/bots/{desk.bot.key}/chats/{waiting.chat_id}"
    with nothing_changes():
        for number in NUMBERS:
            assert_refused(maya.http.post(f"{url}/seen", data={"seq": number}), 400, UNREADABLE)
            for which in ("after", "before"):
                answer = maya.http.get(f"{url}/entries", params={which: number})
                assert_refused(answer, 400, UNREADABLE)


def test_a_mark_beyond_the_end_counts_as_the_end(desk, waiting, maya):
    url = f"/bots/{desk.bot.key}/chats/{waiting.chat_id}"
    assert maya.http.post(f"{url}/seen", data={"seq": "9" * 15}).status_code == 204
    assert f'data-seen="{chat_now(waiting.chat_id).seq}"' in waiting.http.get("/chat").text


def test_a_wrong_csrf_token_is_refused_with_the_text_kept(desk, waiting, maya):
    for token in ("", "x", maya.csrf[:-2] + "xx"):
        maya.http.headers["X-CSRFToken"] = token
        with nothing_changes():
            assert_refused(maya.write(desk.bot.key, waiting.chat_id, "Hello"), 400, PRESS)
