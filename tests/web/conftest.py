"""Every test of the edge: no fault of Baton's own, whatever people send."""

import json
import tempfile
from collections.abc import Iterator
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
    assert faults(server)[before:] == []


def faults(server) -> list[dict]:
    """The errors in a server's log."""
    records = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [record for record in records if record["level"] in ("error", "critical")]


@pytest.fixture
def start_server() -> Iterator[callable]:
    """Starts a server of one's own, with settings of one's own and an empty database, which is open then."""
    with tempfile.TemporaryDirectory(prefix="baton-tests-") as folder:
        started = []

        def start(**environ: str) -> Server:
            server = Server(Path(folder), **environ)
            server.prepared = server.baton("prepare").stdout
            started.append(server.start())
            open_database(database_url(server))
            return server

        yield start
        close_database()
        for server in started:
            server.stop()
        assert [fault for server in started for fault in faults(server)] == []


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
