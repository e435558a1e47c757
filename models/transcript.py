"""The transcript: messages and events of a chat in the order of their numbers."""

from heapq import merge

from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from models.chat import Chat
from models.event import Event
from models.message import Author, Message

PAGE = 100

Entry = Message | Event


def entries_after(session: Session, chat: Chat, seq: int) -> list[Entry]:
    """Every entry of `chat` with a number above `seq`, in order. The chat must come from this very look."""
    def above(kind: type[Entry]) -> list[Entry]:
        return session.scalars(select(kind).where(kind.chat_id == chat.id, kind.seq > seq)).all()

    messages = above(Message)
    # Numbers have no gaps, and mostly nothing but messages was missed.
    return _in_order(messages, above(Event) if seq + len(messages) < chat.seq else [])


def last_of_each(session: Session, chat_ids: list[int], most: int) -> dict[int, list[Entry]]:
    """By chat: its last `most` numbers' entries, in order; in two queries for all of them."""
    found: dict[int, list[Entry]] = {chat_id: [] for chat_id in chat_ids}
    for kind in (Message, Event):
        late = select(kind).join(Chat, Chat.id == kind.chat_id).where(Chat.id.in_(chat_ids), kind.seq > Chat.seq - most)
        for entry in session.scalars(late):
            found[entry.chat_id].append(entry)
    return {chat_id: sorted(entries, key=lambda entry: entry.seq) for chat_id, entries in found.items()}


def last_said(session: Session, chat: Chat, author: Author, before: int | None = None) -> str:
    """The last message of `author` in `chat`, of those with a number below `before`; "" when there is none."""
    said = select(Message.text).where(Message.chat_id == chat.id, Message.author == author)
    if before is not None:
        said = said.where(Message.seq < before)
    return session.scalar(said.order_by(desc(Message.seq)).limit(1)) or ""


def last_entries(session: Session, chat: Chat, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """The last `limit` entries of `chat` with a number below `before`, in order."""
    newest = []
    for kind in (Message, Event):
        found = select(kind).where(kind.chat_id == chat.id)
        if before is not None:
            found = found.where(kind.seq < before)
        newest.append(session.scalars(found.order_by(desc(kind.seq)).limit(limit)).all())
    return _in_order(*newest)[-limit:]


def last_messages(session: Session, chat: Chat, limit: int) -> list[Message]:
    """The last `limit` messages of `chat`, in order."""
    found = select(Message).where(Message.chat_id == chat.id).order_by(desc(Message.seq)).limit(limit)
    return session.scalars(found).all()[::-1]


def unanswered(session: Session, chat: Chat) -> list[Message]:
    """The customer's messages that the bot has yet to answer, in order."""
    return list(session.scalars(select(Message).where(
        Message.chat_id == chat.id, Message.author == "customer", Message.seq > chat.answered_seq,
    ).order_by(Message.seq)))


def _in_order(*kinds: list[Entry]) -> list[Entry]:
    def number(entry: Entry) -> int:
        return entry.seq

    return list(merge(*(sorted(entries, key=number) for entries in kinds), key=number))
