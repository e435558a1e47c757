"""The inbox: which chats a member finds, in which list and order, at what cost."""

from datetime import timedelta

from models import Chat, Side, State, now, reading
from models.inbox import chat_of, digests, inbox_of, past_chats, queue, waiting_before, waiting_counts
from models.secret import new_token
from models.seen import mark_seen
from tests.models.chats import (
    CLOSED,
    change,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    offered_chat,
    waiting_chat,
)


def ids(chats) -> list[int]:
    return [chat.id for chat in chats]


def inbox(desk, member, bot=None):
    with reading() as session:
        return inbox_of(session, bot or desk.bot, member)


def waits_for(chat: Chat, minutes: int) -> Chat:
    change(Chat, Chat.id == chat.id, handed_off_at=now() - timedelta(minutes=minutes))
    return fresh(chat)


def test_each_live_chat_is_in_one_of_three_lists(local_desk):
    mine, theirs, nobodys = held_chat(local_desk), held_chat(local_desk, local_desk.noor), waiting_chat(local_desk)
    found = inbox(local_desk, local_desk.maya)
    assert (ids(found.mine), ids(found.assigned), ids(found.unassigned)) == ([mine.id], [theirs.id], [nobodys.id])
    assert found.assigned[0].assignee.name == "Noor Haddad"
    found = inbox(local_desk, local_desk.noor)
    assert (ids(found.mine), ids(found.assigned), ids(found.unassigned)) == ([theirs.id], [mine.id], [nobodys.id])


def test_chats_with_the_bot_and_closed_chats_are_in_no_list(local_desk):
    chat_with_bot(local_desk)
    offered_chat(local_desk)
    for state in CLOSED:
        closed_chat(local_desk, state)
    found = inbox(local_desk, local_desk.maya)
    assert (found.mine, found.assigned, found.unassigned, found.unread) == ([], [], [], {})


def test_the_longest_wait_comes_first(local_desk):
    short, long, middle = (waits_for(waiting_chat(local_desk), minutes) for minutes in (1, 9, 5))
    assert ids(inbox(local_desk, local_desk.maya).unassigned) == [long.id, middle.id, short.id]
    with reading() as session:
        assert queue(session, local_desk.bot.id) == [long.id, middle.id, short.id]
        assert queue(session, local_desk.bot.id, limit=2) == [long.id, middle.id]
        assert [waiting_before(session, chat) for chat in (long, middle, short)] == [0, 1, 2]


def test_who_came_at_the_same_moment_waits_in_the_order_of_arrival(local_desk):
    same = now()
    first, second = waiting_chat(local_desk), waiting_chat(local_desk)
    change(Chat, Chat.state == State.LIVE, handed_off_at=same)
    with reading() as session:
        assert queue(session, local_desk.bot.id) == [first.id, second.id]
        assert [waiting_before(session, fresh(chat)) for chat in (first, second)] == [0, 1]


def test_the_queue_of_one_bot_does_not_lengthen_anothers(local_desk):
    waiting_chat(local_desk)
    local_desk.bot, local_desk.other_bot = local_desk.other_bot, local_desk.bot
    other = waiting_chat(local_desk)
    with reading() as session:
        assert waiting_before(session, other) == 0
        assert waiting_counts(session, [local_desk.bot, local_desk.other_bot]) == {
            local_desk.bot.id: 1, local_desk.other_bot.id: 1}
        assert waiting_counts(session, [local_desk.bot]) == {local_desk.bot.id: 1}


def test_unread_messages_are_counted_by_chat(local_desk):
    read, unread = held_chat(local_desk), held_chat(local_desk)
    chat_with_bot(local_desk)
    mark_seen(read, Side.MEMBERS, read.seq)
    assert inbox(local_desk, local_desk.maya).unread == {unread.id: 1}


def test_an_inbox_takes_two_queries_however_many_chats_there_are(local_desk, statements):
    for _ in range(3):
        held_chat(local_desk)
        waiting_chat(local_desk)
    statements.clear()
    found = inbox(local_desk, local_desk.maya)
    shown = [(chat.customer.label, chat.assignee and chat.assignee.name) for chat in found.mine + found.unassigned]
    assert (len(shown), len([asked for asked in statements if asked.startswith("SELECT")])) == (6, 2)


def test_a_chat_is_found_through_its_own_bot_only(local_desk):
    chat = waiting_chat(local_desk)
    with reading() as session:
        assert chat_of(session, local_desk.bot, chat.id).id == chat.id
        assert chat_of(session, local_desk.other_bot, chat.id) is None
        assert chat_of(session, local_desk.bot, chat.id + 1) is None


def test_a_digest_changes_with_every_entry_and_every_arrival(local_desk):
    both = [local_desk.bot.id, local_desk.other_bot.id]

    def digest():
        with reading() as session:
            return digests(session, both)

    assert digest() == {bot_id: "0:0" for bot_id in both}
    chat = waiting_chat(local_desk)
    assert digest() == {both[0]: f"1:{chat.seq}", both[1]: "0:0"}
    other = held_chat(local_desk)
    assert digest()[both[0]] == f"2:{chat.seq + other.seq}"
    chat.end()
    assert digest()[both[0]] == f"1:{other.seq}"


def test_past_chats_are_the_customers_own_newest_first(local_desk):
    token = new_token()
    old = [closed_chat(local_desk, state, token) for state in CLOSED]
    held_chat(local_desk)
    chat = chat_with_bot(local_desk, token)
    with reading() as session:
        assert ids(past_chats(session, chat)) == ids(reversed(old))
        assert ids(past_chats(session, chat, limit=1)) == [old[-1].id]
        assert past_chats(session, old[0]) == []
