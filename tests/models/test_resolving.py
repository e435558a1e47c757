"""Resolve: only the assignee closes a chat for the team."""

import pytest

from models import Event, State, reading
from models.inbox import inbox_of
from models.refusals import ChatClosed, NotAssignee
from tests.models.chats import (
    CLOSED,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    waiting_chat,
)


def test_the_assignee_resolves_the_chat(local_desk, heard):
    chat = held_chat(local_desk)
    resolved = chat.resolve(local_desk.maya)
    assert (resolved.state, resolved.is_open, resolved.assignee_id) == (State.RESOLVED, False, local_desk.maya.id)
    assert resolved.closed_at is not None
    assert (log_of(chat)[-1], heard[-1]) == ("chat_resolved", ["chat_resolved"])
    with reading() as session:
        event = session.query(Event).filter_by(chat_id=chat.id, seq=resolved.seq).one()
    assert event.member.name == "Maya Okafor"


def test_a_resolved_chat_leaves_every_dashboard(local_desk):
    held_chat(local_desk).resolve(local_desk.maya)
    with reading() as session:
        for member in (local_desk.maya, local_desk.noor):
            inbox = inbox_of(session, local_desk.bot, member)
            assert (inbox.mine, inbox.assigned, inbox.unassigned, inbox.unread) == ([], [], [], {})


def test_a_colleague_cannot_resolve_it_and_learns_who_can(local_desk, heard):
    chat = held_chat(local_desk)
    before, told = log_of(chat), len(heard)
    with pytest.raises(NotAssignee) as refusal:
        chat.resolve(local_desk.noor)
    assert refusal.value.chat.assignee_id == local_desk.maya.id
    assert (fresh(chat).state, log_of(chat), len(heard)) == (State.LIVE, before, told)


@pytest.mark.parametrize("chat_in, state", [(waiting_chat, State.LIVE), (offered_chat, State.BOT)])
def test_a_chat_that_nobody_handles_cannot_be_resolved(local_desk, chat_in, state):
    chat = chat_in(local_desk)
    with pytest.raises(NotAssignee) as refusal:
        chat.resolve(local_desk.maya)
    assert (refusal.value.chat.assignee_id, fresh(chat).state) == (None, state)


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("who", ["maya", "noor"])
def test_a_chat_is_closed_once(local_desk, state, who):
    chat = closed_chat(local_desk, state)
    before = log_of(chat)
    with pytest.raises(ChatClosed) as refusal:
        chat.resolve(getattr(local_desk, who))
    assert (refusal.value.chat.state, fresh(chat).closed_at, log_of(chat)) == (state, chat.closed_at, before)
