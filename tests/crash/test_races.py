"""Races: whoever collides, the database decides, once; the losers read what the chat looks like now."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

import models
from models import Event, Feedback, reading
from tests.conftest import add_member
from tests.crash.account import stored_logs
from tests.crash.crowd import Pass
from tests.crash.racing import Arena, Chat

MEMBERS = 20
CHATS, SOAK_CHATS = 30, 200
AT_ONCE = 5
CLOSINGS = {"chat_resolved", "chat_ended", "chat_expired"}


def test_every_pair_that_can_collide_has_one_outcome(server, calm_desk, soaking, tell):
    team = [add_member(calm_desk.bot.workspace_id, f"Member {number}", calm_desk.bot) for number in range(MEMBERS)]
    with ThreadPoolExecutor(4) as threads:
        passes = list(threads.map(lambda member: Pass(server, member), team))
    arena = Arena(server.port, calm_desk.bot.key, passes)
    asyncio.run(fight(arena, SOAK_CHATS if soaking else CHATS))
    tell(f"{MEMBERS} members, {len(arena.holders)} chats taken: {arena}")
    check_logs(arena)
    check_once(arena)
    assert arena.refused.total() > 20 * len(arena.holders), "there were collisions"


async def fight(arena: Arena, chats: int) -> None:
    """Every chat from its first message to what stale pages try after its end, some chats at once."""
    few = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: int) -> None:
        async with few:
            await one_chat(arena, number)

    await asyncio.gather(*(in_turn(number) for number in range(chats)))
    arena.close()


async def one_chat(arena: Arena, number: int) -> None:
    chat = Chat(arena)
    await chat.begins()
    if number % 6 == 5:
        await arena.collide("handoff/end", chat.state, chat.customer(0, "handoff"), chat.customer(1, "closure"))
    else:
        handoffs = await arena.collide("handoff/handoff", "", chat.customer(0, "handoff"), chat.customer(1, "handoff"))
        assert all(answer.ok for answer in handoffs), "pressing twice is one handoff and no error"
        await ended(arena, number, chat, await chat.is_taken())
    await arena.collide("feedback/feedback", "", *(
        chat.customer(tab, "feedback", rating=rating) for tab, rating in ((0, 1), (1, 5), (0, 3))))
    await stale_pages(arena, chat)
    chat.close()


async def ended(arena: Arena, number: int, chat: Chat, holder: Pass) -> None:
    """One of the ways in which a closing collides with something."""
    others = [own for own in arena.team if own is not holder][:5]
    ways = {
        "end/resolve": lambda: [chat.customer(0, "closure", rating=4), chat.member_resolves(holder)],
        "resolve/resolve": lambda: [chat.member_resolves(own) for own in (holder, holder, *others)],
        "message/resolve": lambda: [chat.customer_writes(0, "one"), chat.member_resolves(holder),
                                    chat.customer_writes(1, "two")],
        "message/end": lambda: [chat.member_writes(holder, "three"), chat.customer(0, "closure"),
                                chat.member_writes(holder, "four")],
        "end/end": lambda: [chat.customer(0, "closure", rating=1), chat.customer(1, "closure", rating=2)],
    }
    pair = list(ways)[number % 6]
    answers = await arena.collide(pair, chat.state, *ways[pair]())
    assert any(answer.ok for answer in answers), f"{pair}: nobody won"


async def stale_pages(arena: Arena, chat: Chat) -> None:
    """Pages that still show an open chat: each is refused, and shown the end."""
    answers = await arena.collide(
        "stale page", chat.state, chat.customer_writes(0, "late"), chat.customer(1, "handoff"),
        chat.customer(0, "closure"), *(chat.member_writes(own, "late") for own in arena.team[:5]),
        *(chat.member_resolves(own) for own in arena.team[:5]))
    assert not any(answer.ok for answer in answers)


def check_logs(arena: Arena) -> None:
    """Each log has every number once, and exactly the texts that were acknowledged."""
    for chat_id, log in stored_logs(arena.acknowledged).items():
        assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
        written = Counter(entry.text for entry in log if entry.author in ("customer", "member"))
        greetings = Counter(text for text in written if text.startswith("Hello "))
        assert written - greetings == Counter(arena.acknowledged[chat_id])


def check_once(arena: Arena) -> None:
    """No chat has two assignees, handoffs, closings or ratings; each has the assignee who was told so."""
    with reading() as session:
        chats = session.scalars(select(models.Chat).where(models.Chat.id.in_(arena.holders))).all()
        events = session.execute(select(Event.chat_id, Event.action).where(Event.chat_id.is_not(None))).all()
        ratings = session.scalars(select(Feedback.chat_id)).all()
    assert {chat.id: chat.assignee_id for chat in chats} == arena.holders
    closings = Counter(chat_id for chat_id, action in events if action in CLOSINGS)
    assert set(closings.values()) == {1} and set(arena.holders) <= set(closings)
    for action in ("chat_handed_off", "chat_assigned"):
        assert set(Counter(chat_id for chat_id, done in events if done == action).values()) == {1}
    assert set(Counter(ratings).values()) == {1}
