"""Breathing: who has much to do lets the others of this process have their turn now and then."""

from collections.abc import Iterable, Iterator

import gevent

# Not 0: gevent runs up to 50 greenlets that sleep 0 before it looks at the sockets again.
SECONDS = 0.0001


def pause() -> None:
    """Let everybody else run who can."""
    gevent.sleep(SECONDS)


def with_pauses(things: Iterable, at_once: int) -> Iterator:
    """The things one by one, with a pause after every `at_once` of them."""
    for count, thing in enumerate(things, start=1):
        yield thing
        if count % at_once == 0:
            pause()
