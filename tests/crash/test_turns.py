"""Turns: what can wait goes a few at a time, in the order in which it came."""

import gevent
import pytest

from web.turns import NoTurn, Turns


def test_so_many_go_at_once_and_the_others_follow_in_order():
    turns, inside, went = Turns(2, 5), [], []

    def go(number):
        with turns.one():
            inside.append(number)
            assert len(inside) <= 2
            went.append(number)
            gevent.sleep(0.01)
            inside.remove(number)

    gevent.joinall([gevent.spawn(go, number) for number in range(10)], raise_error=True, timeout=5)
    assert went == list(range(10))


def test_who_waits_too_long_is_sent_away_and_takes_no_turn():
    turns = Turns(1, 0.01)
    with turns.one():
        late = gevent.spawn(lambda: turns.one().__enter__())
        with pytest.raises(NoTurn):
            late.get(timeout=5)
    with turns.one():
        pass


def test_work_that_fails_passes_its_turn_on():
    turns = Turns(1, 0.01)
    with pytest.raises(ZeroDivisionError), turns.one():
        raise ZeroDivisionError
    with turns.one():
        pass
