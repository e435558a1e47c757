"""What the tests that break things share. `--soak` runs the long forms (bin/soak)."""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import close_database, open_database
from tests.conftest import Desk, database_url, make_desk
from tests.crash.breakable import Breakable


def pytest_addoption(parser):
    parser.addoption("--soak", action="store_true", help="the long form of the tests that break things")
    parser.addoption("--soak-seconds", type=int, default=600, help="how long everything is killed and frozen then")


@pytest.fixture(scope="session")
def soaking(request) -> bool:
    """Whether this is the long form."""
    # Pytest reads the option only when it is started in this folder.
    return request.config.getoption("soak", default=False)


@pytest.fixture(scope="session")
def soak_seconds(request) -> int:
    """How long the long form kills and freezes."""
    return request.config.getoption("soak_seconds", default=600)


@pytest.fixture(autouse=True)
def own_loop() -> Iterator[None]:
    """Lets these tests run loops of their own: browsers that are still open leave theirs running in this thread."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture(scope="session")
def breakable(stack) -> Iterator[Breakable]:
    """A Baton with a demo on a stack of its own, which every test leaves mended."""
    with tempfile.TemporaryDirectory(prefix="baton-crash-") as folder:
        broken = Breakable(type(stack)(), Path(folder))
        yield broken
        broken.close()


@pytest.fixture
def broken_desk(breakable) -> Iterator[Desk]:
    """A desk on it, where a customer is offered a person at once."""
    open_database(database_url(breakable.server))
    yield make_desk(handoff_after=0)
    close_database()


@pytest.fixture
def calm_desk(server) -> Iterator[Desk]:
    """The same on the server that nobody breaks."""
    open_database(database_url(server))
    yield make_desk(handoff_after=0)
    close_database()


@pytest.fixture
def tell(capsys) -> Callable[[str], None]:
    """Prints figures even when the test passes."""

    def say(line: str) -> None:
        with capsys.disabled():
            # Not to stdout: that of a process beside others leads nowhere.
            print(f"\n    {line}", file=sys.stderr, flush=True)

    return say
