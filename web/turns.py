"""Answering what pages miss goes a few at a time, too; those without a socket come last."""

from collections.abc import Callable
from functools import wraps

from flask import request

from realtime.turns import AT_ONCE, NoTurn, Turns, connecting

# Pages give up after 15 s; what they no longer wait for is not worth doing. They ask again by themselves. Those that
# have a socket hold back what it brings until they have what came before: nobody who has none goes before them.
_catching_up = Turns(AT_ONCE, most_wait_seconds=10)
_polling = Turns(AT_ONCE, most_wait_seconds=10, most_waiting=100)
# When so many wait for sockets, nobody who has none is answered: their sockets bring what they miss, and sooner.
MANY = 50


def busy_seconds() -> int:
    """In how many seconds a page had better ask again; 0 when it need not wait."""
    return min(30, 5 + connecting.waiting // 100) if connecting.waiting > MANY else 0


def in_turn(work: Callable) -> Callable:
    """A view that answers what a page misses, when its turn comes."""

    @wraps(work)
    def waits(*args, **kwargs):
        polls = "polls" in request.args
        if polls and busy_seconds():
            raise NoTurn
        with (_polling if polls else _catching_up).one():
            return work(*args, **kwargs)

    return waits
