"""Bots come, go quiet and go for good; where one does not answer, people do."""

import pytest

from models import Bot, Chat, Member, State, Visit, reading
from models.bot import BotOff
from models.refusals import NothingSaid
from models.secret import new_token
from tests.models.chats import change, chat_of, chat_with_bot, fresh, held_chat, log_of, write_first
from tests.models.test_members import events
from tests.people import new_uuid


def names(member: Member, switched_off: bool = False) -> list[str]:
    """The bots that a member sees."""
    with reading() as session:
        return [bot.name for bot in member.bots(session, switched_off)]


def test_a_new_bot_is_seen_by_who_made_it_and_by_nobody_else(local_desk, heard):
    bot = local_desk.anna.add_bot(Bot(name="Sales bot", welcome="Hi", fallback="Pardon?", quick_replies=[]))
    assert names(local_desk.anna) == ["Harbor bot", "Sales bot"] and names(local_desk.maya) == ["Harbor bot"]
    assert heard == [["bot_created", "bot_changed"]]
    with reading() as session:
        assert [member.id for member in Member.who_see(session, bot)] == [local_desk.anna.id]


def test_a_bot_is_switched_off_and_on_once(local_desk, heard):
    for _twice in range(2):
        local_desk.bot.switch_off(by=local_desk.anna)
    assert names(local_desk.maya) == [] and names(local_desk.maya, switched_off=True) == ["Harbor bot"]
    for _twice in range(2):
        local_desk.bot.switch_on(by=local_desk.anna)
    assert names(local_desk.maya) == ["Harbor bot"]
    assert heard == [["bot_switched_off", "bot_changed"], ["bot_switched_on", "bot_changed"]]


def test_to_a_bot_that_is_off_nobody_can_write_but_a_chat_can_be_ended(local_desk):
    chat = chat_with_bot(local_desk)
    local_desk.bot.switch_off(by=local_desk.anna)
    for attempt in (lambda: chat.post_as_customer("Hello?", new_uuid()), chat.hand_off):
        with pytest.raises(BotOff):
            attempt()
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello"]
    assert chat.end().state == State.ENDED


def test_a_message_that_was_stored_before_the_bot_went_off_is_acknowledged_again(local_desk):
    chat, uuid = chat_with_bot(local_desk), new_uuid()
    stored = chat.post_as_customer("Twice", uuid)
    local_desk.bot.switch_off(by=local_desk.anna)
    assert chat.post_as_customer("Twice", uuid).id == stored.id


def test_a_deleted_bot_is_nobodys_and_cannot_come_back(local_desk, heard):
    assert local_desk.bot.delete(by=local_desk.anna)
    assert not local_desk.bot.delete(by=local_desk.anna)
    local_desk.bot.switch_on(by=local_desk.anna)
    assert names(local_desk.anna, switched_off=True) == []
    assert heard == [["bot_deleted", "bot_changed"]]


def test_the_open_chats_of_a_deleted_bot_are_closed_and_say_why(local_desk):
    chats = chat_with_bot(local_desk), held_chat(local_desk)
    with reading() as session:
        assert Chat.count_open(session, local_desk.bot) == 2
    assert Chat.close_all_of(local_desk.bot) == 2
    assert [fresh(chat).state for chat in chats] == [State.EXPIRED, State.EXPIRED]
    assert [event.particulars for event in events("chat_expired")] == [{"reason": "bot_deleted"}] * 2


def test_where_the_bot_does_not_answer_the_first_message_goes_to_the_people(local_desk):
    local_desk.bot.change(local_desk.anna, answers=False)
    with reading() as session:
        local_desk.bot = session.get(Bot, local_desk.bot.id)
    chat = chat_of(write_first(local_desk))
    assert chat.is_waiting and chat.epoch == 1
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello", "chat_handed_off"]


def test_a_chat_that_began_with_the_bot_goes_to_the_people_with_its_next_message(local_desk):
    chat = chat_with_bot(local_desk)
    change(Bot, Bot.id == local_desk.bot.id, answers=False)
    chat.post_as_customer("Still there?", new_uuid())
    assert fresh(chat).is_waiting


def test_a_person_can_be_asked_for_without_a_word_only_where_the_bot_offers_one_at_once(local_desk):
    token = new_token()
    with pytest.raises(NothingSaid):
        Chat.ask_for_human(local_desk.bot, token, Visit())
    local_desk.bot.handoff_after = 0
    chat = Chat.ask_for_human(local_desk.bot, token, Visit())
    assert chat.is_waiting and log_of(chat) == ["bot: Ahoy!", "chat_handed_off"]
    assert Chat.ask_for_human(local_desk.bot, token, Visit()).id == chat.id
