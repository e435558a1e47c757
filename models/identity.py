"""Customers whom the host's own server vouches for: the same person in however many browsers.

The server signs who is signed in there, and Baton believes the signature (web/signed.py checks it). A
browser's chats become that customer's, and the browser holds a pass from then on.
"""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import now
from models.bot import Bot
from models.chat import Chat
from models.customer import Customer, InvalidToken, Pass, Visit
from models.database import transaction
from models.member import Member
from models.sealing import WrongSeal, seal, unseal
from models.secret import digest, is_token, new_token

USER_ID_LIMIT = 120
# What a browser says of itself; the newest is the one that counts.
_OF_THE_BROWSER = ("page_url", "page_title", "referrer", "language", "time_zone", "browser")


@dataclass(frozen=True)
class Identity:
    """Who a customer is, as the host's server has signed it. `user_id` is its own name for them, for ever the same."""

    user_id: str
    name: str = ""
    email: str = ""
    attributes: dict = field(default_factory=dict)

    def columns(self) -> dict:
        """What it says, as customers store it; what it leaves out is not there."""
        return Visit(name=self.name, email=self.email, attributes=self.attributes).columns()


def make_secret(bot: Bot, by: Member) -> str:
    """A new secret for the host's server; the one before it signs nothing any more."""
    secret = new_token()
    bot.change(by, identity_secret=seal(secret))
    return secret


def drop_secret(bot: Bot, by: Member) -> None:
    """Believe no signature from now on. Browsers that have a pass keep it until it expires."""
    bot.change(by, identity_secret="")


def secret_of(bot: Bot) -> str | None:
    """The secret, if there is one that this deployment can read."""
    try:
        return unseal(bot.identity_secret) or None
    except WrongSeal:
        return None


def identify(bot: Bot, identity: Identity, token: str | None, fresh: str) -> bool:
    """Know the browser that has `token` (None: it has none yet) as the customer of `identity`.

    Whether it goes by the token `fresh` from now on: if it becomes somebody. A token from before could be known to
    whoever used the browser before. Raises InvalidToken.
    """
    if not is_token(fresh) or not (token is None or is_token(token)):
        raise InvalidToken
    try:
        return _identify(bot, identity, token, fresh)
    except IntegrityError:  # at the same moment in another browser
        return _identify(bot, identity, token, fresh)


def leave(bot: Bot, token: str) -> None:
    """The browser with `token` is nobody's any more. Nothing happens where it was nobody's."""
    with transaction() as session:
        held = Pass.with_token(session, bot, token)
        if held:
            _take_away(session, held)


def _identify(bot: Bot, identity: Identity, token: str | None, fresh: str) -> bool:
    with transaction() as session:
        known = select(Customer).where(Customer.bot_id == bot.id, Customer.user_id == identity.user_id)
        customer = session.scalars(known.with_for_update()).first()
        held = Pass.with_token(session, bot, token) if token else None
        becomes = not (customer and held and held.customer_id == customer.id)
        if becomes:
            customer = _let_in(session, bot, identity, customer, held, token, fresh)
        else:
            held.renewed_at = now()
        _note(customer, identity)
        session.flush()
        if becomes:
            Chat.note_identity(session, customer)
        return becomes


def _let_in(session: Session, bot: Bot, identity: Identity, customer: Customer | None, held: Pass | None,
            token: str | None, fresh: str) -> Customer:
    """Give the browser a pass, and its visitor's chats to the customer; what it held of somebody else it loses."""
    if held:
        _take_away(session, held)
    visitor = None if held or not token else _visitor(session, bot, token)
    if visitor:
        Chat.tell_token_changed(session, visitor.id)
    if customer is None:
        customer = visitor or Customer(bot_id=bot.id, token_hash="")
        # Only passes open it: nobody has the token of this digest. The visitor's code stays what it was.
        customer.token_hash = (customer.token_hash or secrets.token_hex(2))[:4] + secrets.token_hex(30)
        customer.user_id = identity.user_id
        session.add(customer)
        session.flush()
    elif visitor:
        _merge(session, visitor, customer)
    session.add(Pass(bot_id=bot.id, token_hash=digest(fresh), customer_id=customer.id))
    return customer


def _take_away(session: Session, held: Pass) -> None:
    session.execute(delete(Pass).where(Pass.id == held.id))  # another request may have been faster
    Chat.tell_token_changed(session, held.customer_id)


def _visitor(session: Session, bot: Bot, token: str) -> Customer | None:
    """Who has `token` without anybody having said who it is, and is still remembered."""
    unknown = select(Customer).where(Customer.bot_id == bot.id, Customer.token_hash == digest(token),
                                     Customer.user_id.is_(None))
    visitor = session.scalars(unknown.with_for_update()).first()
    return None if visitor is None or visitor.is_forgotten else visitor


def _merge(session: Session, visitor: Customer, customer: Customer) -> None:
    for column in _OF_THE_BROWSER:
        setattr(customer, column, getattr(visitor, column) or getattr(customer, column))
    for column in ("name", "email"):
        setattr(customer, column, getattr(customer, column) or getattr(visitor, column))
    for column in ("attributes", "introduction"):
        setattr(customer, column, getattr(customer, column) | getattr(visitor, column))
    customer.introduced_at = customer.introduced_at or visitor.introduced_at
    customer.created_at = min(customer.created_at, visitor.created_at)
    Chat.move(session, visitor.id, customer.id)
    session.delete(visitor)


def _note(customer: Customer, identity: Identity) -> None:
    customer.verified = identity.columns()
    customer.last_seen_at = now()
    for column, value in customer.verified.items():
        setattr(customer, column, customer.attributes | value if column == "attributes" else value)
