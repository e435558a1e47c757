"""How far each side has read: marks that only move forward."""

import pytest
from sqlalchemy import select

from models import Chat, SeenMark, Side, reading
from models.seen import mark_seen, seen, unread_counts, unread_in
from tests.models.chats import chat_with_bot, fresh, held_chat, log_of, rows, waiting_chat
from tests.people import new_uuid


def marks(chat) -> dict[Side, int]:
    with reading() as session:
        return {side: seen(session, chat.id, side) for side in Side}


def unread(*conditions) -> dict[int, int]:
    with reading() as session:
        counts = unread_counts(session, *conditions)
        asked = session.scalars(select(Chat.id).where(*conditions)).all()
        assert unread_in(session.connection(), asked) == counts
        return counts


def test_nothing_is_seen_before_anybody_looks(local_desk):
    assert marks(waiting_chat(local_desk)) == {Side.CUSTOMER: 0, Side.MEMBERS: 0}


@pytest.mark.parametrize("side, kind", [(Side.CUSTOMER, "seen_by_customer"), (Side.MEMBERS, "seen_by_members")])
def test_a_mark_moves_and_the_other_side_is_told(local_desk, heard, side, kind):
    chat = waiting_chat(local_desk)
    assert mark_seen(chat, side, 2)
    assert mark_seen(chat, side, 3)
    assert marks(chat) == {Side.CUSTOMER: 0, Side.MEMBERS: 0, side: 3}
    assert heard[-2:] == [[kind], [kind]]


@pytest.mark.parametrize("seq", [3, 2, 0])
def test_a_mark_that_does_not_move_is_told_to_nobody(local_desk, heard, seq):
    chat = waiting_chat(local_desk)
    mark_seen(chat, Side.MEMBERS, 3)
    told = len(heard)
    assert not mark_seen(chat, Side.MEMBERS, seq)
    assert (marks(chat)[Side.MEMBERS], len(heard)) == (3, told)


def test_nobody_sees_what_is_not_written_yet(local_desk):
    chat = waiting_chat(local_desk)
    assert mark_seen(chat, Side.CUSTOMER, 10**12)
    assert marks(chat)[Side.CUSTOMER] == chat.seq
    chat.post_as_member(local_desk.maya, "Hi", new_uuid())
    assert mark_seen(chat, Side.CUSTOMER, 10**12)
    assert marks(chat)[Side.CUSTOMER] == chat.seq + 2


def test_a_mark_is_no_entry_of_the_log(local_desk):
    chat = waiting_chat(local_desk)
    before = log_of(chat)
    mark_seen(chat, Side.MEMBERS, 2)
    assert (log_of(chat), fresh(chat).seq, rows(SeenMark)) == (before, chat.seq, 1)


def test_marks_belong_to_one_chat(local_desk):
    one, other = waiting_chat(local_desk), waiting_chat(local_desk)
    mark_seen(one, Side.MEMBERS, 2)
    assert marks(other)[Side.MEMBERS] == 0


def test_unread_is_what_the_customer_wrote_since_the_team_looked(local_desk):
    chat = held_chat(local_desk)
    assert unread(Chat.id == chat.id) == {chat.id: 1}
    mark_seen(chat, Side.MEMBERS, chat.seq)
    assert unread(Chat.id == chat.id) == {}
    for said in ("Still there?", "Hello?"):
        chat.post_as_customer(said, new_uuid())
    chat.post_as_member(local_desk.maya, "Yes.", new_uuid())
    assert unread(Chat.id == chat.id) == {chat.id: 2}


def test_what_the_customer_saw_does_not_count_for_the_team(local_desk):
    chat = held_chat(local_desk)
    mark_seen(chat, Side.CUSTOMER, chat.seq)
    assert unread(Chat.id == chat.id) == {chat.id: 1}


def test_unread_counts_only_the_chats_that_were_asked_for(local_desk):
    chat, _other = held_chat(local_desk), held_chat(local_desk)
    chat_with_bot(local_desk)
    assert unread(Chat.id == chat.id) == {chat.id: 1}
    assert len(unread(Chat.bot_id == local_desk.bot.id, Chat.state == "live")) == 2
