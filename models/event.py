"""The event log: what happened, who did it, when. Transcript lines, catch-up and audit all read it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Base, Created, PrimaryKey
from models.database import announce

if TYPE_CHECKING:
    from models.member import Member


class Action(StrEnum):
    """Everything that is tracked. Grammar: thing_past-participle."""

    HUMAN_OFFERED = "human_offered"
    CHAT_HANDED_OFF = "chat_handed_off"
    CHAT_ASSIGNED = "chat_assigned"
    CHAT_HANDED_BACK = "chat_handed_back"
    CHAT_DELAYED = "chat_delayed"
    MEMBERS_CALLED = "members_called"
    EMAIL_LEFT = "email_left"
    CHAT_RESOLVED = "chat_resolved"
    CHAT_ENDED = "chat_ended"
    CHAT_EXPIRED = "chat_expired"
    CUSTOMER_IDENTIFIED = "customer_identified"
    FEEDBACK_LEFT = "feedback_left"
    BOT_CREATED = "bot_created"
    BOT_CHANGED = "bot_changed"
    BOT_SWITCHED_OFF = "bot_switched_off"
    BOT_SWITCHED_ON = "bot_switched_on"
    BOT_DELETED = "bot_deleted"
    MAIL_SERVER_CHANGED = "mail_server_changed"
    MAIL_SERVER_REMOVED = "mail_server_removed"
    ENTRY_ADDED = "entry_added"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_REMOVED = "entry_removed"
    KNOWLEDGE_IMPORTED = "knowledge_imported"
    DOCUMENT_REMOVED = "document_removed"
    QUESTION_DISMISSED = "question_dismissed"
    ENGINE_CHANGED = "engine_changed"
    INVITATION_ADDED = "invitation_added"
    INVITATION_CHANGED = "invitation_changed"
    INVITATION_MOVED = "invitation_moved"
    INVITATION_REMOVED = "invitation_removed"
    WORKSPACE_FOUNDED = "workspace_founded"
    MEMBER_INVITED = "member_invited"
    INVITE_RENEWED = "invite_renewed"
    INVITE_REVOKED = "invite_revoked"
    MEMBER_JOINED = "member_joined"
    MEMBER_ADDED = "member_added"
    MEMBER_CHANGED = "member_changed"
    MEMBER_RENAMED = "member_renamed"
    MEMBER_DISABLED = "member_disabled"
    MEMBER_ENABLED = "member_enabled"
    MEMBER_REMOVED = "member_removed"
    RESET_LINK_MADE = "reset_link_made"
    PASSWORD_CHANGED = "password_changed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    OTHERS_SIGNED_OUT = "others_signed_out"


class Event(Base):
    """One fact. Those of a chat carry its next `seq`, in one numbering with its messages."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("chat_id", "seq"),
        # The audit page asks for these, and a busy desk has a thousand events of chats to each of them.
        Index("ix_events_of_no_chat", "id", sqlite_where=text("chat_id IS NULL"),
              postgresql_where=text("chat_id IS NULL")),
    )

    id: Mapped[PrimaryKey]
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    seq: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    particulars: Mapped[dict] = mapped_column(default=dict)
    created_at: Mapped[Created]

    member: Mapped["Member | None"] = relationship(lazy="joined", viewonly=True)


@dataclass(frozen=True)
class Notice:
    """Something screens should hear of that is no part of the log: a mark that moved, a page that changed."""

    kind: str
    chat_id: int | None = None
    bot_id: int | None = None
    member_id: int | None = None
    sign_in_id: int | None = None


def track(session: Session, action: Action, *, chat_id=None, seq=None, by=None, **particulars) -> Event:
    """Add the event of a change to the change's own transaction, and have it announced after the commit.

    `by` is the Member who acted, or None for the customer, the bot and the command line.
    """
    event = Event(chat_id=chat_id, seq=seq, action=action, member_id=by and by.id, particulars=particulars)
    set_committed_value(event, "member", by)
    session.add(event)
    announce(session, event)
    return event
