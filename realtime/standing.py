"""What pages show that no number tells of: how far was read, the customer's details, how a bot looks."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Bot
from models.seen import seen_in
from realtime import fragments
from realtime.fragments import OTHER_SIDE, frame
from realtime.numbers import ids_in


def standing(session: Session, topics: list[str]) -> Iterator[tuple[str, str]]:
    """Each topic with a frame of all that its pages show without a number. Topics that have nothing are left out."""
    yield from _of_chats(session, topics)
    yield from _of_widgets(session, topics)


def _of_chats(session: Session, topics: list[str]) -> Iterator[tuple[str, str]]:
    ids = ids_in(topics, "chat")
    chats = {chat.id: chat for chat in fragments.load_all(session, list(set(ids.values())))}
    read = seen_in(session, list(chats))
    for topic, chat_id in ids.items():
        if chat_id in chats:
            chat, audience = chats[chat_id], topic.split(":")[2]
            how_far = read.get((chat_id, OTHER_SIDE[audience]), 0)
            yield topic, frame(fragments.marks(session, chat, audience, how_far), at=chat.seq)


def _of_widgets(session: Session, topics: list[str]) -> Iterator[tuple[str, str]]:
    ids = ids_in(topics, "widgets")
    bots = {bot.id: bot for bot in session.scalars(select(Bot).where(Bot.id.in_(ids.values())))}
    for topic, bot_id in ids.items():
        if bot_id in bots:
            yield topic, frame(fragments.look(session, bots[bot_id]))
