"""Asking a server as a browser would: one request, or one WebSocket, with a limit of time on every step."""

import http.client
import json
import socket
import ssl
import time
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, RejectConnection, Request, TextMessage
from wsproto.utilities import RemoteProtocolError

SECONDS = 5
MOST_BYTES = 100_000


class Unreachable(Exception):
    """No answer. Its text completes "The address …"."""


class Rejected(Exception):
    """The handshake of a WebSocket was answered with another status than 101."""

    def __init__(self, status: int):
        super().__init__(f"status {status}")
        self.status = status


class Answer(NamedTuple):
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


def get(origin: str, path: str, headers: dict[str, str] | None = None) -> Answer:
    """GET a path below an origin, over a connection of its own. Raises Unreachable."""
    parts = urlsplit(origin)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read(MOST_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(why(error)) from error
    finally:
        connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)


def why(error: Exception) -> str:
    """Why nothing was to be reached, in words that complete "The address …"."""
    match error:
        case socket.gaierror():
            return "is a name that this machine cannot look up"
        case ConnectionRefusedError():
            return "refuses connections: nothing listens there"
        case TimeoutError():
            return f"does not answer within {SECONDS} s: a firewall, or a wrong address"
        case ssl.SSLCertVerificationError():
            return f"has a certificate that is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return "speaks no TLS, or another version of it"
        case http.client.HTTPException() | RemoteProtocolError():
            return "answers, but not with HTTP"
        case _:
            return f"cannot be reached: {getattr(error, 'strerror', None) or error}"


class WebSocket:
    """A WebSocket that sends and receives JSON objects. Raises Unreachable or Rejected when it is made."""

    def __init__(self, origin: str, path: str, subprotocols: list[str]):
        parts = urlsplit(origin)
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._events: deque = deque()
        self._texts: list[str] = []
        try:
            self._sock = connect(parts)
            self._sock.sendall(self._ws.send(Request(host=parts.netloc, target=path, subprotocols=subprotocols,
                                                     extra_headers=[(b"Origin", origin.encode())])))
            self._shake_hands()
        except (OSError, RemoteProtocolError) as error:
            raise Unreachable(why(error)) from error

    def send(self, words: dict) -> None:
        """Send one frame. Raises OSError."""
        self._sock.sendall(self._ws.send(TextMessage(json.dumps(words))))

    def receive(self, seconds: float = SECONDS) -> tuple[dict, float]:
        """The next frame, and when it came (time.perf_counter). Raises TimeoutError or another OSError."""
        self._sock.settimeout(seconds)
        while True:
            event = self._next()
            if isinstance(event, CloseConnection):
                raise ConnectionAbortedError(f"closed with {event.code}")
            if isinstance(event, TextMessage):
                self._texts.append(event.data)
                if event.message_finished:
                    text, self._texts = "".join(self._texts), []
                    return json.loads(text), time.perf_counter()

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _shake_hands(self) -> None:
        event = self._next()
        if isinstance(event, RejectConnection):
            self.close()
            raise Rejected(event.status_code)
        if not isinstance(event, AcceptConnection):
            raise RemoteProtocolError("no answer to the handshake")

    def _next(self):
        while not self._events:
            data = self._sock.recv(4096)
            if not data:
                raise ConnectionResetError("the connection was closed")
            self._ws.receive_data(data)
            self._events.extend(self._ws.events())
        return self._events.popleft()


def connect(parts) -> socket.socket:
    """A connection to where a split URL points. Raises OSError."""
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    sock = socket.create_connection((parts.hostname, port), timeout=SECONDS)
    if parts.scheme == "https":
        return ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)
    return sock
