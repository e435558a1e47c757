"""Real gunicorn processes with the delivery core in them."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wsclient import WebSocketClient

ROOT = Path(__file__).parents[2]
# Seconds for a stop: one that waits for a socket, a request or a silent connection takes 10 at the least.
AT_ONCE = 5


class Server:
    """A gunicorn process that serves the test app."""

    def __init__(self, *options: str, **environment: str):
        command = [sys.executable, "-m", "gunicorn", "--config", os.devnull, "--bind", "127.0.0.1:0",
                   "--worker-class", "realtime.worker.Worker", "--worker-connections", "3000",
                   "--no-control-socket", *options, "tests.realtime.delivery_app:app"]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
        self.log: list[str] = []
        self._listening = threading.Event()
        threading.Thread(target=self._read_log, daemon=True).start()
        assert self._listening.wait(15), self.log
        self.port = int(re.search(r"Listening at: http://127.0.0.1:(\d+)", "".join(self.log))[1])
        # The log says nothing of when the app is loaded; an answer does.
        self.state()

    def request(self, method: str, path: str, body: str | None = None) -> str:
        """One request on a connection of its own; asserts status 200 and returns the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, text
        return text

    def publish(self, topic: str, frame: str) -> None:
        self.request("POST", f"/topics/{topic}", frame)

    def disconnect(self, topic: str, code: int) -> None:
        self.request("POST", f"/closings/{topic}", str(code))

    def state(self) -> dict:
        return json.loads(self.request("GET", "/state"))

    def connect(self, topics: str, headers: dict | None = None, **options) -> WebSocketClient:
        """A client that is subscribed to the topics when this returns (not for a refused handshake)."""
        client = WebSocketClient(self.port, f"/sockets/{topics}", headers, **options)
        if client.status == 101:
            first = topics.split("?")[0].split(",")[0]
            wait_until(lambda: first in self.state()["topics"])
        return client

    def stop(self) -> float:
        """SIGTERM; returns the seconds until the process has gone."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=40)
        return time.monotonic() - started

    def _read_log(self) -> None:
        for line in self.process.stderr:
            self.log.append(line)
            if "Booting worker" in line:
                self._listening.set()


def wait_until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Returns as soon as the condition holds; fails when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*options: str, **environment: str) -> Server:
        servers.append(Server(*options, **environment))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for the tests of a file that do not stop it."""
    server = Server()
    yield server
    server.stop()
