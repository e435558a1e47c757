"""A bot: an assistant with a name, a look, knowledge and a public key."""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Name, PrimaryKey, Prose
from models.database import announce, transaction
from models.event import Action, Notice, track

if TYPE_CHECKING:
    from models.member import Member

HANDOFF_AFTER = 2


def new_key() -> str:
    """A public key for a bot: 12 random characters that a URL takes as they are."""
    return secrets.token_hex(6)


class Bot(Base):
    """An assistant on a website, with a dashboard of its own."""

    __tablename__ = "bots"

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), index=True)
    key: Mapped[str] = mapped_column(String(40), unique=True, default=new_key)
    name: Mapped[Name]
    accent: Mapped[str] = mapped_column(String(7), default="#0f766e")
    language: Mapped[str] = mapped_column(String(35), default="en")
    engine: Mapped[str] = mapped_column(String(20), default="knowledge")
    welcome: Mapped[Prose]
    fallback: Mapped[Prose]
    quick_replies: Mapped[list] = mapped_column(default=list)
    handoff_after: Mapped[int | None] = mapped_column(default=HANDOFF_AFTER)
    allowed_origins: Mapped[list] = mapped_column(default=list)
    created_at: Mapped[Created]
    switched_off_at: Mapped[datetime | None]

    @staticmethod
    def with_key(session: Session, key: str) -> "Bot | None":
        """The bot that answers on websites under `key`; one that is switched off is not found."""
        return session.scalars(select(Bot).where(Bot.key == key, Bot.switched_off_at.is_(None))).first()

    def change(self, by: "Member", **values) -> None:
        """Set columns of this bot; what differs is tracked, and every open screen is told."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        if not changed:
            return
        with transaction() as session:
            session.execute(update(Bot).where(Bot.id == self.id).values({name: values[name] for name in changed}))
            track(session, Action.BOT_CHANGED, by=by, bot=self.id, changed=changed)
            announce(session, Notice("bot_changed", bot_id=self.id))

    def offers_human(self, answered: int) -> bool:
        """Whether **Talk to a human** shows after `answered` answered customer messages."""
        return self.handoff_after is not None and answered >= self.handoff_after


class KnowledgeEntry(Base):
    """One question with its answer, written by the host."""

    __tablename__ = "knowledge_entries"

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), index=True)
    question: Mapped[Prose]
    alternatives: Mapped[list] = mapped_column(default=list)
    answer: Mapped[Prose]
    quick_replies: Mapped[list] = mapped_column(default=list)
    created_at: Mapped[Created]

    @staticmethod
    def of(session: Session, bot: Bot) -> list["KnowledgeEntry"]:
        """Everything `bot` knows, oldest first."""
        entries = select(KnowledgeEntry).where(KnowledgeEntry.bot_id == bot.id).order_by(KnowledgeEntry.id)
        return list(session.scalars(entries))
