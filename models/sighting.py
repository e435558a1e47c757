"""Where the chat was seen: the websites that loaded it, so that the host sees that the tag works."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, PrimaryKey, now
from models.bot import Bot
from models.database import transaction

# Anybody can pretend to be any website, so what is kept is bounded.
KEPT = 50


class Seen(NamedTuple):
    """That a website loaded the chat: `opened` when its window was loaded too, not only the button."""

    origin: str
    at: datetime
    opened: bool


class Sighting(Base):
    """A website that loaded a bot's chat; without a bot, one that loaded the script."""

    __tablename__ = "sightings"

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int | None] = mapped_column(ForeignKey("bots.id"), index=True)
    origin: Mapped[str] = mapped_column(String(220))
    seen_at: Mapped[datetime] = mapped_column(default=now)

    @staticmethod
    def note(bot: Bot | None, origin: str) -> None:
        """Note that `origin` has just loaded the chat of `bot`, or the script."""
        bot_id = bot and bot.id
        of_bot = Sighting.bot_id.is_(None) if bot_id is None else Sighting.bot_id == bot_id
        with transaction() as session:
            known = update(Sighting).where(of_bot, Sighting.origin == origin).values(seen_at=now())
            # Two processes may add the same one at the same moment: readers take the latest of them.
            if session.execute(known).rowcount == 0:
                newest = select(Sighting.id).where(of_bot).order_by(Sighting.seen_at.desc()).limit(KEPT - 1)
                session.execute(delete(Sighting).where(of_bot, Sighting.id.not_in(session.scalars(newest).all())))
                session.add(Sighting(bot_id=bot_id, origin=origin))

    @staticmethod
    def of(session: Session, bot: Bot) -> list[Seen]:
        """The websites that loaded the chat of `bot`, the latest first; and those that loaded only the script."""
        latest = select(Sighting.origin, func.max(Sighting.seen_at), func.max(Sighting.bot_id)).where(
            or_(Sighting.bot_id == bot.id, Sighting.bot_id.is_(None))).group_by(Sighting.origin)
        found = (Seen(origin, at, bot_id is not None) for origin, at, bot_id in session.execute(latest))
        return sorted(found, key=lambda seen: seen.at, reverse=True)
