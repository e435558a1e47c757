"""Fills a database fast: a team with its bot, and chats by the hundred thousand, as verbs would have left them."""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, String, Table, cast, func, insert, select, text
from sqlalchemy.orm import Session

from models import (
    Action,
    Author,
    Bot,
    BotAccess,
    Chat,
    Customer,
    Event,
    Member,
    Message,
    State,
    Workspace,
    close_database,
    now,
    open_database,
    transaction,
)
from models.member import hash_password
from models.schema import bring_up_to_date
from models.secret import digest, new_token

PASSWORD = "correct horse battery"
MADE_ONE_BY_ONE = 2_000
# Who wrote which message of a chat: two questions to the bot, then a person.
AUTHORS = (Author.BOT, Author.CUSTOMER, Author.BOT, Author.CUSTOMER, Author.BOT)
WORDS = (
    "Where is my order? It should have come on Friday, and I need it for the weekend.",
    "Your parcel left our shop yesterday. It should be with you within two days.",
    "The zip of my jacket is stuck, and soap did not help.",
    "Could you send me a picture of it? Then I can see whether we repair it here.",
    "Thank you!",
)


@dataclass
class Desk:
    """A bot with its team. `emails` all have the password `PASSWORD`."""

    bot: Bot
    members: list[Member]

    @property
    def emails(self) -> list[str]:
        """What the members sign in with."""
        return [member.email for member in self.members]


@dataclass
class SeededChat:
    """A chat, and the token of its customer."""

    id: int
    token: str


@contextmanager
def database(url: str) -> Iterator[None]:
    """The database at `url`, open in this process and of this version."""
    open_database(url)
    try:
        bring_up_to_date()
        yield
    finally:
        close_database()


def make_desk(members: int = 5) -> Desk:
    """A bot of its own, with its members, in the open database."""
    with transaction() as session:
        workspace = session.scalars(select(Workspace)).first() or Workspace(name="Bench")
        session.add(workspace)
        session.flush()
        bot = Bot(workspace_id=workspace.id, name="Harbor", welcome="Hello! How can I help?", fallback="Pardon?",
                  quick_replies=["Opening hours"])
        team = [Member(workspace_id=workspace.id, name=f"Member {number}", email=f"{secrets.token_hex(6)}@example.com",
                       role="member", all_bots=False, password_hash=_hash()) for number in range(members)]
        session.add_all([bot, *team])
        session.flush()
        session.add_all(BotAccess(member_id=member.id, bot_id=bot.id) for member in team)
    return Desk(bot, team)


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def add_chats(desk: Desk, count: int, state: State = State.LIVE, messages: int = 6) -> list[SeededChat]:
    """Store `count` chats with `messages` messages each, evenly over the team.

    LIVE ones are assigned, RESOLVED ones closed; BOT ones hold a question with its answer, whatever `messages` is.
    """
    with transaction() as session:
        rows = _Rows(session, desk, state, messages)
        chats = [rows.add(number) for number in range(count)]
        rows.store()
    return chats


def add_closed_chats(desk: Desk, count: int, messages: int) -> None:
    """Store `count` resolved chats: a few thousand are made, the others are copies, which the database makes itself.

    Nobody knows the tokens of the copies' customers.
    """
    made = add_chats(desk, min(count, MADE_ONE_BY_ONE), State.RESOLVED, messages)
    for shift in range(len(made), count, len(made)):
        last = made[0].id + min(len(made), count - shift) - 1
        with transaction() as session:
            _copy(session, Chat.id.between(made[0].id, last), shift)


def _copy(session: Session, chats: ColumnElement[bool], shift: int) -> None:
    """Copy chats with their customers and logs; ids of chats and customers rise by `shift`."""
    ids, customers = select(Chat.id).where(chats), select(Chat.customer_id).where(chats)
    # Cut to make room for what makes it another one.
    token_hash = func.substr(Customer.token_hash, 1, 50).concat(cast(Customer.id + shift, String))
    for kind, which, changed in (
        (Customer, Customer.id.in_(customers), {"id": Customer.id + shift, "token_hash": token_hash}),
        (Chat, chats, {"id": Chat.id + shift, "customer_id": Chat.customer_id + shift}),
        (Message, Message.chat_id.in_(ids), {"id": None, "chat_id": Message.chat_id + shift}),
        (Event, Event.chat_id.in_(ids), {"id": None, "chat_id": Event.chat_id + shift}),
    ):
        columns = {column.name: changed.get(column.name, column) for column in kind.__table__.columns
                   if changed.get(column.name, column) is not None}
        copies = select(*columns.values()).where(which).order_by(kind.id)
        session.execute(insert(kind.__table__).from_select(list(columns), copies, include_defaults=False))
    _note_ids(session)


def _note_ids(session: Session) -> None:
    """Tell PostgreSQL's counters of ids that were given out here; SQLite looks by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for name in (Customer.__tablename__, Chat.__tablename__):
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))


class _Rows:
    """Rows of many chats, stored at once. It gives out the ids of chats and customers itself."""

    def __init__(self, session: Session, desk: Desk, state: State, messages: int):
        self._session = session
        self._desk = desk
        self._state = state
        # A question without an answer would wake the bot.
        self._said = 3 if state == State.BOT else messages
        self._ids = {table: itertools.count((session.scalar(select(func.max(table.id))) or 0) + 1)
                     for table in (Customer, Chat)}
        self._rows: dict[Table, list[dict]] = {kind.__table__: [] for kind in (Customer, Chat, Message, Event)}

    def add(self, number: int) -> SeededChat:
        """One more chat, the `number`-th of all."""
        token, member = new_token(), self._desk.members[number % len(self._desk.members)]
        began = now() - timedelta(minutes=30 + (number if self._state == State.RESOLVED else number / 1000))
        customer_id, chat_id = next(self._ids[Customer]), next(self._ids[Chat])
        self._row(Customer, id=customer_id, bot_id=self._desk.bot.id, token_hash=digest(token), browser="Firefox",
                  page_url="https://shop.example/jackets", created_at=began)
        log = list(self._log(member, began))
        for kind, columns in log:
            self._row(kind, chat_id=chat_id, **columns)
        self._row(Chat, id=chat_id, bot_id=self._desk.bot.id, customer_id=customer_id, created_at=began,
                  **self._standing(member, log))
        return SeededChat(chat_id, token)

    def store(self) -> None:
        """Write all of it, in the order in which the tables refer to each other."""
        for table, rows in self._rows.items():
            if rows:
                self._session.execute(insert(table), rows)
        _note_ids(self._session)

    def _row(self, kind: type, **columns) -> None:
        self._rows[kind.__table__].append(columns)

    def _log(self, member: Member, began: datetime) -> Iterator[tuple[type, dict]]:
        """The entries of one chat, numbered."""
        numbers = itertools.count(1)

        def entry(kind: type, **columns) -> tuple[type, dict]:
            number = next(numbers)
            return kind, {"seq": number, "created_at": began + timedelta(seconds=20 * number), **columns}

        for number in range(self._said):
            if number == len(AUTHORS):
                yield entry(Event, action=Action.CHAT_HANDED_OFF, member_id=None)
                yield entry(Event, action=Action.CHAT_ASSIGNED, member_id=member.id)
            late = (Author.MEMBER, Author.CUSTOMER)[number % 2]
            author = AUTHORS[number] if number < len(AUTHORS) else late
            yield entry(Message, author=author, text=WORDS[number % len(WORDS)],
                        member_id=member.id if author == Author.MEMBER else None)
        if self._state == State.RESOLVED:
            yield entry(Event, action=Action.CHAT_RESOLVED, member_id=member.id)

    def _standing(self, member: Member, log: list[tuple[type, dict]]) -> dict:
        """The chat's own columns, as its log has made them."""
        said = [columns for kind, columns in log if kind is Message]
        done = {columns["action"]: columns["created_at"] for kind, columns in log if kind is Event}
        asked = [columns["seq"] for columns in said if columns["author"] == Author.CUSTOMER]
        answered = sum(columns["author"] == Author.BOT for columns in said) - 1
        last = said[-1]
        return {
            "state": self._state, "epoch": int(bool(done)), "seq": log[-1][1]["seq"],
            "assignee_id": member.id if done else None, "offered_at": said[-1]["created_at"],
            "handed_off_at": done.get(Action.CHAT_HANDED_OFF), "assigned_at": done.get(Action.CHAT_ASSIGNED),
            "closed_at": done.get(Action.CHAT_RESOLVED), "last_text": last["text"], "last_author": last["author"],
            "last_message_at": last["created_at"], "last_customer_seq": asked[-1] if asked else 0,
            "answered_seq": asked[answered - 1] if answered else 0, "answered": answered,
        }
