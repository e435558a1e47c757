"""How far each side has read. Kept apart from the chat's row: a mark never waits for a message's lock."""

from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, String, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.chat import Chat
from models.database import announce, transact
from models.event import Notice
from models.message import Author, Message


class Side(StrEnum):
    """The two sides of a chat. The team reads as one: what one member saw, the team has seen."""

    CUSTOMER = "customer"
    MEMBERS = "members"


class SeenMark(Base):
    """That one side has seen everything up to `seq`."""

    __tablename__ = "seen_marks"

    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    seq: Mapped[int]


def mark_seen(chat: Chat, side: Side, seq: int) -> bool:
    """Move the mark of `side` up to `seq`, never beyond the chat's last number and never back.

    Returns whether it moved; only then the other side is told.
    """
    def mark(session: Session) -> bool:
        reached = min(seq, session.scalar(select(Chat.seq).where(Chat.id == chat.id)))
        insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
        moving = insert(SeenMark).values(chat_id=chat.id, side=side, seq=reached)
        moving = moving.on_conflict_do_update(index_elements=["chat_id", "side"], set_={"seq": reached},
                                              where=SeenMark.seq < reached)
        moved = session.scalar(moving.returning(SeenMark.seq)) is not None
        if moved:
            announce(session, Notice(f"seen_by_{side}", chat_id=chat.id))
        return moved

    return transact(mark)


def seen(session: Session, chat_id: int, side: Side) -> int:
    """The number up to which `side` has seen the chat; 0 when it has seen nothing."""
    return session.scalar(select(SeenMark.seq).where(SeenMark.chat_id == chat_id, SeenMark.side == side)) or 0


def seen_in(session: Session, chat_ids: list[int]) -> dict[tuple[int, str], int]:
    """By chat and side: the number up to which it was seen; what was not seen at all is left out."""
    marks = select(SeenMark.chat_id, SeenMark.side, SeenMark.seq).where(SeenMark.chat_id.in_(chat_ids))
    return {(chat_id, side): seq for chat_id, side, seq in session.execute(marks)}


_UNREAD = (
    select(Message.chat_id, func.count())
    .outerjoin(SeenMark, (SeenMark.chat_id == Message.chat_id) & (SeenMark.side == Side.MEMBERS.value))
    .where(Message.author == Author.CUSTOMER.value, Message.seq > func.coalesce(SeenMark.seq, 0))
    .group_by(Message.chat_id)
)
_UNREAD_IN = _UNREAD.where(Message.chat_id.in_(bindparam("chat_ids", expanding=True)))


def unread_in(connection: Connection, chat_ids: list[int]) -> dict[int, int]:
    """By chat: how many customer messages nobody of the team has seen. Chats without any are left out."""
    return dict(connection.execute(_UNREAD_IN, {"chat_ids": chat_ids}).all())


def unread_counts(session: Session, *which_chats) -> dict[int, int]:
    """The same for the chats that meet the conditions."""
    counts = _UNREAD.join(Chat, Chat.id == Message.chat_id).where(*which_chats)
    return dict(session.execute(counts).all())
