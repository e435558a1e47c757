"""The customer's own chat: found, and written to, by the key of its bot and the token of its customer.

Nearly every request of a customer begins here. So it is one question for all that screens show of the chat, and where
the database has it, one statement that also stores what they wrote.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, true

from models.base import Instant, now
from models.bot import Bot
from models.chat import Chat, State, message_in
from models.customer import REMEMBERED, Customer, Pass
from models.database import in_one
from models.member import Member
from models.message import Author, Message
from models.saying import Saying, asked, columns_of
from models.text import clean, clean_uuid

_SHOWN = (Chat, Customer, Bot, Member)
_PARTS = [(kind, tuple(kind.__table__.columns.keys())) for kind in _SHOWN]
_CHATS, _CUSTOMERS, _BOTS, _MEMBERS = (kind.__table__ for kind in _SHOWN)

_SINCE = bindparam("since", type_=Instant)
_HAS_PASS = exists().where(Pass.token_hash == bindparam("token_hash"), Pass.customer_id == Customer.id,
                           Pass.renewed_at > _SINCE).correlate(_CUSTOMERS)
_IS_OWN = and_(or_(_CUSTOMERS.c.token_hash == bindparam("token_hash"), _HAS_PASS), _BOTS.c.key == bindparam("key"),
               _BOTS.c.deleted_at.is_(None))

_FIND = (
    select(_CHATS, _CUSTOMERS, _BOTS, _MEMBERS)
    .select_from(_CHATS.join(_CUSTOMERS, _CHATS.c.customer_id == _CUSTOMERS.c.id)
                 .join(_BOTS, _CHATS.c.bot_id == _BOTS.c.id).outerjoin(_MEMBERS, _CHATS.c.assignee_id == _MEMBERS.c.id))
    .where(_CHATS.c.id == bindparam("chat_id"), _IS_OWN)
)

# Only where nothing else changes: where no bot answers, the chat is handed off with the message.
_GOES_ON = or_(_CHATS.c.state == State.LIVE.value, and_(_CHATS.c.state == State.BOT.value, _BOTS.c.answers))
_SAYS = Saying(_CHATS, Author.CUSTOMER, _CHATS.c.customer_id == _CUSTOMERS.c.id, _CHATS.c.bot_id == _BOTS.c.id, _IS_OWN,
               _CUSTOMERS.c.last_seen_at > _SINCE, _BOTS.c.switched_off_at.is_(None), _GOES_ON,
               last_customer_seq=_CHATS.c.seq + 1)
_ROOM, _STORED = _SAYS.in_one(*_CHATS.c)
_SAY = (
    select(_STORED.c.id, *_ROOM.c, _CUSTOMERS, _BOTS, _MEMBERS)
    .select_from(_ROOM.join(_STORED, true()).join(_CUSTOMERS, _ROOM.c.customer_id == _CUSTOMERS.c.id)
                 .join(_BOTS, _ROOM.c.bot_id == _BOTS.c.id).outerjoin(_MEMBERS, _ROOM.c.assignee_id == _MEMBERS.c.id))
)


class Own(NamedTuple):
    """What a customer's request says of their chat. Nothing of it is proven until the chat is found by it."""

    key: str
    token_hash: str
    chat_id: int

    def asked(self) -> dict:
        """The parameters of a question for the chat."""
        return {**self._asdict(), "since": now() - REMEMBERED}


def own_chat(connection: Connection, own: Own) -> Chat | None:
    """The chat, if it is that customer's, with its bot, customer and assignee; in one query."""
    row = connection.execute(_FIND, own.asked()).first()
    return row and _chat_in(row)


def say_in_own_chat(own: Own, said: str, uuid: str) -> Message | None:
    """Store what a customer wrote, in one statement with the look whether the chat is theirs.

    None, and nothing is done, where something is not as with nearly every message, or the database cannot do it: then
    the chat is to be found, and `Chat.post_as_customer` to be called. Raises InvalidText or InvalidUuid.
    """
    columns = columns_of(own.chat_id, Author.CUSTOMER, clean(said), client_uuid=clean_uuid(uuid))

    def say(connection: Connection) -> Message | None:
        row = connection.execute(_SAY, asked(columns) | own.asked()).first()
        return row and message_in(_chat_in(row[1:]), columns | {"id": row[0], "seq": row.seq})

    return in_one(say)


def _chat_in(row: Iterable) -> Chat:
    values = iter(row)
    chat, customer, bot, assignee = (kind.known_as({name: next(values) for name in names}) for kind, names in _PARTS)
    chat.__dict__.update(customer=customer, bot=bot, assignee=assignee if assignee.id else None)
    return chat
