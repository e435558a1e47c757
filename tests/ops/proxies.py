"""Small proxies in front of a server, each wrong in one way, as those in front of a host's Baton may be."""

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

# A request's header lines, without the first line and the empty one.
Headers = list[str]


def as_they_are(headers: Headers) -> Headers:
    """Pass every header on."""
    return headers


def without_upgrade(headers: Headers) -> Headers:
    """As nginx does by itself: what belongs to one connection is not passed on."""
    return [line for line in headers if line.split(":")[0].lower() not in ("upgrade", "connection")]


def with_own_host(headers: Headers) -> Headers:
    """As nginx does by itself: the server gets the name by which the proxy knows it."""
    return ["Host: 127.0.0.1:1" if line.lower().startswith("host:") else line for line in headers]


def adding(*lines: str) -> Callable[[Headers], Headers]:
    """Add headers."""
    return lambda headers: [*headers, *lines]


class Proxy:
    """Listens on a port of its own and passes on to `port`.

    `change` makes the headers of each connection's first request. What comes through a WebSocket is collected for
    `hold_seconds` before it is passed on in one piece. `status`: answers with that, and passes on nothing.
    """

    def __init__(self, port: int, change: Callable[[Headers], Headers] = as_they_are, *, hold_seconds: float = 0,
                 status: int = 0):
        self._behind = port
        self._change = change
        self._hold_seconds = hold_seconds
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address in front."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Accept no more."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head, rest = self._read_head(client)
            if self._status:
                client.sendall(f"HTTP/1.1 {self._status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                return
            first, *headers = head.decode("latin-1").split("\r\n")
            with socket.create_connection(("127.0.0.1", self._behind)) as server:
                server.sendall("\r\n".join([first, *self._change(headers), "", ""]).encode("latin-1") + rest)
                self._pass_on(client, server)

    def _read_head(self, client: socket.socket) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(4096)
            if not more:
                raise ConnectionError
            data += more
        head, rest = data.split(b"\r\n\r\n", 1)
        return head, rest

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        hold_seconds = None
        while True:
            ready, _writable, _broken = select.select([client, server], [], [], 30)
            if client in ready and not self._copy(client, server):
                return
            if server in ready:
                time.sleep(hold_seconds or 0)
                data = self._copy(server, client)
                if not data:
                    return
                if hold_seconds is None:
                    hold_seconds = self._hold_seconds if b" 101 " in data.split(b"\r\n")[0] else 0

    def _copy(self, source: socket.socket, target: socket.socket) -> bytes:
        data = source.recv(65536)
        target.sendall(data)
        return data
