"""A customer finds the chat that is theirs with this bot, and writes in it, and in no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import Bot, Chat, Customer, Pass, now, reading, transaction
from models.own_chat import Own, own_chat, say_in_own_chat
from models.secret import digest, new_token
from models.text import EmptyText, InvalidUuid
from tests.models.chats import change, chat_with_bot, closed_chat, fresh, held_chat, log_of, waiting_chat
from tests.people import new_uuid

LONG_AGO = timedelta(days=30, minutes=1)


def find(bot, token: str, chat) -> Chat | None:
    with reading() as session:
        return own_chat(session.connection(), Own(bot.key, digest(token), chat.id))


def say(desk, token: str, chat, said="One more thing", uuid=None):
    return say_in_own_chat(Own(desk.bot.key, digest(token), chat.id), said, uuid or new_uuid())


def be_away(chat, age: timedelta) -> None:
    change(Customer, Customer.id == chat.customer_id, last_seen_at=now() - age)


def test_a_customer_finds_their_own_chat_with_everything_a_page_shows(local_desk):
    token = new_token()
    chat = find(local_desk.bot, token, held := held_chat(local_desk, token=token))
    assert (chat.id, chat.bot.name, chat.assignee.name) == (held.id, "Harbor bot", "Maya Okafor")
    assert chat.customer.token_hash == digest(token)


def test_a_customer_does_not_find_the_chat_of_another_customer_or_of_another_bot(local_desk):
    mine, theirs = new_token(), new_token()
    chat, other = chat_with_bot(local_desk, mine), chat_with_bot(local_desk, theirs)
    assert find(local_desk.bot, mine, chat).id == chat.id
    assert find(local_desk.bot, mine, other) is None
    assert find(local_desk.bot, new_token(), chat) is None
    assert find(local_desk.other_bot, mine, chat) is None


def test_a_bot_that_is_switched_off_still_finds_a_chat_and_a_deleted_one_does_not(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    local_desk.bot.switch_off(by=local_desk.anna)
    assert find(local_desk.bot, token, chat).id == chat.id
    local_desk.bot.delete(by=local_desk.anna)
    assert find(local_desk.bot, token, chat) is None


def test_an_own_chat_says_when_its_customer_is_forgotten(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    assert not find(local_desk.bot, token, chat).customer.is_forgotten
    be_away(chat, LONG_AGO)
    assert find(local_desk.bot, token, chat).customer.is_forgotten


@pytest.mark.parametrize("chat_in", [chat_with_bot, waiting_chat, held_chat])
def test_a_message_takes_one_statement_where_the_database_can(stack, local_desk, statements, heard, chat_in):
    token = new_token()
    chat = fresh(chat_in(local_desk, token=token))
    before = log_of(chat)
    statements.clear()
    heard.clear()
    message = say(local_desk, token, chat)
    took = [statement[:9] for statement in statements]
    if stack.name == "sqlite":
        assert (message, took, heard, log_of(chat)) == (None, [], [], before)
        return
    assert took == ["WITH room"]
    assert log_of(chat) == [*before, "customer: One more thing"]
    assert heard == [["customer: One more thing"]]
    assert (message.seq, message.chat.seq, message.member) == (chat.seq + 1, chat.seq + 1, None)
    assert (message.chat.last_text, message.chat.last_customer_seq) == ("One more thing", message.seq)
    assert (message.chat.bot.name, message.chat.customer.id) == ("Harbor bot", chat.customer_id)
    assert (message.chat.assignee and message.chat.assignee.id) == message.chat.assignee_id == chat.assignee_id


def test_a_browser_with_a_pass_writes_in_its_customers_chat_for_30_days(stack, local_desk):
    chat, token = chat_with_bot(local_desk), new_token()
    with transaction() as session:
        session.add(Pass(bot_id=local_desk.bot.id, token_hash=digest(token), customer_id=chat.customer_id))
    assert (say(local_desk, token, chat) is not None) == (stack.name == "postgresql")
    before = log_of(chat)
    change(Pass, renewed_at=now() - LONG_AGO)
    assert say(local_desk, token, chat) is None
    assert log_of(chat) == before


def strange(desk, chat):
    return {"token": new_token()}


def forgotten(desk, chat):
    be_away(chat, LONG_AGO)


def switched_off(desk, chat):
    desk.bot.switch_off(by=desk.anna)


def deleted(desk, chat):
    desk.bot.delete(by=desk.anna)


def silent(desk, chat):
    change(Bot, Bot.id == desk.bot.id, answers=False)


def another_bot(desk, chat):
    return {"desk": replace(desk, bot=desk.other_bot)}


@pytest.mark.parametrize("what", [strange, forgotten, switched_off, deleted, silent, another_bot])
def test_what_is_not_as_usual_is_left_to_the_longer_way_and_changes_nothing(local_desk, heard, what):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    options = {"desk": local_desk, "token": token} | (what(local_desk, chat) or {})
    before = log_of(chat)
    heard.clear()
    assert say(chat=chat, **options) is None
    assert (log_of(chat), heard) == (before, [])


def test_the_people_hear_a_customer_whose_bot_does_not_answer(stack, local_desk):
    token = new_token()
    chat = waiting_chat(local_desk, token)
    silent(local_desk, chat)
    assert (say(local_desk, token, chat) is not None) == (stack.name == "postgresql")


def test_a_message_sent_again_is_left_to_the_longer_way_which_finds_it(local_desk, heard):
    token, uuid = new_token(), new_uuid()
    chat = chat_with_bot(local_desk, token)
    first = say(local_desk, token, chat, uuid=uuid) or chat.post_as_customer("One more thing", uuid)
    heard.clear()
    assert say(local_desk, token, chat, uuid=uuid) is None
    again = find(local_desk.bot, token, chat).post_as_customer("One more thing", uuid)
    assert (again.id, again.seq, again.chat.id, heard) == (first.id, first.seq, chat.id, [])
    assert log_of(chat)[2:] == ["customer: One more thing"]


def test_a_customer_does_not_write_in_the_chat_of_another(local_desk):
    mine, theirs = new_token(), new_token()
    chat_with_bot(local_desk, mine)
    other = chat_with_bot(local_desk, theirs)
    assert say(local_desk, mine, other) is None
    assert log_of(other) == ["bot: Ahoy!", "customer: Hello"]


def test_closed_chats_take_nothing(local_desk):
    token = new_token()
    for state in ("resolved", "ended", "expired"):
        chat = closed_chat(local_desk, state, token)
        before = log_of(chat)
        assert say(local_desk, token, chat) is None
        assert log_of(chat) == before


@pytest.mark.parametrize(("said", "uuid", "refusal"), [(" ", None, EmptyText), ("Hello", "1", InvalidUuid)])
def test_what_cannot_be_stored_is_refused(local_desk, said, uuid, refusal):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    with pytest.raises(refusal):
        say(local_desk, token, chat, said, uuid)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello"]
