"""What is measured: Baton and the floor, each under gunicorn on a free port of loopback with data of its own."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

import config
from bench.load import Conversation, Scene
from bench.seed import PASSWORD, Desk, add_chats, database, make_desk
from bench.wire import get, handshake, post
from tests.people import MemberClient
from tests.running import Server, eventually

# What the environment says is meant for another Baton. The limits are of the usual number and kind, so that
# they cost what they cost, but the driver never meets them.
OWN = {
    "HOST": "", "DATABASE_URL": "", "REDIS_URL": "", "WEB_CONCURRENCY": "1", "PUBLIC_URL": "",
    "MESSAGE_LIMIT": "100000 per second; 1000000 per minute", "CHAT_LIMIT": "1000000 per minute",
}


class System:
    """A server under test. `app` is what gunicorn loads, `environ` are settings, `others` helpers by their pid."""

    name = ""
    app = ""
    file = ""

    def __init__(self, others: dict[str, int] | None = None, **environ: str):
        self.folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        self._server = Server(self.folder, **{**OWN, **environ})
        self._others = others or {}

    def start(self) -> "System":
        """Serve."""
        server = self._server
        with server.log.open("a") as log:
            server.process = subprocess.Popen([sys.executable, "-m", "gunicorn", self.app], cwd=config.ROOT,
                                              env=server.environ, stdout=log, stderr=log, start_new_session=True)
        eventually(server.answers, 60, f"{self.name} answers; its log is {server.log}")
        return self

    def stop(self) -> None:
        """End it, without a goodbye, and delete what it stored."""
        self._server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def pid(self) -> int:
        """Its first process."""
        return self._server.process.pid

    @property
    def processes(self) -> dict[str, int]:
        """Its first process by its name, and those of the services it uses."""
        return {self.name: self.pid, **self._others}

    @property
    def url(self) -> str:
        """Its database."""
        return f"sqlite:///{self.folder / self.file}"

    def stored(self, prefix: str) -> list[tuple[int, str]]:
        """(chat, tag) of every message in the database whose tag begins with `prefix`, in the order of writing."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            tagged = text("SELECT chat_id, text FROM messages WHERE text LIKE :like ORDER BY id")
            rows = connection.execute(tagged, {"like": f"{prefix}%"}).all()
        engine.dispose()
        return rows


class Floor(System):
    """The least that a chat on this stack can cost."""

    name = "floor"
    app = "bench.floor:app"
    file = "floor.sqlite3"

    def scene(self, chats: int) -> Scene:
        """So many chats, each watched by one page."""
        conversations = [self._conversation(number) for number in range(1, chats + 1)]
        return Scene(self.port, self.processes, conversations, self.stored)

    def _conversation(self, chat_id: int) -> Conversation:
        path = f"/chats/{chat_id}/messages"
        return Conversation(chat_id, lambda tag, uuid: post(self.port, path, {"text": tag, "uuid": uuid}),
                            handshake(self.port, f"/chats/{chat_id}/socket"))


@dataclass(frozen=True)
class MemberPage:
    """A signed-in member's browser: what it sends along."""

    port: int
    cookie: str
    csrf: str

    def get(self, path: str) -> bytes:
        """A request for a page or a part of one."""
        return get(self.port, path, Cookie=self.cookie)

    def post(self, path: str, **form: str) -> bytes:
        """A write."""
        return post(self.port, path, form, Cookie=self.cookie, X_CSRFToken=self.csrf, HX_Request="true")

    def socket(self, path: str) -> bytes:
        """The handshake of a socket."""
        return handshake(self.port, path, Cookie=self.cookie)


class Baton(System):
    """Baton as it is served; one worker and SQLite unless `environ` says otherwise."""

    name = "baton"
    app = "wsgi:app"
    file = "baton.sqlite3"

    def start(self) -> "Baton":
        """Make the tables, then serve."""
        with database(self.url):
            pass
        return super().start()

    @property
    def url(self) -> str:
        """Its database."""
        return config.load(self._server.environ).database_url

    def desk(self, members: int = 5) -> tuple[Desk, list[MemberPage]]:
        """A bot of its own with its team, signed in."""
        with database(self.url):
            desk = make_desk(members)
        return desk, [self.sign_in(email) for email in desk.emails]

    def sign_in(self, email: str) -> MemberPage:
        """A member's browser."""
        member = MemberClient(self._server, email, PASSWORD)
        cookie = f"baton={member.http.cookies['baton']}"
        member.http.close()
        return MemberPage(self.port, cookie, member.csrf)

    def scene(self, chats: int, members: int = 5, team: tuple[Desk, list[MemberPage]] | None = None) -> Scene:
        """Live chats on pages as people have them open: each customer's, its assignee's, and every inbox.

        The team is a new one unless it is given.
        """
        desk, pages = team or self.desk(members)
        with database(self.url):
            seeded = add_chats(desk, chats)
        conversations, audience = [], [page.socket(f"/bots/{desk.bot.key}/socket") for page in pages]
        for number, chat in enumerate(seeded):
            customer = CustomerPage(self.port, desk.bot.key, chat.id, chat.token)
            watch = pages[number % len(pages)].socket(f"/bots/{desk.bot.key}/chats/{chat.id}/socket")
            conversations.append(Conversation(chat.id, customer.write, watch))
            audience.append(customer.socket())
        return Scene(self.port, self.processes, conversations, self.stored, audience)


@dataclass(frozen=True)
class CustomerPage:
    """A customer's browser, with a chat."""

    port: int
    key: str
    chat_id: int
    token: str

    @property
    def path(self) -> str:
        """Where the chat is."""
        return f"/widget/{self.key}/chats/{self.chat_id}"

    def write(self, text: str, uuid: str) -> bytes:
        """The request that sends a message."""
        form = {"text": text, "uuid": uuid}
        return post(self.port, f"{self.path}/messages", form, **self._known(), HX_Request="true")

    def entries(self, after: int) -> bytes:
        """The request for what the page misses."""
        return get(self.port, f"{self.path}/entries?after={after}", **self._known(), HX_Request="true")

    def socket(self) -> bytes:
        """The handshake of its socket."""
        return handshake(self.port, f"{self.path}/socket", Sec_WebSocket_Protocol=f"baton, {self.token}")

    def _known(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class CountedBaton(Baton):
    """Baton that says how many statements each answer took."""

    app = "bench.counted:app"
