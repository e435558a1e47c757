"""Turns: what can wait goes a few at a time, in the order in which it came."""

import time

import gevent
import pytest
from flask import Flask

from realtime.turns import NoTurn, Turns
from web import turns as answering

# None of these should take a tenth of a second, but a whole machine may stand still for some.
LONG_SECONDS = 60


def go_all(turns, at_once):
    """Ten who come one after the other: in which order they went."""
    inside, went = [], []

    def go(number):
        with turns.one():
            inside.append(number)
            assert len(inside) <= at_once
            went.append(number)
            gevent.sleep(0.01)
            inside.remove(number)

    gevent.joinall([gevent.spawn(go, number) for number in range(10)], raise_error=True, timeout=LONG_SECONDS)
    return went


def test_so_many_go_at_once_and_everybody_goes():
    # Who are let in together may go in either order.
    assert sorted(go_all(Turns(3, LONG_SECONDS), 3)) == list(range(10))


def test_who_came_first_goes_first():
    assert go_all(Turns(1, LONG_SECONDS), 1) == list(range(10))


def test_who_waits_too_long_is_sent_away_and_takes_no_turn():
    turns = Turns(1, 0.01)
    with turns.one():
        late = gevent.spawn(lambda: turns.one().__enter__())
        with pytest.raises(NoTurn):
            late.get(timeout=LONG_SECONDS)
    with turns.one():
        pass


def test_a_turn_that_comes_when_patience_ends_is_not_lost():
    turns = Turns(1, 0.2)

    def go(seconds):
        with turns.one():
            gevent.sleep(seconds)

    everybody = [gevent.spawn(go, 0.1), gevent.spawn(go, 0)]
    gevent.sleep(0.01)
    # The first one has done its work and the other one's patience ends: in the same pass of the loop.
    time.sleep(0.5)
    gevent.joinall(everybody, timeout=LONG_SECONDS)
    assert [each.exception for each in everybody] == [None, None]
    with turns.one():
        pass


def test_who_would_be_behind_too_many_is_sent_away_at_once():
    turns = Turns(1, LONG_SECONDS, most_waiting=1)
    with turns.one():
        waiting = gevent.spawn(lambda: turns.one().__enter__())
        gevent.idle()
        with pytest.raises(NoTurn), turns.one():
            pass
    waiting.join(timeout=LONG_SECONDS)
    assert waiting.successful()


def test_work_that_fails_passes_its_turn_on():
    turns = Turns(1, 0.01)
    with pytest.raises(ZeroDivisionError), turns.one():
        raise ZeroDivisionError
    with turns.one():
        pass


def test_at_the_end_all_who_wait_are_sent_away_and_nobody_is_let_in():
    turns = Turns(1, LONG_SECONDS)
    with turns.one():
        waiting = [gevent.spawn(lambda: turns.one().__enter__()) for _ in range(3)]
        gevent.idle()
        turns.end()
        gevent.joinall(waiting, timeout=LONG_SECONDS)
    assert [type(each.exception) for each in waiting] == [NoTurn] * 3
    with pytest.raises(NoTurn), turns.one():
        pass


def test_while_many_wait_for_sockets_only_those_are_answered_who_have_one(monkeypatch):
    connecting = Turns(1, LONG_SECONDS)
    monkeypatch.setattr(answering, "connecting", connecting)
    answer = answering.in_turn(lambda: "what you missed")

    def asks(address):
        with Flask(__name__).test_request_context(address):
            return answer()

    with connecting.one():
        crowd = [gevent.spawn(lambda: connecting.one().__enter__()) for _ in range(answering.MANY)]
        gevent.idle()
        assert asks("/?polls") == asks("/?after=1") == "what you missed"
        crowd.append(gevent.spawn(lambda: connecting.one().__enter__()))
        gevent.idle()
        assert asks("/?after=1") == "what you missed"
        with pytest.raises(NoTurn):
            asks("/?polls")
    gevent.killall(crowd)
