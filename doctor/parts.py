"""What Baton stands on: the database, its migrations, the relay, the clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import redis
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from config import Config
from doctor.finding import Finding, bad, good
from models.database import engine, writer
from models.schema import SchemaError, check_schema

RELAY_SECONDS = 2
MOST_CLOCK_SECONDS = 2
CHANNEL = "baton-doctor"


def examine(settings: Config) -> list[Finding]:
    """The parts, in the order in which they need each other."""
    first = database(settings)
    rest = [migrations(settings), clock(settings)] if first.ok else []
    return [first, *rest, relay(settings)]


def database(settings: Config) -> Finding:
    """It answers, and takes writes."""
    name = place(settings.database_url)
    try:
        milliseconds = timed(_try_writing)
    except SQLAlchemyError as error:
        return bad("database", f"The database {name} (DATABASE_URL) cannot be used: {reason(error)}.", "DATABASE_URL=…")
    return good("database", f"{name} answers and takes writes, in {milliseconds:.0f} ms.")


def migrations(settings: Config) -> Finding:
    """It is of this version."""
    try:
        check_schema()
    except SchemaError as error:
        return bad("migrations", str(error), "bin/baton prepare")
    return good("migrations", "The database is of this version.")


def clock(settings: Config) -> Finding:
    """The database's clock agrees with this machine's."""
    if engine().dialect.name == "sqlite":
        return good("clock", "The database is a file: there is one clock.")
    with engine().connect() as connection:
        connection.execute(text("SELECT 1"))  # so that connecting does not count
        before = time.time()
        theirs = connection.scalar(select(func.clock_timestamp())).timestamp()
        after = time.time()
    apart = max(before - theirs, theirs - after, 0)
    if apart > MOST_CLOCK_SECONDS:
        now = datetime.fromtimestamp(after, UTC)
        return bad("clock", f"The clocks of this machine ({now:%Y-%m-%d %H:%M:%S} UTC) and of the database are "
                            f"{apart:.0f} s apart.", "timedatectl set-ntp true   # on the machine that is wrong")
    return good("clock", f"The clocks of this machine and of the database agree to {after - before + apart:.3f} s.")


def relay(settings: Config) -> Finding:
    """What Redis carries from one worker arrives at another."""
    if not settings.redis_url:
        return good("relay", "One worker needs no Redis.")
    name = redis_place(settings.redis_url)
    try:
        milliseconds = timed(lambda: _publish_and_hear(settings.redis_url))
    except (redis.RedisError, OSError, ValueError) as error:
        return bad("relay", f"Redis at {name} (REDIS_URL) cannot be used: {first_line(error)}.", "REDIS_URL=…")
    return good("relay", f"Redis at {name} carries a message in {milliseconds:.0f} ms.")


def timed(do: Callable[[], object]) -> float:
    """The milliseconds that `do` takes."""
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def reason(error: Exception) -> str:
    """What the driver says of it, in one line; never a parameter, never the password."""
    return first_line(error.orig if isinstance(error, DBAPIError) else error)


def first_line(error: Exception) -> str:
    """The first line of an error's text, without the point at the end."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(". ")


def place(url: str) -> str:
    """Where a database is, without the password."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return parts.database or "in memory"
    return f"{parts.database} on PostgreSQL at {parts.host or 'localhost'}:{parts.port or 5432}"


def redis_place(url: str) -> str:
    """Where a Redis is, without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path


def _try_writing() -> None:
    with writer().connect() as connection:
        if connection.dialect.name == "postgresql" and connection.scalar(text("SHOW transaction_read_only")) == "on":
            raise SQLAlchemyError("it takes no writes (is it a standby?)")
        connection.execute(text("SELECT 1"))


def _publish_and_hear(url: str) -> None:
    client = redis.Redis.from_url(url, socket_timeout=RELAY_SECONDS, socket_connect_timeout=RELAY_SECONDS)
    with client, client.pubsub() as heard:
        heard.subscribe(CHANNEL)
        heard.get_message(timeout=RELAY_SECONDS)
        client.publish(CHANNEL, "")
        if not heard.get_message(timeout=RELAY_SECONDS):
            raise redis.TimeoutError("it answers, but carries no messages")
