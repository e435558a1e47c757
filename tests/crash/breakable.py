"""A deployment of its own to break: the acts of violence, each of which leaves it mended."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import httpx

from tests.running import Server, eventually
from tests.services import Service


class Breakable:
    """A running Baton with a stack that nobody else uses."""

    def __init__(self, stack, folder: Path):
        self.stack = stack
        self.server = Server(**stack.environ(folder))
        prepared = self.server.baton("prepare", "--demo")
        assert prepared.returncode == 0, prepared.stderr
        self.server.start()

    @property
    def has_services(self) -> bool:
        """Whether there are PostgreSQL and Redis to kill."""
        return self.stack.name == "postgresql"

    def close(self) -> None:
        """End everything that was started."""
        self.server.kill()
        self.stack.close()

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        return children(self.server.process.pid)

    async def kill_workers(self, times: int, every: float = 2) -> None:
        """`kill -9` a random worker every so many seconds; on a single worker once it has come back."""
        for _ in range(times):
            await asyncio.sleep(every)
            await self._until_served()
            with suppress(ProcessLookupError):
                os.kill(random.choice(self.workers()), signal.SIGKILL)

    async def kill_server(self) -> None:
        """`kill -9` the master and its workers, then start again."""
        self.server.kill()
        await asyncio.to_thread(self.server.start)

    async def reload(self) -> None:
        """A rolling restart: new workers take over, the old ones see their work off."""
        old = set(self.workers())
        os.kill(self.server.process.pid, signal.SIGHUP)
        await asyncio.to_thread(eventually, lambda: self.workers() and not old & set(self.workers()), 30, "reloaded")

    async def stop_worker(self, seconds: float) -> None:
        """`SIGSTOP` a random worker for a while."""
        await self._until_served()
        worker = random.choice(self.workers())
        os.kill(worker, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)

    async def stop_redis(self, seconds: float) -> None:
        """`SIGSTOP` Redis for a while."""
        self.stack.redis.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.stack.redis.send(signal.SIGCONT)

    async def kill_redis(self, seconds: float = 2) -> None:
        """`kill -9` Redis; it comes back after a while."""
        kill(self.stack.redis)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.stack.redis.start)

    async def kill_postgres(self, seconds: float = 1) -> None:
        """`kill -9` every process of PostgreSQL; it comes back after a while."""
        kill(self.stack.postgres)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.stack.postgres.start)

    async def _until_served(self) -> None:
        try:
            await asyncio.to_thread(eventually, self._serves, 60, "the server serves")
        except AssertionError as error:
            raise AssertionError(self.server.log.read_text()[-3000:]) from error

    def _serves(self) -> bool:
        try:
            return httpx.get(f"{self.server.url}/healthz", timeout=10).is_success
        except httpx.TransportError:
            return False


def kill(service: Service) -> None:
    """`kill -9` a service with all of its processes, those included that lead groups of their own."""
    below = descendants(service.process.pid)
    service.kill()
    for pid in below:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The ids of all processes that `pid` has started, directly or not."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    """The ids of the processes that `pid` has started."""
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
