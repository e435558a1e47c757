"""gunicorn's gevent worker, which also stops in about a second."""

import gc
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from gunicorn.http.message import Request
from gunicorn.workers.ggevent import GeventWorker

from realtime.turns import NoTurn, Turns

log = logging.getLogger(__name__)

# Before the others get their turn: after a restart thousands stand at the door, and whoever comes to write after them.
MOST_ACCEPTED = 64

_start_callbacks: list[Callable[[], None]] = []
_stop_callbacks: list[Callable[[], None]] = []
_door: Turns | None = None


def on_start(callback: Callable[[], None]) -> None:
    """Run `callback` in every worker once the app is loaded, in a greenlet of its own (it may loop)."""
    _start_callbacks.append(callback)


def on_stop(callback: Callable[[], None]) -> None:
    """Run `callback` in every worker as soon as it is told to stop, in a greenlet of its own.

    It is there to close what would stay open: the worker leaves when no connection is left.
    """
    _stop_callbacks.append(callback)


def spare_collections() -> None:
    """Have the garbage collector leave alone what stays for good, and look less often at the rest.

    Requests leave hardly any cycles behind, and with thousands of them waiting each look takes long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def wants_socket(req: Request) -> bool:
    """Whether a request asks for a WebSocket, and is there as a whole: one that is still to be read keeps its turn."""
    said = {name: value.lower() for name, value in req.headers}
    has_body = said.get("CONTENT-LENGTH", "0") != "0" or "TRANSFER-ENCODING" in said
    return said.get("UPGRADE") == "websocket" and not has_body


def has_left(client: socket.socket) -> bool:
    """Whether a browser that waited for its turn has given up: it says nothing before the handshake is over."""
    try:
        return client._sock.recv(1, socket.MSG_PEEK) == b""  # past gevent, which would wait
    except BlockingIOError:
        return False
    except OSError:
        return True


def open_sockets_in_turn(turns: Turns) -> None:
    """Have requests for WebSockets wait for their turn: for an app whose routes return when a socket is open."""
    global _door
    _door = turns


class Worker(GeventWorker):
    """Leaves when the requests in flight are answered.

    gunicorn's own waits `graceful_timeout` for sockets and keep-alive connections that nobody will use again,
    and looks only once a second. Sockets are closed by whoever registered with `on_stop`.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stopping = Event()
        self.idle: set[socket.socket] = set()

    def run(self) -> None:
        """Serve until told to stop, then see the requests in flight off."""
        spare_collections()
        servers = [self.serve(listener) for listener in self.sockets]
        for callback in _start_callbacks:
            gevent.spawn(callback)
        while self.alive:
            self.notify()
            self.stopping.wait(timeout=1)
        for server in servers:
            server.close()
        closing = [gevent.spawn(callback) for callback in _stop_callbacks]
        self.release_idle()
        if _door:
            _door.end()
        self.see_off(servers)
        gevent.joinall(closing, timeout=1)

    def serve(self, listener) -> StreamServer:
        """Start accepting connections from a listening socket."""
        listener.setblocking(1)
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=Pool(self.worker_connections))
        server.max_accept = MOST_ACCEPTED
        server.start()
        return server

    def see_off(self, servers: list[StreamServer]) -> None:
        """Wait for the connections, at most `graceful_timeout` seconds, then cut off the rest."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while time.monotonic() < deadline:
            self.notify()
            if all(server.pool.join(timeout=1) for server in servers):
                return
        log.warning("connections were cut off after %s s", self.cfg.graceful_timeout)
        for server in servers:
            server.stop(timeout=1)

    def handle_exit(self, sig, frame) -> None:
        """SIGTERM: from the operator, or from a reload that has started our successor."""
        super().handle_exit(sig, frame)
        self.stopping.set()

    def handle(self, listener, client, addr) -> None:
        """One connection, for as long as it lives; it is idle whenever no request is being answered."""
        self.idle.add(client)
        try:
            if not self.alive:
                self.release_idle()
            super().handle(listener, client, addr)
        finally:
            self.idle.discard(client)

    def handle_request(self, listener_name, req, sock, addr) -> None:
        """One request; the last one of its connection when the worker is stopping."""
        self.idle.discard(sock)
        if _door and wants_socket(req):
            self.shake_hands(listener_name, req, sock, addr)
        else:
            super().handle_request(listener_name, req, sock, addr)
        if not self.alive:
            raise StopIteration
        self.idle.add(sock)

    def shake_hands(self, listener_name, req, sock, addr) -> None:
        """Open a socket when its turn comes. Here, for until then it costs nothing but its connection."""
        try:
            with _door.one():
                if not has_left(sock):
                    super().handle_request(listener_name, req, sock, addr)
                    return
        except NoTurn:
            pass
        raise StopIteration

    def release_idle(self) -> None:
        """End the waiting for a next request. One that has already arrived is still read and answered."""
        for client in self.idle:
            with suppress(OSError):
                # Past gevent, whose own shutdown raises where the next request is awaited: an error in the log for
                # each connection. This way it reads the end.
                client._sock.shutdown(socket.SHUT_RD)
