"""PostgreSQL and Redis of the tests' own: throw-away processes on free ports, which tests may kill."""

import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

import psycopg
import redis

from tests.running import eventually, free_port


class Service(ABC):
    """A server process with a folder of its own. `start` after `kill` finds the data again."""

    def __init__(self, prefix: str):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.process: subprocess.Popen | None = None

    def start(self) -> "Service":
        """Start the process, and wait until it answers."""
        with (self.folder / "service.log").open("a") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        eventually(self.answers, 30, f"{type(self).__name__} answers")
        return self

    def kill(self) -> None:
        """SIGKILL for it and all of its children."""
        self.send(signal.SIGKILL)
        self.process.wait(timeout=20)

    def send(self, number: int) -> None:
        """Send a signal to it and all of its children."""
        os.killpg(self.process.pid, number)

    def remove(self) -> None:
        """Kill it, and delete what it stored."""
        if self.process and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def command(self) -> list[str]:
        """What to run."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it is up."""


class Redis(Service):
    """Redis, which keeps nothing."""

    def __init__(self):
        super().__init__("baton-redis-")
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.folder)]

    def answers(self) -> bool:
        try:
            return redis.Redis.from_url(self.url, socket_timeout=1).ping()
        except redis.RedisError:
            return False


class Postgres(Service):
    """PostgreSQL, with its commits as durable as for real."""

    def __init__(self):
        super().__init__("baton-postgres-")
        self.data = self.folder / "data"
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        self.as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_owner:
            shutil.chown(self.folder, "postgres")
        made = subprocess.run([*self.as_owner, program("initdb"), "--pgdata", str(self.data), "--username", "baton",
                               "--auth", "trust", "--encoding", "UTF8", "--no-locale"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://baton@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database, and return its address."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def command(self) -> list[str]:
        return [*self.as_owner, program("postgres"), "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1",
                "-k", "", "-c", "max_connections=300"]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            return False


def program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or name
