"""The database: opening it, reading from it, and the one place that commits and then announces.

`transaction` is for whoever changes something; `transact` is the same for the path of every message.

What differs between SQLite and PostgreSQL stands here and nowhere else. Parameters are kept out of errors, and so
out of logs: they hold what people wrote.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.orm import Session

from models.group_commit import GroupCommit

Listener = Callable[[list], None]
Result = TypeVar("Result")

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class _Database:
    """The open database; `asker`, `reader` and `writer` differ in how they begin, if they do.

    Engines of their own, not options of one: those cost more with each use. `together` is there where one writes
    at a time.
    """

    engine: Engine
    asker: Engine
    reader: Engine
    writer: Engine
    turn_to_write: AbstractContextManager
    together: GroupCommit | None = None


_database: _Database | None = None
_listeners: list[Listener] = []


def open_database(url: str) -> Engine:
    """Open the database at `url` (sqlite:// or postgresql+psycopg://) for the models of this process."""
    global _database
    close_database()
    _database = _open_sqlite(url) if is_sqlite(url) else _open_postgresql(url)
    return _database.engine


def close_database() -> None:
    """Give back every connection; the next use needs `open_database` again."""
    global _database
    if _database is not None:
        forget_connections()
        _database = None


def is_sqlite(url: str) -> bool:
    """Whether `url` names a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def _open_sqlite(url: str) -> _Database:
    file = make_url(url).database
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=5, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection, _record):
        connection.isolation_level = None  # SQLAlchemy says BEGIN, not the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged message survives a power cut
        cursor.execute("PRAGMA busy_timeout = 10000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    # A transaction that reads first and writes later would fail as soon as another one wrote between.
    asker, writer = (create_engine(url, pool=engine.pool, hide_parameters=True) for _ in range(2))
    for one, begins in ((engine, "BEGIN"), (writer, "BEGIN IMMEDIATE")):
        event.listen(one, "begin", lambda connection, begins=begins: connection.exec_driver_sql(begins))

    # SQLite has one writer at a time. Under gevent a second BEGIN IMMEDIATE would block the whole process,
    # the first writer included; with this lock greenlets queue instead.
    return _Database(engine, asker, engine, writer, threading.RLock(), GroupCommit(_commit_all))


def _open_postgresql(url: str) -> _Database:
    # The connection used last is used next: its statements are prepared, and its process of the server is awake.
    options = {"max_overflow": 10, "pool_timeout": 10, "pool_use_lifo": True, "hide_parameters": True,
               "connect_args": {"connect_timeout": CONNECT_SECONDS}}
    writer = create_engine(url, pool_size=5, **options)
    # Nearly every message is stored through this one, too.
    asker = create_engine(url, pool_size=10, isolation_level="AUTOCOMMIT", **options)
    # Each query would else see what was committed meanwhile. Who asks for messages and then for events would
    # get an event's number without the message before it, and never ask for that one again.
    reader = create_engine(url, pool_size=5, isolation_level="REPEATABLE READ", **options)
    for one in (writer, asker, reader):
        event.listen(one, "handle_error", _forget_lost_connections)
    return _Database(writer, asker, reader, writer, nullcontext())


def _forget_lost_connections(context: ExceptionContext) -> None:
    # The database was restarted: SQLAlchemy empties the pool that has found out, and these are three.
    if context.is_disconnect:
        forget_connections()


def engine() -> Engine:
    """The open database; RuntimeError before `open_database`."""
    return _opened().engine


def writer() -> Engine:
    """The same, for who writes past `transaction`: its transactions begin as writing ones."""
    return _opened().writer


def forget_connections() -> None:
    """Hang up on the database; the next use connects anew."""
    for one in (_opened().engine, _opened().asker, _opened().reader):
        one.dispose()


def _opened() -> _Database:
    if _database is None:
        raise RuntimeError("the database is not open")
    return _database


def is_away(error: BaseException | None) -> bool:
    """Whether `error` says that the database cannot be reached, or was lost on the way: the same may work later."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | NoConnectionLeft)


@contextmanager
def connected() -> Iterator[Connection]:
    """The same as `asking` for who needs no objects: to make a session costs as much as a small query."""
    with _opened().asker.connect() as connection:
        yield connection


@contextmanager
def asking() -> Iterator[Session]:
    """A session for single questions: each sees what is committed by then, without the cost of a transaction."""
    with Session(_opened().asker, expire_on_commit=False) as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session for questions whose answers must agree: it sees one state of the database and changes nothing."""
    with Session(_opened().reader, expire_on_commit=False) as session:
        yield session


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose changes are committed together, or not at all; afterwards the listeners are told.

    This is the only place that commits. (SQLAlchemy's own after_commit hook also fires for savepoints.)
    """
    with _writing() as session:
        session.info["facts"] = facts = []
        yield session
        session.commit()
        session.expunge_all()
    _tell(facts)


def transact(work: Callable[[Session], Result]) -> Result:
    """What `work(session)` returns, once its changes are committed and the listeners were told.

    On SQLite it shares the commit, for which all wait, with the work of others that is ready at this moment. So
    `work` may be called twice: where the shared commit fails, whosever fault it is, each is done again and alone.
    """
    together = _opened().together
    shared = together and together.do(work)
    if shared:
        result, facts = shared
        _tell(facts)
        return result
    with transaction() as session:
        return work(session)


def in_one(work: Callable[[Connection], Result | None]) -> Result | None:
    """The fact that `work(connection)` makes in a single statement; the listeners are told of it.

    A statement is a transaction by itself: the ways to the server that begin and end one are saved, and the session.
    None where nothing came of it, or a constraint forbids it, or the database cannot change several tables in one
    statement: then it is for a transaction to do it, or to say why not.
    """
    if _opened().asker.dialect.name != "postgresql":
        return None
    try:
        with connected() as connection:
            fact = work(connection)
    except IntegrityError:
        return None
    if fact:
        _tell([fact])
    return fact


def _commit_all(works: list[Callable[[Session], object]]) -> list[tuple[object, list]]:
    """Do all of it in one transaction: the result and the facts of each. Nothing is done if anything raises."""
    done = []
    with _writing() as session:
        for work in works:
            session.info["facts"] = facts = []
            done.append((work(session), facts))
            # What one has loaded is not the other's: it would change under their hands.
            session.flush()
            session.expunge_all()
        session.commit()
    return done


@contextmanager
def _writing() -> Iterator[Session]:
    database = _opened()
    with database.turn_to_write, Session(database.writer, expire_on_commit=False) as session:
        yield session


def _tell(facts: list) -> None:
    if facts:
        for listener in list(_listeners):
            listener(facts)


def keep_others_from(session: Session, table: str) -> None:
    """Let nobody else write to `table` until `session` is committed. Where SQLite writes, it is alone anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))


def announce(session: Session, fact) -> None:
    """Have the listeners told of `fact` (a Message, an Event or a Notice) once `session` is committed."""
    session.info["facts"].append(fact)


def on_commit(listener: Listener) -> None:
    """Call `listener(facts)` after every commit that announced any; it must not raise."""
    _listeners.append(listener)


def forget_listeners() -> None:
    """Drop every listener (for a second application in one process, as in tests)."""
    _listeners.clear()
