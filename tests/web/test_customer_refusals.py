"""What customers may not do: a clear answer where they look, and nothing changed."""

import json
import secrets
from datetime import timedelta
from functools import partial

import httpx
import pytest
from sqlalchemy import update

from models import Customer as StoredCustomer
from models import now, transaction
from models.customer import REMEMBERED
from models.secret import digest
from tests.people import Customer, new_uuid
from tests.web.edge import GOOD_FORM, assert_refused, be_live, chat_now, nothing_changes

NO_STARS = "Please choose 1 to 5 stars."
UNKNOWN = "This chat is no longer known here. You can start a new one."
NOTHING_HERE = "There is nothing here."
EMPTY = "There is nothing to send yet."
UNSHOWABLE = "This text has characters that cannot be shown."
NO_ID = "This message has no valid id."
UNREADABLE = "This request cannot be read."
TOO_LONG = "This is too long: at most 4000 characters."

BAD_TEXTS = [("", 422, EMPTY), (" \n\t  ", 422, EMPTY), ("x" * 4001, 413, TOO_LONG), ("🦊" * 4001, 413, TOO_LONG),
             ("Hello\0", 422, UNSHOWABLE), ("\0", 422, UNSHOWABLE), ("\x1b[31mred", 422, UNSHOWABLE)]
BAD_UUIDS = ["", "1", "x" * 36, f"{{{new_uuid()}}}", new_uuid().replace("-", ""), "urn:uuid:" + new_uuid(), "\0" * 36]
BAD_RATINGS = ["0", "6", "-1", "x", "1.5", "٣", "99999999999", "1 ", "\0"]


def test_a_text_that_cannot_be_shown_is_refused(chatting):
    with nothing_changes():
        for text, status, sentence in BAD_TEXTS:
            assert_refused(chatting.write(text), status, sentence)


def test_a_refused_first_message_makes_no_customer(customer):
    with nothing_changes():
        for text, status, sentence in BAD_TEXTS:
            assert_refused(customer.start(text), status, sentence)


def test_a_text_at_the_limit_is_stored_whole(waiting):
    for text in ("x" * 4000, "🦊" * 4000, "  padded to its limit" + " " * 5000):
        shown = waiting.write(text)
        assert shown.status_code == 200
        assert f">{text.strip()}</div>" in shown.text


def test_a_client_id_that_is_none_is_refused(chatting):
    with nothing_changes():
        for uuid in BAD_UUIDS:
            assert_refused(chatting.write("Hello", uuid=uuid), 422, NO_ID)


def test_a_first_message_without_an_id_makes_no_customer(customer):
    with nothing_changes():
        for uuid in BAD_UUIDS:
            assert_refused(customer.start(uuid=uuid), 422, NO_ID)


def test_the_same_message_twice_is_answered_with_the_stored_one(chatting):
    uuid = new_uuid()
    first = chatting.write("Only once", uuid=uuid)
    with nothing_changes():
        again = chatting.write("Only once, said otherwise", uuid=uuid.upper())
    assert again.status_code == first.status_code == 200
    assert again.text == first.text and "Only once" in again.text
    assert again.headers["Baton-Seq"] == first.headers["Baton-Seq"]


def test_the_same_first_message_twice_is_one_chat(customer):
    uuid = new_uuid()
    chat = customer.start(uuid=uuid).headers["Baton-Chat"]
    again = customer.start(uuid=uuid)
    assert (again.status_code, again.headers["Baton-Chat"]) == (201, chat)
    assert again.text.count(f'id="message_{uuid}"') == 1


@pytest.mark.parametrize("action", ["messages", "handoff", "closure", "feedback", "seen", "visit"])
def test_an_unknown_chat_is_not_found(chatting, action):
    with nothing_changes():
        for chat_id in ("0", "999999999", 2**63 - 1, 2**63, "9" * 40, "-1", "x", "1.5", "1%00", "%ff", "٣"):
            answer = chatting.http.post(f"/chats/{chat_id}/{action}", data={"uuid": new_uuid(), **GOOD_FORM})
            assert_refused(answer, 404, NOTHING_HERE)
            assert_refused(chatting.http.get(f"/chats/{chat_id}/entries"), 404, NOTHING_HERE)


def test_a_bot_that_does_not_exist_is_not_found(server, desk):
    with nothing_changes():
        for key in ("nobody", "%00", "%ff%fe", "x" * 3000):
            nobody = Customer(server, key)
            assert_refused(nobody.start(), 404, NOTHING_HERE)
            assert nobody.http.get("").status_code == 404


OFF = "This chat is switched off at the moment."


def test_to_a_bot_that_is_switched_off_nobody_can_write(server, desk, chatting):
    desk.bot.switch_off(by=desk.anna)
    with nothing_changes():
        assert_refused(chatting.write("Hello"), 409, OFF)
        assert_refused(chatting.hand_off(), 409, OFF)
        assert_refused(Customer(server, desk.bot.key).start(), 409, OFF)
        assert OFF in httpx.get(f"{server.url}/widget/{desk.bot.key}").text


def test_a_chat_with_a_bot_that_is_switched_off_can_be_read_and_ended(desk, chatting):
    desk.bot.switch_off(by=desk.anna)
    assert "Hello" in chatting.http.get("/chat").text
    assert chatting.end().status_code == 200


def test_a_bot_that_was_deleted_is_not_found(server, desk, chatting):
    desk.bot.delete(by=desk.anna)
    with nothing_changes():
        assert_refused(chatting.write("Hello"), 404, NOTHING_HERE)
        assert_refused(Customer(server, desk.bot.key).start(), 404, NOTHING_HERE)
        assert_refused(chatting.http.get("/chat"), 404, NOTHING_HERE)
        assert httpx.get(f"{server.url}/widget/{desk.bot.key}").status_code == 404


def test_a_person_is_not_there_before_the_first_message_unless_the_bot_says_so(server, desk):
    with nothing_changes():
        asked = Customer(server, desk.bot.key).http.post("/chats", data={"handoff": "1"})
        assert_refused(asked, 409, "You can ask for a person after a few messages.")


FORGED = ["Bearer", "Bearer x", "Bearer " + "x" * 42, "Bearer " + "x" * 44, "Bearer " + "!" * 43, "bearer",
          "Bearer " + "x" * 2000, "Basic eDp5", ""]


def test_a_token_of_the_wrong_form_is_refused(chatting):
    with nothing_changes():
        for header in FORGED:
            chatting.http.headers["Authorization"] = header
            assert_refused(chatting.write("Hello"), 403, UNKNOWN)
            assert_refused(chatting.start(), 403, UNKNOWN)
            assert_refused(chatting.entries(), 403, UNKNOWN)
            assert_refused(chatting.http.get("/chat"), 403, UNKNOWN)


def test_a_request_without_a_token_is_refused(chatting):
    del chatting.http.headers["Authorization"]
    with nothing_changes():
        assert_refused(chatting.write("Hello"), 403, UNKNOWN)
        assert_refused(chatting.start(), 403, UNKNOWN)
        answer = chatting.http.get("/chat", headers={"Authorization": b"Bearer \xff\xfe"})
        assert_refused(answer, 403, UNKNOWN)


def test_a_token_that_was_made_up_finds_no_chat(chatting):
    chatting.http.headers["Authorization"] = f"Bearer {secrets.token_urlsafe(32)}"
    with nothing_changes():
        assert_refused(chatting.write("Hello"), 404, UNKNOWN)
        assert_refused(chatting.entries(), 404, UNKNOWN)
        assert_refused(chatting.http.get("/chat"), 404, UNKNOWN)


def test_a_token_unused_for_30_days_has_expired(chatting):
    with transaction() as session:
        mine = StoredCustomer.token_hash == digest(chatting.token)
        session.execute(update(StoredCustomer).where(mine).values(last_seen_at=now() - REMEMBERED - timedelta(hours=1)))
    with nothing_changes():
        assert_refused(chatting.http.get("/chat"), 403, UNKNOWN)
        assert_refused(chatting.write("Hello"), 403, UNKNOWN)
        assert_refused(chatting.start(), 403, UNKNOWN)


def test_a_rating_that_is_none_is_refused(chatting, stranger):
    stranger.end()
    with nothing_changes():
        for rating in BAD_RATINGS:
            assert_refused(chatting.end(rating=rating), 422, NO_STARS)
            assert_refused(stranger.post("feedback", rating=rating), 422, NO_STARS)


def test_ending_a_chat_that_was_never_begun_needs_a_rating(customer):
    with nothing_changes():
        for form in {"rating": "9"}, {"rating": "x"}, {"comment": "Hm"}, {}:
            assert_refused(customer.http.post("/chats", data=form), 422, NO_STARS)


def test_a_chat_that_was_never_begun_can_be_rated(customer):
    answer = customer.http.post("/chats", data={"rating": "2", "comment": "I expected a person"})
    assert answer.status_code == 201 and "Start a new chat" in answer.text
    assert chat_now(int(answer.headers["Baton-Chat"])).state == "ended"


def test_a_comment_that_cannot_be_kept_is_refused(chatting, stranger):
    stranger.end()
    with nothing_changes():
        for rate in (chatting.end, partial(stranger.post, "feedback")):
            assert_refused(rate(rating="4", comment="x" * 2001), 413, "This is too long: at most 2000 characters.")
            assert_refused(rate(rating="4", comment="a\0b"), 422, UNSHOWABLE)


def test_a_comment_without_stars_is_refused(chatting):
    with nothing_changes():
        assert_refused(chatting.end(comment="So so"), 422, NO_STARS)


def test_feedback_counts_once(chatting):
    assert chatting.end(rating="5", comment="Great").status_code == 200
    with nothing_changes():
        assert_refused(chatting.post("feedback", rating="1"), 409, "This chat has its feedback already. Thank you.")


def test_an_open_chat_cannot_be_rated(chatting):
    with nothing_changes():
        assert_refused(chatting.post("feedback", rating="5"), 409, "This chat is still open.")


def test_a_person_is_not_given_before_they_are_offered(chatting):
    with nothing_changes():
        answer = chatting.hand_off()
        assert_refused(answer, 409, "You can ask for a person after a few messages.")
    assert "Talk to a human" not in answer.text


def test_asking_twice_for_a_person_is_one_handoff(waiting):
    with nothing_changes():
        assert waiting.hand_off().status_code == 200


def test_a_closed_chat_takes_nothing_more_and_shows_how_it_stands(chatting):
    assert chatting.end().status_code == 200
    for late in (lambda: chatting.write("One more thing"), chatting.hand_off, chatting.end):
        with nothing_changes():
            answer = late()
            assert_refused(answer, 409, "This chat has ended.")
        assert "Start a new chat" in answer.text


def test_a_resolved_chat_tells_the_customer_who_resolved_it(desk, waiting, maya):
    maya.write(desk.bot.key, waiting.chat_id, "Done")
    maya.resolve(desk.bot.key, waiting.chat_id)
    with nothing_changes():
        answer = waiting.write("Wait!")
        assert_refused(answer, 409, "Maya has resolved this chat.")
    assert "Start a new chat" in answer.text


def test_feedback_of_who_loses_against_the_assignee_is_kept_all_the_same(desk, waiting, maya):
    maya.write(desk.bot.key, waiting.chat_id, "Done")
    maya.resolve(desk.bot.key, waiting.chat_id)
    assert_refused(waiting.end(rating="5", comment="Thanks"), 409, "Maya has resolved this chat.")
    assert "Thanks" in maya.http.get(f"/bots/{desk.bot.key}/chats/{waiting.chat_id}").text


NUMBERS = ["x", "", "-1", "1.5", "1e3", "٣", "0x1", "9" * 16, "9" * 400, "\0", " 1"]


def test_a_place_in_the_log_is_a_number(chatting):
    entries = f"/chats/{chatting.chat_id}/entries"
    with nothing_changes():
        for number in NUMBERS:
            assert_refused(chatting.post("seen", seq=number), 400, UNREADABLE)
            assert_refused(chatting.http.get(entries, params={"after": number}), 400, UNREADABLE)
            assert_refused(chatting.http.get(entries, params={"before": number}), 400, UNREADABLE)


def test_a_mark_beyond_the_end_counts_as_the_end(chatting, maya, desk):
    assert chatting.post("seen", seq="9" * 15).status_code == 204
    seen = f'id="seen_chat_{chatting.chat_id}" data-seen="{chat_now(chatting.chat_id).seq}"'
    assert seen in maya.http.get(f"/bots/{desk.bot.key}/chats/{chatting.chat_id}").text
    with nothing_changes():
        assert chatting.post("seen", seq="0").status_code == 204


def test_a_page_beyond_the_end_of_the_log_is_empty(chatting):
    with nothing_changes():
        assert "entry" not in chatting.entries(10**14).raise_for_status().text


ATTRIBUTES = ["no JSON", "[1, 2]", '"text"', "{", '{"a":' * 400 + "1" + "}" * 400, "[" * 5000, "9" * 5000, "null",
              '{"a": NaN}', '{"a": 1e999}', '{"\\ud800": "\\udfff", "\\u0000": "\\u0000"}', "\0",
              json.dumps({"plan": "x" * 9000}), json.dumps({f"k{n}": n for n in range(900)})]


def test_what_the_host_says_of_its_customer_never_costs_the_message(customer, desk, maya):
    for number, attributes in enumerate(ATTRIBUTES):
        assert customer.start(attributes=attributes).status_code == 201, attributes
        page_url = f"https://shop.example/{number}"
        assert customer.post("visit", attributes=attributes, page_url=page_url).status_code == 204, attributes
        page = maya.http.get(f"/bots/{desk.bot.key}/chats/{customer.chat_id}")
        assert page.status_code == 200 and page_url in page.text
        assert len(page.text) < 60_000


def test_a_visit_says_only_what_fits(chatting):
    long = "x" * 3000
    said = {name: long for name in ("page_title", "referrer", "language", "time_zone", "name", "email")}
    assert chatting.post("visit", page_url="javascript:alert(1)", **said).status_code == 204
    with transaction() as session:
        stored = session.get(StoredCustomer, chat_now(chatting.chat_id).customer_id)
    lengths = [len(getattr(stored, name)) for name in said]
    assert lengths == [300, 2000, 35, 60, 120, 254]


def test_markup_stays_text(desk, waiting, maya):
    waiting.write("<script>alert(1)</script><img src=x onerror=alert(1)>")
    waiting.post("visit", name="<b>Lena</b>", page_url="javascript:alert(1)", referrer='https://x.example/"><script>')
    for page in (waiting.entries(), maya.http.get(f"/bots/{desk.bot.key}/chats/{waiting.chat_id}")):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "<script>alert" not in page.text and "<img src=x" not in page.text and "<b>Lena" not in page.text
        assert 'href="javascript:' not in page.text and '"><script>' not in page.text


def test_a_customer_can_start_anew_after_every_refusal(server, desk, customer):
    be_live(customer)
    customer.end()
    customer.write("Too late")
    first = customer.chat_id
    assert customer.start("A new one").status_code == 201
    assert customer.chat_id != first
