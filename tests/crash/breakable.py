"""A deployment of its own to break: the acts of violence, each of which leaves it mended."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.running import Server, eventually
from tests.services import Service


class BusyServer(Server):
    """A server that may take its time to answer while everybody comes back at once."""

    def answers(self) -> bool:
        """Whether it is up, with everything it needs."""
        return self._says_well("/readyz")

    def serves(self) -> bool:
        """Whether it is up."""
        return self._says_well("/healthz")

    def _says_well(self, path: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}{path}", timeout=15).status_code == 200
        return False


class Breakable:
    """A running Baton with a stack that nobody else uses."""

    def __init__(self, stack, folder: Path):
        self.stack = stack
        self.server = BusyServer(**stack.environ(folder))
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

    async def freeze_worker(self, seconds: float) -> None:
        """`SIGSTOP` a random worker for a while."""
        await self._until_served()
        worker = random.choice(self.workers())
        os.kill(worker, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)

    async def freeze_redis(self, seconds: float) -> None:
        """`SIGSTOP` Redis for a while."""
        with frozen(self.stack.redis):
            await asyncio.sleep(seconds)

    async def kill_service(self, service: Service, seconds: float = 1) -> None:
        """`kill -9` PostgreSQL or Redis; it comes back after a while."""
        kill(service)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(bring_back, service)

    def kill_all_workers(self) -> None:
        """`kill -9` every worker; the master starts others."""
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)

    async def _until_served(self) -> None:
        await asyncio.to_thread(eventually, self.server.serves, 60, "the server serves")


@contextmanager
def away(service: Service) -> Iterator[None]:
    """A service is dead for as long as this lasts."""
    kill(service)
    try:
        yield
    finally:
        bring_back(service)


@contextmanager
def frozen(service: Service) -> Iterator[None]:
    """A service takes connections and answers nothing for as long as this lasts."""
    service.send(signal.SIGSTOP)
    try:
        yield
    finally:
        service.send(signal.SIGCONT)


def kill(service: Service) -> None:
    """`kill -9` a service with all of its processes, those included that lead groups of their own."""
    below = descendants(service.process.pid)
    service.kill()
    for pid in below:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def bring_back(service: Service) -> None:
    """Start a killed service on the data it had."""
    # It names a process that is dead, but that a container's init may not have reaped.
    (service.folder / "data/postmaster.pid").unlink(missing_ok=True)
    service.start()


def descendants(pid: int) -> list[int]:
    """The ids of all processes that `pid` has started, directly or not."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    """The ids of the processes that `pid` has started."""
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
