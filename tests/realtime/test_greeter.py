import json

import gevent
import pytest
from gevent.event import Event
from sqlalchemy.exc import OperationalError

from realtime.greeter import FAILED, Greeter
from tests.realtime.test_hub import FakeConnection


class Numbers:
    """A database that answers when it is let; it notes what it was asked for."""

    def __init__(self, **last):
        self.last = last
        self.asked = []
        self.is_away = False
        self.may_answer = Event()

    def __call__(self, topics):
        self.asked.append(sorted(topics))
        self.may_answer.wait()
        if self.is_away:
            raise OperationalError("", {}, Exception("away"))
        return {topic: self.last[topic] for topic in topics if topic in self.last}


@pytest.fixture
def numbers():
    return Numbers(a=3, b="2:9")


@pytest.fixture
def greeter(numbers):
    return Greeter(numbers)


def come(greeter, *topics):
    """Somebody comes; by then the greeter has had its chance to ask."""
    connection = FakeConnection()
    greeter.greet(connection, list(topics))
    gevent.idle()
    return connection


def heard(connection):
    return [json.loads(frame)["heartbeat"] for frame in connection.frames]


def test_who_comes_is_told_the_last_number_of_each_topic_that_has_one(greeter, numbers):
    numbers.may_answer.set()
    connection = come(greeter, "a", "widgets", "b")
    assert heard(connection) == [3, "2:9"]


def test_who_comes_while_somebody_asks_shares_the_next_question(greeter, numbers):
    first, second, third = come(greeter, "a"), come(greeter, "b"), come(greeter, "a", "b")
    assert numbers.asked == [["a"]]
    numbers.may_answer.set()
    gevent.idle()
    assert numbers.asked == [["a"], ["a", "b"]]
    assert (heard(first), heard(second), heard(third)) == ([3], ["2:9"], [3, "2:9"])


def test_who_cannot_be_told_is_sent_to_try_again_and_the_next_one_is_greeted(greeter, numbers):
    numbers.is_away = True
    numbers.may_answer.set()
    refused = come(greeter, "a")
    assert refused.close_code == FAILED and not refused.frames
    numbers.is_away = False
    assert heard(come(greeter, "a")) == [3]
