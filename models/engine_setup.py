"""How each bot's engines are set up, and what they cost: a bot keeps the setup of an engine that it no longer uses."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Date, ForeignKey, String, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Prose, now
from models.bot import Bot
from models.chat import Chat
from models.database import transaction
from models.event import Action, track
from models.sealing import seal

if TYPE_CHECKING:
    from models.member import Member


class EngineSetup(Base):
    """What one engine of a bot needs to know. Its key or secret is sealed, and shown to nobody."""

    __tablename__ = "engine_setups"

    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), primary_key=True)
    engine: Mapped[str] = mapped_column(String(20), primary_key=True)
    options: Mapped[dict] = mapped_column(default=dict)
    sealed_secret: Mapped[Prose] = mapped_column(default="")

    @staticmethod
    def of(session: Session, bot: Bot, engine: str) -> "EngineSetup":
        """The setup of an engine; an empty one that is not stored where there is none."""
        stored = session.get(EngineSetup, (bot.id, engine))
        return stored or EngineSetup(bot_id=bot.id, engine=engine, options={}, sealed_secret="")


def choose_engine(bot: Bot, by: "Member", engine: str, options: dict | None = None, secret: str = "") -> None:
    """Have `bot` answer with `engine` from now on, set up with `options` and `secret`; '' keeps the secret it has.

    What differs is tracked; of a secret, only that it is another one.
    """
    with transaction() as session:
        setup = session.merge(EngineSetup.of(session, bot, engine))
        changed = [name for name, value in (options or {}).items() if setup.options.get(name) != value]
        changed += ["engine"] * (bot.engine != engine) + ["secret"] * bool(secret)
        if not changed:
            return
        setup.options = {**setup.options, **(options or {})}
        setup.sealed_secret = seal(secret) if secret else setup.sealed_secret
        session.execute(update(Bot).where(Bot.id == bot.id).values(engine=engine))
        track(session, Action.ENGINE_CHANGED, by=by, bot=bot.id, engine=engine, changed=changed)


class TokenUse(Base):
    """How many tokens a model was paid for in a chat on a day (in UTC)."""

    __tablename__ = "token_use"

    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    tokens: Mapped[int]

    @staticmethod
    def add(chat: Chat, tokens: int) -> None:
        """Count what an answer has cost, also one that nobody gets to read."""
        row = {"chat_id": chat.id, "day": now().date(), "tokens": tokens}
        with transaction() as session:
            insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
            session.execute(insert(TokenUse).values(row).on_conflict_do_update(
                index_elements=["chat_id", "day"], set_={"tokens": TokenUse.tokens + tokens}))

    @staticmethod
    def in_chat(session: Session, chat: Chat) -> int:
        """What a chat has cost so far."""
        return session.scalar(select(func.coalesce(func.sum(TokenUse.tokens), 0)).where(TokenUse.chat_id == chat.id))

    @staticmethod
    def today(session: Session, bot_id: int) -> int:
        """What all chats of a bot have cost today."""
        of_bot = select(func.coalesce(func.sum(TokenUse.tokens), 0)).join(Chat, Chat.id == TokenUse.chat_id)
        return session.scalar(of_bot.where(TokenUse.day == now().date(), Chat.bot_id == bot_id))
