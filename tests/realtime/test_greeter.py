import json

import gevent
import pytest
from gevent.event import Event
from sqlalchemy.exc import OperationalError

from realtime.greeter import FAILED, Greeter, Shown
from realtime.hub import Hub
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
def hub():
    return Hub()


@pytest.fixture
def made():
    """What was put together for pages that miss something."""
    return []


@pytest.fixture
def greeter(hub, numbers, made):
    def missing(shown):
        made.extend(shown)
        return {each: f"what {each.audience} miss after {each.after}" for each in shown if each.after}

    def standing(topics):
        return {topic: json.dumps({"content": f"how {topic} stands"}) for topic in topics if "widgets" in topic}

    return Greeter(hub, numbers, missing, standing)


def come(greeter, *topics, shown=None):
    """Somebody comes; by then the greeter has had its chance to ask."""
    connection = FakeConnection()
    greeter._hub.subscribe(connection, topics)
    greeter.greet(connection, list(topics), shown)
    settle()
    return connection


def settle():
    gevent.idle()


@pytest.fixture(autouse=True)
def breathless(monkeypatch):
    """So that the greeter is done as soon as nobody else has anything to do."""
    monkeypatch.setattr("realtime.pauses.SECONDS", 0)


def heard(connection):
    frames = [json.loads(frame) for frame in connection.frames]
    return [frame.get("content") or frame.get("heartbeat", "catch up") for frame in frames]


def test_who_comes_is_told_the_last_number_of_each_topic_that_has_one(greeter, numbers):
    numbers.may_answer.set()
    connection = come(greeter, "a", "widgets", "b")
    assert heard(connection) == [3, "how widgets stands", "2:9"]


def test_what_was_pushed_while_it_was_looked_up_is_looked_up_again(greeter, hub, numbers):
    connection, other = come(greeter, "a", "widgets"), come(greeter, "widgets:2")
    hub.deliver("widgets", json.dumps({"content": "newer"}))
    numbers.may_answer.set()
    settle()
    assert heard(connection) == ["newer", 3, "how widgets stands", "how widgets stands"]
    assert heard(other) == ["how widgets:2 stands"]


def test_who_comes_while_somebody_asks_shares_the_next_question(greeter, numbers):
    first, second, third = come(greeter, "a"), come(greeter, "b"), come(greeter, "a", "b")
    assert numbers.asked == [["a"]]
    numbers.may_answer.set()
    settle()
    assert numbers.asked == [["a"], ["a", "b"]]
    assert (heard(first), heard(second), heard(third)) == ([3], ["2:9"], [3, "2:9"])


def test_who_cannot_be_told_is_sent_to_try_again_and_the_next_one_is_greeted(greeter, numbers):
    numbers.is_away = True
    numbers.may_answer.set()
    refused = come(greeter, "a")
    assert refused.close_code == FAILED and not refused.frames
    numbers.is_away = False
    assert heard(come(greeter, "a")) == [3]


def test_who_misses_something_of_a_chat_hears_it_at_once_and_it_is_made_once_for_all(greeter, numbers, made):
    tabs = [come(greeter, "a", shown=Shown(1, "customer", 2)) for _ in range(3)]
    complete = come(greeter, "a", shown=Shown(1, "customer", 3))
    other = come(greeter, "a", shown=Shown(1, "members", 1))
    numbers.may_answer.set()
    settle()
    assert [tab.frames for tab in tabs] == [["what customer miss after 2"]] * 3
    assert heard(complete) == [3] and other.frames == ["what members miss after 1"]
    # The first one came alone, the others together.
    assert sorted(made) == [Shown(1, "customer", 2), Shown(1, "customer", 2), Shown(1, "members", 1)]


def test_who_misses_too_much_is_told_the_number_and_asks(greeter, numbers):
    numbers.may_answer.set()
    assert heard(come(greeter, "a", shown=Shown(1, "customer", 0))) == [3]


def test_who_may_have_missed_a_push_is_told_where_things_stand(greeter, numbers):
    numbers.may_answer.set()
    listeners = [come(greeter, topic) for topic in ("a", "waiting:7", "widgets:7")]
    for listener in listeners:
        listener.frames.clear()
    greeter.remind(["a", "waiting:7", "widgets:7"])
    settle()
    assert [heard(listener) for listener in listeners] == [[3], ["catch up"], ["how widgets:7 stands"]]


def test_of_many_topics_in_doubt_some_are_told_after_others(greeter, numbers, monkeypatch):
    numbers.may_answer.set()
    listeners = [come(greeter, topic) for topic in ("a", "b")]
    numbers.asked.clear()
    monkeypatch.setattr("realtime.greeter.AT_ONCE", 1)
    greeter.remind(["a", "b"])
    settle()
    assert sorted(numbers.asked) == [["a"], ["b"]]
    assert [heard(listener) for listener in listeners] == [[3, 3], ["2:9", "2:9"]]


def test_where_nothing_can_be_put_together_everybody_is_told_the_number(hub, numbers):
    def missing(shown):
        raise ZeroDivisionError

    numbers.may_answer.set()
    greeter = Greeter(hub, numbers, missing)
    assert [heard(come(greeter, "a", shown=Shown(1, "customer", 2))) for _ in range(2)] == [[3], [3]]
