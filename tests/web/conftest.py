"""Every test of the edge: no fault of Baton's own, whatever people send."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import close_database, open_database
from tests.conftest import database_url
from tests.people import Customer
from tests.running import Server
from tests.web.edge import be_answered, be_live


@pytest.fixture(autouse=True)
def no_fault(server) -> Iterator[None]:
    """Fails a test during which the server logged an error: a 500, or a push or frame that broke."""
    before = len(faults(server))
    yield
    assert faults(server)[before:] == [], faults(server)[-1]


def faults(server) -> list[dict]:
    """The errors in a server's log."""
    records = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [record for record in records if record["level"] in ("error", "critical")]


@contextmanager
def own_server(**environ: str) -> Iterator[Server]:
    """A server with settings and a database of its own; `prepared` is what its first start printed."""
    with tempfile.TemporaryDirectory(prefix="baton-tests-") as folder:
        server = Server(Path(folder), **environ)
        server.prepared = server.baton("prepare").stdout
        server.start()
        yield server
        # Before it stops: gunicorn logs a "socket error" for each idle connection that it then closes.
        found = faults(server)
        server.stop()
        assert found == [], found


@contextmanager
def opened(server: Server) -> Iterator[Server]:
    """A server whose database is the open one."""
    open_database(database_url(server))
    yield server
    close_database()


@pytest.fixture
def fresh() -> Iterator[Server]:
    """A server that nobody has set up."""
    with own_server() as server, opened(server):
        yield server


@pytest.fixture(scope="session")
def public_server() -> Iterator[Server]:
    """A server that browsers reach as https://chat.example.com."""
    with own_server(PUBLIC_URL="https://chat.example.com") as server:
        yield server


@pytest.fixture
def chatting(customer) -> Customer:
    """A customer whose bot has answered."""
    return be_answered(customer)


@pytest.fixture
def waiting(customer) -> Customer:
    """A customer who waits for a person."""
    return be_live(customer)


@pytest.fixture
def stranger(server, desk) -> Customer:
    """Another customer of the same bot, with a chat of their own."""
    return be_answered(Customer(server, desk.bot.key))
