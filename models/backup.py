"""Backups: everything in the database as one file, which SQLite and PostgreSQL take alike.

The file is gzipped lines of JSON. First a head, `{"baton_backup": 1, "schema": "0001", "made_at": "…"}`; then each
table, parents before children, as `{"table": "chats", "columns": […]}` and a list for each row; last
`{"end": {"rows": {"chats": 42, …}, "sha256": "…"}}`, the sum being that of every byte before.
"""

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import JSON, Connection, Date, DateTime, MetaData, Table, func, select, text

from models.base import now
from models.database import reading
from models.schema import is_known, rebuilding, refuse_newer, revision_of, tables_at, upgrade

FORMAT = 1
AT_ONCE = 500
# A first start that nobody has followed up leaves its link; such a database still counts as empty.
OF_NO_ACCOUNT = {"setup_links"}
NOT_WHOLE = "{} is damaged or not whole: take another backup."


class BackupError(Exception):
    """A backup that cannot be written or restored. Its text is one sentence for the host."""


class Head(NamedTuple):
    """The first line of a backup."""

    baton_backup: int
    schema: str
    made_at: str


def back_up(path: Path) -> Counter:
    """Write one state of the open database to a new file that only its owner may read; Baton may go on meanwhile.

    Returns the number of rows by table. Raises BackupError or SchemaError; there is no file then.
    """
    refuse_newer()
    if path.exists():
        raise BackupError(f"{path} exists already: a backup replaces no file.")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".backup-") as draft:
            with gzip.GzipFile(fileobj=draft, mode="wb", filename="") as file, reading() as session:
                rows = _write(file, session.connection())
            draft.flush()
            os.fsync(draft.fileno())
            # A link appears whole, or not at all.
            os.link(draft.name, path)
            return rows
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error


def restore(path: Path, replace: bool = False) -> Counter:
    """Fill the open database with what `back_up` wrote, and bring it up to date; all of it or nothing.

    The database must be empty, unless `replace` allows to delete what it holds. Returns the number of rows by
    table. Raises BackupError, or SchemaError for a database of a newer Baton; nothing has changed then.
    """
    refuse_newer()
    with _opened(path) as file:
        head, rows = _check(file, path)
        with rebuilding() as connection:
            _clear(connection, replace)
            upgrade(connection, head.schema)
            file.seek(0)
            _fill(connection, _contents(file, path))
            _number_on(connection)
            upgrade(connection)
    return rows


# Writing


def _write(file: gzip.GzipFile, connection: Connection) -> Counter:
    summed, rows = hashlib.sha256(), Counter()

    def add(value) -> None:
        line = json.dumps(value, separators=(",", ":"), default=_written).encode() + b"\n"
        summed.update(line)
        file.write(line)

    revision = revision_of(connection)
    if revision is None:
        raise BackupError("There is nothing to back up: the database is empty.")
    add(Head(FORMAT, revision, now().isoformat())._asdict())
    for table in _tables(connection, revision):
        add({"table": table.name, "columns": table.columns.keys()})
        for row in connection.execute(_in_order(table), execution_options={"yield_per": AT_ONCE}):
            add(list(row))
            rows[table.name] += 1
    add({"end": {"rows": rows, "sha256": summed.hexdigest()}})
    return rows


def _written(value: date) -> str:
    return value.isoformat()


def _in_order(table: Table):
    return select(table).order_by(*table.primary_key)


def _tables(connection: Connection, revision: str | None) -> list[Table]:
    """The tables as they are, parents before children: the models may be ahead of them."""
    found = MetaData()
    found.reflect(connection, only=tables_at(revision))
    for table in found.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSON):
                # Else None would be written as a JSON null, which is no NULL.
                column.type.none_as_null = bool(column.nullable)
    return found.sorted_tables


# Reading


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _check(file: BinaryIO, path: Path) -> tuple[Head, Counter]:
    """Read a backup to its end: the head, and the number of rows by table. Raises BackupError."""
    contents = _contents(file, path)
    head = next(contents)
    end = deque(contents, maxlen=1).pop()
    return head, Counter(end["end"]["rows"])


def _contents(file: BinaryIO, path: Path) -> Iterator[Head | dict | list]:
    """The head, each table and row, and an end that is right; raises BackupError, at the latest instead of the end."""
    summed, rows, table = hashlib.sha256(), Counter(), None
    lines = _lines(file, path)
    first = next(lines, b"")
    summed.update(first)
    yield _head(first, path)
    for line in lines:
        value = _parsed(line)
        if isinstance(value, list):
            rows[table] += 1
        elif "table" in value:
            table = value["table"]
        else:
            is_right = value.get("end") == {"rows": rows, "sha256": summed.hexdigest()}
            if is_right and not next(lines, None):
                yield value
                return
            break
        summed.update(line)
        yield value
    raise BackupError(NOT_WHOLE.format(path))


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        yield from gzip.GzipFile(fileobj=file)
    except gzip.BadGzipFile as error:
        raise BackupError(f"{path} is no backup of Baton, or a damaged one.") from error
    except (EOFError, zlib.error) as error:
        raise BackupError(NOT_WHOLE.format(path)) from error


def _parsed(line: bytes) -> dict | list:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict | list) else {}


def _head(line: bytes, path: Path) -> Head:
    try:
        said = json.loads(line)
        head = Head(**{name: said[name] for name in Head._fields})
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{path} is no backup of Baton.") from error
    if head.baton_backup != FORMAT or not is_known(head.schema):
        raise BackupError(f"{path} was made by a newer Baton (schema {head.schema}): restore it with that one.")
    return head


# Filling


def _clear(connection: Connection, replace: bool) -> None:
    tables = _tables(connection, revision_of(connection))
    if not replace and any(_holds_rows(connection, table) for table in tables if table.name not in OF_NO_ACCOUNT):
        raise BackupError("The database is not empty: --replace deletes what it holds, and restores the backup.")
    if connection.dialect.name == "postgresql":
        # Rather than wait for ever behind a server that still runs.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    for table in reversed(tables):
        table.drop(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _holds_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table).limit(1)).first() is not None


def _fill(connection: Connection, contents: Iterator) -> None:
    tables = {table.name: table for table in _tables(connection, next(contents).schema)}
    table, columns, waiting = None, [], []
    for value in contents:
        if waiting and (isinstance(value, dict) or len(waiting) == AT_ONCE):
            connection.execute(table.insert(), waiting)
            waiting = []
        if isinstance(value, list):
            waiting.append(_restored(columns, value))
        elif "table" in value:
            table = tables.get(value["table"])
            columns = _columns(table, value)


def _columns(table: Table | None, value: dict) -> list:
    if table is None or set(table.columns.keys()) != set(value["columns"]):
        raise BackupError(f"The backup's table {value['table']} is not that of its schema.")
    return [table.columns[name] for name in value["columns"]]


def _restored(columns: list, values: list) -> dict:
    return {column.key: _read(column, value) for column, value in zip(columns, values, strict=True)}


def _read(column, value):
    if value and isinstance(column.type, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value and isinstance(column.type, Date) else value


def _number_on(connection: Connection) -> None:
    """Have PostgreSQL number new rows after the restored ones; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in _tables(connection, revision_of(connection)):
        if "id" in table.c:
            last = select(func.max(table.c.id)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, func.coalesce(last, 0) + 1, False)))
