"""How a message is stored: first room for it, under the next number of its chat, then the message itself."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import CTE, Column, Connection, Table, bindparam, insert, literal, select, true, type_coerce, update

from models.base import now
from models.message import Author, Message

_MESSAGES = Message.__table__
_STORE = insert(_MESSAGES)
# What a message changes of its chat.
_CHANGED = ("seq", "state", "assignee_id", "last_text", "last_author", "last_message_at")


class Stored(NamedTuple):
    """A message that is stored, by its columns, and those of its chat that it has changed."""

    message: dict
    chat: dict


class Saying:
    """Stores what one kind of author says in chats that meet the conditions; `values` are changed with it.

    Its statements are put together once: that costs more than running them.
    """

    def __init__(self, chats: Table, author: Author, *conditions, **values):
        self._author = author
        said = {"last_text": bindparam("beginning"), "last_author": author.value,
                "last_message_at": bindparam("said_at")}
        self._room = (update(chats).where(chats.c.id == bindparam("chat_id"), *conditions)
                      .values(seq=chats.c.seq + 1, **said, **values))
        changed = [chats.c[name] for name in _CHANGED]
        self._make_room = self._room.returning(*changed)
        room, stored = self.in_one(*changed)
        self._do_both = select(stored.c.id, room).select_from(room.join(stored, true()))

    def store(self, connection: Connection, chat_id: int, said: str, **columns) -> Stored | None:
        """One more message; None, and nothing is done, when the chat does not meet the conditions."""
        message = columns_of(chat_id, self._author, said, **columns)
        room = connection.execute(self._make_room, asked(message)).first()
        return room and Stored(store_message(connection, message | {"seq": room.seq}), _changed(room))

    def store_in_one(self, connection: Connection, chat_id: int, said: str, **columns) -> Stored | None:
        """The same in one statement, for databases that have it."""
        message = columns_of(chat_id, self._author, said, **columns)
        both = connection.execute(self._do_both, asked(message)).first()
        return both and Stored(message | {"id": both[0], "seq": both.seq}, _changed(both[1:]))

    def in_one(self, *columns: Column) -> tuple[CTE, CTE]:
        """Both steps, to be parts of one statement: the room, with these columns of the chat, and the message's id."""
        room = self._room.returning(*columns).cte("room")
        message = {"chat_id": bindparam("chat_id"), "seq": room.c.seq, "author": literal(self._author.value),
                   "member_id": bindparam("member_id"), "client_uuid": bindparam("uuid"), "text": bindparam("said"),
                   "particulars": literal({}), "created_at": bindparam("said_at")}
        values = [type_coerce(value, _MESSAGES.c[name].type) for name, value in message.items()]
        store = insert(_MESSAGES).from_select(list(message), select(*values))
        return room, store.returning(_MESSAGES.c.id).cte("stored")


def columns_of(chat_id: int, author: Author, said: str, member_id: int | None = None, client_uuid: str | None = None,
               particulars: dict | None = None) -> dict:
    """The columns of a message but its numbers."""
    return {"chat_id": chat_id, "author": author.value, "member_id": member_id, "client_uuid": client_uuid,
            "text": said, "particulars": particulars or {}, "created_at": now()}


def store_message(connection: Connection, columns: dict) -> dict:
    """Store a message for which there is room; its columns, with its id."""
    return columns | {"id": connection.execute(_STORE, columns).inserted_primary_key.id}


def beginning_of(said: str) -> str:
    """As much of what was said as lists show."""
    return said[:200]


def asked(message: dict) -> dict:
    """The parameters of a statement that stores a message with these columns."""
    return {"chat_id": message["chat_id"], "beginning": beginning_of(message["text"]), "said_at": message["created_at"],
            "said": message["text"], "member_id": message["member_id"], "uuid": message["client_uuid"]}


def _changed(values: Iterable) -> dict:
    return dict(zip(_CHANGED, values, strict=True))
