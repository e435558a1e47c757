import json
import time

import pytest

from realtime.hub import Hub


class FakeConnection:
    """Notes what the hub asks of it."""

    def __init__(self):
        self.close_code = None
        self.frames = []
        self.pings = 0
        self.aborted = False

    def put(self, frame):
        self.frames.append(frame)

    def ping(self):
        self.pings += 1

    def close(self, code, reason=""):
        self.close_code = code

    def abort(self):
        self.aborted = True


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def connection():
    return FakeConnection()


def test_a_frame_reaches_the_listeners_of_its_topic_and_nobody_else(hub, connection):
    other = FakeConnection()
    hub.subscribe(connection, ["chat:1"])
    hub.subscribe(other, ["chat:2"])
    hub.deliver("chat:1", "hello")
    assert connection.frames == ["hello"] and other.frames == []
    assert hub.frames == 1


def test_after_unsubscribing_nothing_arrives_and_nothing_is_kept(hub, connection):
    hub.subscribe(connection, ["chat:1", "bot:1"])
    hub.unsubscribe(connection)
    hub.deliver("chat:1", "hello")
    assert connection.frames == [] and hub.topics() == []
    assert (hub.opened, hub.closed) == (1, 1)


def test_unsubscribing_twice_counts_once(hub, connection):
    hub.subscribe(connection, ["chat:1"])
    hub.unsubscribe(connection)
    hub.unsubscribe(connection)
    assert hub.closed == 1


def test_upstream_hears_only_of_first_and_last_listeners(hub, connection):
    calls = []
    hub.on_first = lambda topics: calls.append(("first", sorted(topics)))
    hub.on_last = lambda topics: calls.append(("last", sorted(topics)))
    second = FakeConnection()
    hub.subscribe(connection, ["a", "b"])
    hub.subscribe(second, ["b", "c"])
    hub.unsubscribe(connection)
    hub.unsubscribe(second)
    assert calls == [("first", ["a", "b"]), ("first", ["c"]), ("last", ["a"]), ("last", ["b", "c"])]


def test_a_listener_that_leaves_during_a_delivery_stops_nobody(hub, connection):
    leaving, others = FakeConnection(), [FakeConnection() for _ in range(5)]
    leaving.put = lambda frame: [hub.unsubscribe(each) for each in (leaving, connection)]
    for each in (connection, leaving, *others):
        hub.subscribe(each, ["a"])
    hub.deliver("a", "hello")
    assert all(other.frames == ["hello"] for other in others)


def test_disconnect_closes_the_topic_only(hub, connection):
    other = FakeConnection()
    hub.subscribe(connection, ["sign_in:1"])
    hub.subscribe(other, ["sign_in:2"])
    hub.disconnect("sign_in:1", 1008)
    assert (connection.close_code, other.close_code) == (1008, None)


def test_one_catch_up_for_a_connection_on_two_topics(hub, connection):
    hub.subscribe(connection, ["a", "b"])
    hub.catch_up(["a", "b", "unknown"])
    assert [json.loads(frame) for frame in connection.frames] == [{"catch_up": True}]


def test_a_heartbeat_pings_all_and_tells_each_topic_its_number(hub, connection):
    other, asked = FakeConnection(), []
    hub.subscribe(connection, ["chat:1"])
    hub.subscribe(other, ["member:1"])
    hub.beat(lambda topics: asked.append(sorted(topics)) or {"chat:1": 17})
    assert asked == [["chat:1", "member:1"]]
    assert [json.loads(frame) for frame in connection.frames] == [{"heartbeat": 17}]
    assert other.frames == [] and connection.pings == other.pings == 1


def test_a_failing_heartbeat_is_followed_by_the_next(hub, connection, monkeypatch):
    hub.subscribe(connection, ["a"])
    waits = iter([None, None])
    monkeypatch.setattr("realtime.hub.time.sleep", lambda seconds: next(waits))

    def numbers(topics):
        raise RuntimeError("the database is away")

    # A generator that has run out ends what would go on for ever.
    with pytest.raises(StopIteration):
        hub.heartbeat(1, numbers)
    assert connection.pings == 2


def test_closing_all_cuts_off_who_stays_and_refuses_who_comes(hub, connection):
    polite, late = FakeConnection(), FakeConnection()
    polite.close = lambda code, reason="": hub.unsubscribe(polite)
    hub.subscribe(connection, ["a"])
    hub.subscribe(polite, ["a"])
    hub.close_all(1012, seconds=0.05)
    hub.subscribe(late, ["a"])
    assert connection.close_code == 1012 and connection.aborted
    assert not polite.aborted
    assert late.close_code == 1012 and hub.opened == 2


def test_connections_dropped_for_slowness_are_counted(hub, connection):
    hub.subscribe(connection, ["a"])
    connection.close_code = 1013
    hub.unsubscribe(connection)
    assert hub.dropped_slow == 1


def test_who_was_approved_before_a_topic_was_disconnected_does_not_come_after_it(hub, connection):
    other, approved_at = FakeConnection(), time.monotonic()
    hub.disconnect("chat:1", 1012)
    hub.subscribe(connection, ["chat:1", "bot:1"], approved_at)
    hub.subscribe(other, ["chat:2", "bot:1"], approved_at)
    assert (connection.close_code, other.close_code) == (1012, None)
    assert hub.open == 1


def test_who_was_approved_afterwards_may_listen(hub, connection):
    hub.disconnect("chat:1", 1012)
    hub.subscribe(connection, ["chat:1"], time.monotonic())
    assert connection.close_code is None and hub.open == 1


def test_what_was_disconnected_long_ago_is_forgotten(hub, monkeypatch):
    for number in range(100):
        hub.disconnect(f"chat:{number}", 1012)
    later = time.monotonic() + 61
    monkeypatch.setattr("realtime.hub.time.monotonic", lambda: later)
    hub.disconnect("chat:100", 1012)
    assert list(hub._cuts) == ["chat:100"]
