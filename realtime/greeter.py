"""Tells pages that have just come (back) where everything stands, so that they ask for what they miss."""

from collections.abc import Callable

import gevent
from sqlalchemy.exc import SQLAlchemyError

from realtime.fragments import frame
from realtime.hub import Listener

FAILED = 1011

Newcomer = tuple[Listener, list[str]]


class Greeter:
    """Sends newcomers the last number of each of their topics, as `numbers(topics)` knows them.

    After a restart thousands come together: who comes while the database is being asked shares the next question.
    """

    def __init__(self, numbers: Callable[[list[str]], dict[str, object]]):
        self._numbers = numbers
        self._newcomers: list[Newcomer] = []
        self._is_asking = False

    def greet(self, connection: Listener, topics: list[str]) -> None:
        """Greet a connection soon. It listens already: what is committed after the look is pushed to it."""
        self._newcomers.append((connection, topics))
        if not self._is_asking:
            self._is_asking = True
            gevent.spawn(self._greet_all)

    def _greet_all(self) -> None:
        try:
            while self._newcomers:
                together, self._newcomers = self._newcomers, []
                self._greet(together)
        finally:
            self._is_asking = False

    def _greet(self, together: list[Newcomer]) -> None:
        try:
            last = self._numbers(list({topic for _connection, topics in together for topic in topics}))
        except SQLAlchemyError:
            # After the handshake there is no status to answer with; the pages will try again.
            for connection, _topics in together:
                connection.close(FAILED)
            return
        for connection, topics in together:
            for topic in filter(last.__contains__, topics):
                connection.put(frame(heartbeat=last[topic]))
