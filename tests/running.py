"""A real Baton for tests: gunicorn on a free port, with a database of its own."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
QUIET_PORTS = range(10_000, 30_000)
# Tests are one impatient person at one address; limits have tests of their own.
NO_LIMITS = {name: "100000 per second" for name in ("MESSAGE_LIMIT", "CHAT_LIMIT", "SIGN_IN_LIMIT")}


def free_port() -> int:
    """A port nobody listens on at this moment; none of those that the system gives to outgoing connections.

    One of them might be taken before its server binds it, or while a test has its server down.
    """
    for port in random.sample(QUIET_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("this machine has no port to spare")


def eventually(condition: Callable[[], object], seconds: float = 10, what: str = "") -> object:
    """The first true value of `condition()`; fails when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)
    return value


class Server:
    """Baton under gunicorn. `environ` holds settings that differ from the tests' own."""

    def __init__(self, DATA_DIR: str | Path, **environ: str):
        self.data_dir = Path(DATA_DIR)
        self.port = free_port()
        # Models and webhooks of tests run on this machine.
        self.environ = {**os.environ, **NO_LIMITS, "DATA_DIR": str(DATA_DIR), "PORT": str(self.port),
                        "LOG_LEVEL": "warning", "ENGINE_HOSTS": "127.0.0.1", **environ}
        self.log = Path(tempfile.mkstemp(suffix=".log", dir=self.data_dir)[1])
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """The address for requests; another site than `public_url` for a browser."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        """The same server under another name, so that it is cross-site to a host's page on 127.0.0.1."""
        return f"http://localhost:{self.port}"

    def baton(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Run a command of bin/baton against the server's data."""
        return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, env=self.environ, text=True,
                              capture_output=True, timeout=60, **options)

    def start(self) -> "Server":
        """Start serving, and wait until it does."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "gunicorn", "wsgi:app"], cwd=ROOT, env=self.environ,
                                            stdout=log, stderr=log, start_new_session=True)
        eventually(self.answers, 30, f"the server answers; its log: {self.log.read_text()[-2000:]}")
        return self

    def answers(self) -> bool:
        """Whether it is up."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            # Without the certificates of the world, which would take longer to load than the answer.
            return httpx.get(f"{self.url}/readyz", timeout=2, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> float:
        """SIGTERM; the seconds until it was gone."""
        return self._end(signal.SIGTERM, whole_group=False)

    def kill(self) -> None:
        """SIGKILL for the master and every worker: nobody says goodbye."""
        self._end(signal.SIGKILL, whole_group=True)

    def _end(self, with_signal: int, whole_group: bool) -> float:
        began = time.monotonic()
        if self.process and self.process.poll() is None:
            (os.killpg if whole_group else os.kill)(self.process.pid, with_signal)
            self.process.wait(timeout=40)
        return time.monotonic() - began
