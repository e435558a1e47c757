"""A message: what somebody wrote in a chat. It is an entry of the chat's log by itself."""

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, Created, PrimaryKey, Prose

if TYPE_CHECKING:
    from models.chat import Chat
    from models.member import Member


class Author(StrEnum):
    """Who wrote a message. SYSTEM lines of a transcript are made from events, not stored as messages."""

    CUSTOMER = "customer"
    BOT = "bot"
    MEMBER = "member"
    SYSTEM = "system"


class Message(Base):
    """What somebody wrote, with the next number of its chat."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("chat_id", "seq"), UniqueConstraint("client_uuid", "chat_id"))

    id: Mapped[PrimaryKey]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    seq: Mapped[int]
    author: Mapped[str] = mapped_column(String(10))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    # Made by the browser that sent it: a repeated send finds it, and the page's own copy has the same id.
    client_uuid: Mapped[str | None] = mapped_column(String(36))
    text: Mapped[Prose]
    particulars: Mapped[dict] = mapped_column(default=dict)
    created_at: Mapped[Created]

    chat: Mapped["Chat"] = relationship(viewonly=True)
    member: Mapped["Member | None"] = relationship(lazy="joined", viewonly=True)


def already_stored(session: Session, chat_ids, uuid: str) -> Message | None:
    """The message that an earlier try of the same send stored; `chat_ids` is one id or a subquery of ids."""
    of_chat = Message.chat_id == chat_ids if isinstance(chat_ids, int) else Message.chat_id.in_(chat_ids)
    return session.scalars(select(Message).where(of_chat, Message.client_uuid == uuid)).first()
