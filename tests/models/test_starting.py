"""The first message makes the customer and the chat, once."""

import pytest

import models.chat
from models import Bot, Chat, Customer, Message, State, Visit, reading
from models.customer import InvalidToken
from models.secret import digest, new_token
from models.text import EmptyText, InvalidUuid, NotText, TextTooLong
from tests.models.chats import (
    CLOSED,
    change,
    chat_of,
    chat_with_bot,
    closed_chat,
    fresh,
    log_of,
    rows,
    write_first,
)
from tests.people import SOME_UUID, new_uuid


def test_the_first_message_opens_a_chat_that_begins_with_the_welcome_the_customer_has_read(local_desk, heard):
    message = write_first(local_desk, "  Hello\r\nthere ")
    chat = chat_of(message)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello\nthere"]
    assert (chat.state, chat.bot_id, chat.assignee_id) == (State.BOT, local_desk.bot.id, None)
    assert (chat.last_text, chat.last_author, chat.last_customer_seq) == ("Hello\nthere", "customer", 2)
    assert heard == [["bot: Ahoy!", "customer: Hello\nthere"]]


def test_the_welcome_keeps_its_quick_replies(local_desk):
    chat = chat_with_bot(local_desk)
    with reading() as session:
        welcome = session.query(Message).filter_by(chat_id=chat.id, seq=1).one()
    assert welcome.particulars == {"quick_replies": ["Opening hours"]}


def test_of_the_customers_token_only_its_digest_is_stored(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    with reading() as session:
        customer = session.get(Customer, chat.customer_id)
    assert customer.token_hash == digest(token)
    assert token not in str(vars(customer))


def test_a_repeated_first_message_is_stored_once(local_desk, heard):
    token, uuid = new_token(), new_uuid()
    first = write_first(local_desk, "Hello", token, uuid)
    again = write_first(local_desk, "Hello", token, uuid.upper())
    assert (again.id, again.client_uuid) == (first.id, uuid)
    assert log_of(chat_of(first)) == ["bot: Ahoy!", "customer: Hello"]
    assert (rows(Chat), rows(Customer), len(heard)) == (1, 1, 1)


def test_a_repeated_first_message_is_found_in_a_chat_that_is_over(local_desk):
    token, uuid = new_token(), new_uuid()
    first = write_first(local_desk, "Hello", token, uuid)
    chat_of(first).end()
    assert write_first(local_desk, "Hello", token, uuid).id == first.id
    assert rows(Chat) == 1


def test_the_loser_of_two_first_messages_writes_in_the_winners_chat(local_desk):
    token = new_token()
    first, second = (write_first(local_desk, said, token) for said in ("Hello", "Anybody?"))
    assert first.chat_id == second.chat_id
    assert log_of(chat_of(first)) == ["bot: Ahoy!", "customer: Hello", "customer: Anybody?"]


@pytest.mark.parametrize("state", CLOSED)
def test_who_writes_after_a_closed_chat_starts_a_new_one_and_changes_nothing_in_the_old_one(local_desk, state):
    token = new_token()
    old = closed_chat(local_desk, state, token)
    before = log_of(old)
    new = chat_of(write_first(local_desk, "Me again", token))
    assert (new.id != old.id, new.customer_id) == (True, old.customer_id)
    assert log_of(new) == ["bot: Ahoy!", "customer: Me again"]
    assert (fresh(old).state, log_of(old)) == (state, before)


def test_the_database_itself_refuses_a_second_open_chat(local_desk, monkeypatch):
    token = new_token()
    write_first(local_desk, "Hello", token)
    monkeypatch.setattr(Chat, "open_of", lambda session, customer: None)
    with pytest.raises(models.chat.IntegrityError):
        write_first(local_desk, "Anybody?", token)
    assert rows(Chat) == 1


@pytest.mark.parametrize("start", [
    lambda desk, token: write_first(desk, "Anybody?", token).chat_id,
    lambda desk, token: Chat.open_unsaid(desk.bot, token, Visit()).id,
])
def test_who_did_not_see_the_other_tabs_chat_in_time_looks_again(local_desk, monkeypatch, start):
    token = new_token()
    first = write_first(local_desk, "Hello", token)
    look = Chat.open_of
    looks = [lambda session, customer: None, look]
    monkeypatch.setattr(Chat, "open_of", lambda session, customer: looks.pop(0)(session, customer))
    assert start(local_desk, token) == first.chat_id
    assert rows(Chat) == 1


@pytest.mark.parametrize("handoff_after, offered", [(0, True), (1, False), (None, False)])
def test_a_bot_may_offer_a_person_from_the_start(local_desk, handoff_after, offered):
    change(Bot, Bot.id == local_desk.bot.id, handoff_after=handoff_after)
    with reading() as session:
        local_desk.bot = session.get(Bot, local_desk.bot.id)
    assert chat_with_bot(local_desk).offers_human == offered


@pytest.mark.parametrize("said, uuid, refusal", [
    (" \n\t ", SOME_UUID, EmptyText), ("x" * 4001, SOME_UUID, TextTooLong), ("a\0b", SOME_UUID, NotText),
    ("Hello", "1234", InvalidUuid),
])
def test_a_first_message_that_cannot_be_stored_makes_nobody_known(local_desk, said, uuid, refusal):
    with pytest.raises(refusal):
        write_first(local_desk, said, uuid=uuid)
    assert (rows(Chat), rows(Customer), rows(Message)) == (0, 0, 0)


@pytest.mark.parametrize("token", ["x", "x" * 42, "x" * 44, "ü" * 43, "x" * 43 + "\n", "../" + "x" * 40])
def test_a_token_of_another_form_makes_nobody_known(local_desk, token):
    with pytest.raises(InvalidToken):
        write_first(local_desk, token=token)
    with pytest.raises(InvalidToken):
        Chat.open_unsaid(local_desk.bot, token, Visit())
    assert (rows(Chat), rows(Customer)) == (0, 0)


def test_a_chat_can_be_opened_without_a_word_by_who_only_wants_to_end_it(local_desk):
    token = new_token()
    chat = Chat.open_unsaid(local_desk.bot, token, Visit(page_url="https://shop.example/"))
    assert log_of(chat) == ["bot: Ahoy!"]
    assert Chat.open_unsaid(local_desk.bot, token, Visit()).id == chat.id
    assert write_first(local_desk, token=token).chat_id == chat.id
    chat.end(rating=1)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello", "chat_ended", "feedback_left"]
