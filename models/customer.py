"""Customers: the people on the website, known by a random token that only their browser holds."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, PrimaryKey, Prose, now
from models.bot import Bot
from models.secret import digest, is_token
from models.text import clipped

REMEMBERED = timedelta(days=30)
ATTRIBUTES_LIMIT = 20


class InvalidToken(Exception):
    """A token of the wrong form, or one that has expired."""


class NotIntroduced(Exception):
    """The bot asks something before the first message, and this customer has not answered. `.bot` is the bot."""

    def __init__(self, bot: Bot):
        super().__init__(bot.key)
        self.bot = bot


class UnknownCustomer(LookupError):
    """Nobody has this token with this bot."""


@dataclass(frozen=True)
class Visit:
    """What the customer's browser and the host's page say about the customer. Nothing of it is proven."""

    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    language: str = ""
    time_zone: str = ""
    browser: str = ""
    name: str = ""
    email: str = ""
    attributes: dict = field(default_factory=dict)

    def columns(self) -> dict:
        """The columns it sets on the customer; what was not said is left as it was."""
        limits = {"page_url": 2000, "referrer": 2000, "page_title": 300, "browser": 400, "name": 120,
                  "email": 254, "language": 35, "time_zone": 60}
        said = {column: clipped(getattr(self, column), limit) for column, limit in limits.items()}
        attributes = {clipped(key, 60): clipped(_as_written(value), 200) for key, value in self.attributes.items()}
        said["attributes"] = dict(list(attributes.items())[:ATTRIBUTES_LIMIT])
        return {column: value for column, value in said.items() if value}


def _as_written(value: object) -> str | None:
    """The value of an attribute as a page spells it: true, not True. None for what goes too deep to be spelled."""
    try:
        return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return None


class Customer(Base):
    """A person on the website, with one bot."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("bot_id", "token_hash"),
        Index("uq_customers_user_id", "bot_id", "user_id", unique=True),
    )

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"))
    token_hash: Mapped[Hash]
    # Who it is on the host's server, which has signed this, and all else that it has signed (models/identity.py).
    user_id: Mapped[str | None] = mapped_column(String(120))
    verified: Mapped[dict] = mapped_column(default=dict)
    name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    page_url: Mapped[Prose] = mapped_column(default="")
    page_title: Mapped[Prose] = mapped_column(default="")
    referrer: Mapped[Prose] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(35), default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[Prose] = mapped_column(default="")
    attributes: Mapped[dict] = mapped_column(default=dict)
    # What they answered before their first message, question by question; kept apart from `attributes`, which the
    # host's page says anew with each visit.
    introduction: Mapped[dict] = mapped_column(default=dict)
    introduced_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    last_seen_at: Mapped[datetime] = mapped_column(default=now)

    @staticmethod
    def with_token(session: Session, bot: Bot, token: str) -> "Customer":
        """The customer of `bot` behind `token`.

        Raises InvalidToken (wrong form, or not seen for 30 days) or UnknownCustomer.
        """
        if not is_token(token):
            raise InvalidToken
        mine = select(Customer).where(Customer.bot_id == bot.id, Customer.token_hash == digest(token))
        customer = session.scalars(mine).first() or _with_pass(session, bot, token)
        if customer is None:
            raise UnknownCustomer
        if customer.is_forgotten:
            raise InvalidToken
        return customer

    @property
    def is_forgotten(self) -> bool:
        """Whether the token has expired: this customer was not seen for 30 days."""
        return self.last_seen_at < now() - REMEMBERED

    def is_asked(self, bot: Bot) -> bool:
        """Whether the questions of `bot` come before the first message: not for who has answered, or is known."""
        return bool(bot.introduction) and self.introduced_at is None and not self.is_verified

    @property
    def is_verified(self) -> bool:
        """Whether the host's server has said who this is."""
        return self.user_id is not None

    @property
    def is_as_signed(self) -> bool:
        """Whether it has said the name and the e-mail, too, as they stand now."""
        return self.is_verified and all(getattr(self, its) == self.verified.get(its, "") for its in ("name", "email"))

    @property
    def label(self) -> str:
        """The name, or four characters that tell this visitor from the others ("4F2A")."""
        return self.name or self.code

    @property
    def code(self) -> str:
        """Four characters that tell this visitor from the others."""
        return self.token_hash[:4].upper()


class Pass(Base):
    """One browser of a customer whom the host's server has named: its token opens what is theirs."""

    __tablename__ = "passes"
    __table_args__ = (UniqueConstraint("bot_id", "token_hash"),)

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"))
    token_hash: Mapped[Hash]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    # When the host's server last named the customer in this browser.
    renewed_at: Mapped[datetime] = mapped_column(default=now)

    @staticmethod
    def with_token(session: Session, bot: Bot, token: str) -> "Pass | None":
        """The pass of a browser, expired or not."""
        mine = select(Pass).where(Pass.bot_id == bot.id, Pass.token_hash == digest(token))
        return session.scalars(mine).first()


def _with_pass(session: Session, bot: Bot, token: str) -> Customer | None:
    """The customer whom the browser with `token` is; raises InvalidToken when it was not said for 30 days."""
    found = Pass.with_token(session, bot, token)
    if found and found.renewed_at < now() - REMEMBERED:
        raise InvalidToken
    return found and session.get(Customer, found.customer_id)


def note_visit(session: Session, customer_id: int, visit: Visit) -> None:
    """Write what `visit` says onto the customer, inside the caller's transaction; what is verified stays."""
    verified = session.scalar(select(Customer.verified).where(Customer.id == customer_id))
    columns = {column: value for column, value in visit.columns().items() if column not in verified}
    if visit.attributes and "attributes" in verified:
        columns["attributes"] = visit.columns().get("attributes", {}) | verified["attributes"]
    session.execute(update(Customer).where(Customer.id == customer_id).values(last_seen_at=now(), **columns))


def meet(session: Session, bot: Bot, token: str, visit: Visit) -> Customer:
    """The customer behind `token`, made now if nobody has it yet; inside the caller's transaction.

    A repeated first message therefore finds the customer that the lost answer made. Raises InvalidToken.
    """
    try:
        customer = Customer.with_token(session, bot, token)
    except UnknownCustomer:
        customer = Customer(bot_id=bot.id, token_hash=digest(token), **visit.columns())
        session.add(customer)
        session.flush()
    else:
        note_visit(session, customer.id, visit)
    return customer
