"""What the tests of operations share: an admin, proxies, and servers of their own."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import Member, close_database, open_database, transaction
from models.schema import bring_up_to_date
from tests.conftest import Desk, database_url, make_desk
from tests.ops.proxies import Proxy
from tests.people import MemberClient
from tests.running import Server


@pytest.fixture
def admin(server, desk) -> MemberClient:
    """Maya, who is an admin here."""
    make_admin(desk.maya)
    return MemberClient(server, desk.maya.email)


def make_admin(member: Member) -> None:
    """Change a member's role in the open database."""
    with transaction() as session:
        session.get(Member, member.id).role = "admin"


@pytest.fixture
def proxy() -> Iterator[Callable[..., Proxy]]:
    """Makes proxies, which end with the test."""
    made: list[Proxy] = []

    def make(*arguments, **options) -> Proxy:
        made.append(Proxy(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def own_server(stack) -> Iterator[Callable[..., Server]]:
    """Starts servers of this test's own, with settings of its own and an empty database, which is open then."""
    with tempfile.TemporaryDirectory(prefix="baton-tests-") as folder:
        started: list[Server] = []

        def start(**environ: str) -> Server:
            data = Path(tempfile.mkdtemp(dir=folder))
            server = Server(**{**stack.environ(data), **environ})
            open_database(database_url(server))
            bring_up_to_date()
            started.append(server.start())
            return server

        yield start
        close_database()
        for server in started:
            server.stop()


@pytest.fixture
def own_desk(own_server) -> Callable[..., tuple[Server, Desk]]:
    """Starts a server with a desk."""
    return lambda **environ: (own_server(**environ), make_desk())
