"""What all tests share: a database of their own, a running server, a desk with its people."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import config
from models import (
    Bot,
    BotAccess,
    KnowledgeEntry,
    Member,
    Workspace,
    close_database,
    forget_listeners,
    open_database,
    transaction,
)
from models.bot import new_key
from models.schema import bring_up_to_date
from tests.people import PASSWORD, QUICK_HASHER, Customer, MemberClient
from tests.running import Server
from tests.stacks import STACKS, PostgresqlStack, SqliteStack

PASSWORD_HASH = QUICK_HASHER.hash(PASSWORD)

ANSWERS = {
    "Where is my order?": "It left our shop yesterday.",
    "How long does delivery take?": "Two days.",
    "Do you ship abroad?": "Yes, all over Europe.",
}


@dataclass
class Desk:
    """A bot with its people: Maya, Noor and the admin Anna see it, Olga does not. Every test has one of its own."""

    bot: Bot
    other_bot: Bot
    maya: Member
    noor: Member
    olga: Member
    anna: Member


# In seconds: longer than any run of the tests.
DAY = 86_400


def make_desk(**bot_columns) -> Desk:
    """A desk in the open database, founded there if need be."""
    with transaction() as session:
        workspace = Workspace.founded(session) or Workspace(name="Harbor Goods")
        session.add(workspace)
        session.flush()
        bots = [Bot(workspace_id=workspace.id, name=name, key=new_key(), welcome="Ahoy!", fallback="Pardon?",
                    quick_replies=["Opening hours"], **bot_columns) for name in ("Harbor bot", "Other bot")]
        session.add_all(bots)
        session.flush()
        session.add_all(KnowledgeEntry(bot_id=bots[0].id, question=question, answer=answer, alternatives=[],
                                       quick_replies=[]) for question, answer in ANSWERS.items())
    people = [add_member(workspace.id, name, bot) for name, bot in
              (("Maya Okafor", bots[0]), ("Noor Haddad", bots[0]), ("Olga Petrov", bots[1]))]
    people.append(add_member(workspace.id, "Anna Silva", bots[0], role="admin"))
    return Desk(*bots, *people)


def add_member(workspace_id: int, name: str, bot: Bot, role: str = "member") -> Member:
    """A member of `bot` with the password of all."""
    with transaction() as session:
        member = Member(workspace_id=workspace_id, name=name, email=f"{new_key()}@example.com", role=role,
                        all_bots=False, password_hash=PASSWORD_HASH)
        session.add(member)
        session.flush()
        session.add(BotAccess(member_id=member.id, bot_id=bot.id))
    return member


def pytest_addoption(parser):
    parser.addoption("--stack", choices=[*STACKS, "both"], default="sqlite", help="what the tests run on")


def pytest_generate_tests(metafunc):
    """Tests that run Baton run it on each chosen stack; the others run once."""
    if "stack" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--stack")
        metafunc.parametrize("stack", list(STACKS) if chosen == "both" else [chosen], indirect=True, scope="session")


@pytest.fixture(scope="session")
def stack(request) -> Iterator[SqliteStack | PostgresqlStack]:
    """What the tests run on."""
    chosen = STACKS[request.param]()
    yield chosen
    chosen.close()


@pytest.fixture
def database(tmp_path, stack) -> Iterator[str]:
    """An empty database of this version, open in this process and heard by nobody."""
    url = config.load(stack.environ(tmp_path)).database_url
    forget_listeners()
    open_database(url)
    bring_up_to_date()
    yield url
    close_database()
    forget_listeners()


@pytest.fixture
def local_desk(database) -> Desk:
    """A desk in this process's own database, without a server."""
    return make_desk()


@pytest.fixture(scope="session")
def server(stack) -> Iterator[Server]:
    """One Baton for all tests that do not break it."""
    with tempfile.TemporaryDirectory(prefix="baton-tests-") as folder:
        running = Server(**stack.environ(Path(folder)))
        prepared = running.baton("prepare")
        assert prepared.returncode == 0, prepared.stderr
        running.start()
        yield running
        running.stop()


@pytest.fixture
def desk(server) -> Iterator[Desk]:
    """A desk on the running server, reached through its database.

    The steps of waiting are not taken in it: the chats of one test would change in the middle of another.
    """
    open_database(database_url(server))
    yield make_desk(delay_seconds=DAY, mail_seconds=DAY, absence_seconds=DAY)
    close_database()


def database_url(server: Server) -> str:
    """The database of a running server."""
    return config.load(server.environ).database_url


@pytest.fixture
def customer(server, desk) -> Customer:
    """A customer of the desk's bot, who has not written yet."""
    return Customer(server, desk.bot.key)


@pytest.fixture
def maya(server, desk) -> MemberClient:
    """Maya, signed in."""
    return MemberClient(server, desk.maya.email)


@pytest.fixture
def noor(server, desk) -> MemberClient:
    """Noor, signed in."""
    return MemberClient(server, desk.noor.email)


@pytest.fixture
def anna(server, desk) -> MemberClient:
    """Anna, an admin, signed in."""
    return MemberClient(server, desk.anna.email)


@pytest.fixture
def olivia(desk) -> Iterator[Member]:
    """Olivia, who owns the workspace. The server is that of other tests, too: other desks have owners of their own."""
    member = add_member(desk.bot.workspace_id, "Olivia Owen", desk.bot, role="owner")
    with transaction() as session:
        session.merge(member).all_bots = True
    yield member
    with transaction() as session:
        # Who has just been there, and sees every bot, would be somebody to talk to for the customers of other tests.
        session.query(Member).filter_by(role="owner").update({"role": "member", "all_bots": False})


@pytest.fixture
def owner(server, olivia) -> MemberClient:
    """Olivia, signed in."""
    return MemberClient(server, olivia.email)


@pytest.fixture
def olga(server, desk) -> MemberClient:
    """Olga, signed in; the desk's bot is none of hers."""
    return MemberClient(server, desk.olga.email)


@pytest.fixture(scope="session", autouse=True)
def own_environment() -> Iterator[None]:
    """Settings of whoever runs the tests do not leak into them."""
    names = ("DATA_DIR", "PORT", "HOST", "DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY", "PUBLIC_URL", "SMTP_URL",
             "MAIL_FROM")
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    yield
    os.environ.update(kept)
