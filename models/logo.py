"""The logo of a bot: a small picture, kept in the database so that a backup holds it."""

import base64
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Prose
from models.bot import Bot
from models.database import transaction
from models.secret import digest

if TYPE_CHECKING:
    from models.member import Member


class Logo(Base):
    """The picture of one bot, as base64: backups are lines of text."""

    __tablename__ = "logos"

    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), primary_key=True)
    content: Mapped[Prose]

    @staticmethod
    def of(session: Session, bot: Bot) -> bytes | None:
        """The picture (WebP) of `bot`."""
        logo = session.get(Logo, bot.id)
        return logo and base64.b64decode(logo.content)

    @staticmethod
    def put(bot: Bot, picture: bytes, by: "Member") -> None:
        """Make `picture` (WebP) the logo of `bot`; open widgets show it at once."""
        content = base64.b64encode(picture).decode()
        with transaction() as session:
            _take_away(session, bot)
            session.add(Logo(bot_id=bot.id, content=content))
            _note(session, bot, by, digest(content)[:12])

    @staticmethod
    def remove(bot: Bot, by: "Member") -> None:
        """Take the logo of `bot` away; without one this changes nothing."""
        with transaction() as session:
            if _take_away(session, bot):
                _note(session, bot, by, "")


def _take_away(session: Session, bot: Bot) -> bool:
    return session.execute(delete(Logo).where(Logo.bot_id == bot.id)).rowcount > 0


def _note(session: Session, bot: Bot, by: "Member", version: str) -> None:
    # The version stands in the picture's address, so that browsers may keep it for ever.
    session.execute(update(Bot).where(Bot.id == bot.id).values(logo=version))
    bot.note_change(session, by, ["logo"])
