import json
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from realtime.hub import Hub
from realtime.relay import LocalRelay, open_relay
from tests.realtime.conftest import AT_ONCE, wait_until
from tests.realtime.test_hub import FakeConnection
from tests.running import free_port

CATCH_UP = '{"catch_up": true}'


class RedisServer:
    """A Redis of our own, without a disk, that can be killed and come back."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no"],
            stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis_server():
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server here")
    server = RedisServer()
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.kill()


@pytest.fixture
def servers(start_server, redis_server):
    """Two processes that share a Redis."""
    pair = [start_server(REDIS_URL=redis_server.url) for _ in range(2)]
    for server in pair:
        wait_until(lambda server=server: server.state()["ready"])
    return pair


def connect(server, topics):
    """A client whose topics Redis has confirmed."""
    client = server.connect(topics, timeout=20)
    assert client.read_text() == CATCH_UP
    return client


def test_without_redis_a_relay_is_the_hub():
    hub, connection = Hub(), FakeConnection()
    relay = open_relay(None, hub)
    hub.subscribe(connection, ["chat:1"])
    assert isinstance(relay, LocalRelay) and relay.ready()
    relay.publish("chat:1", "hello")
    assert connection.frames == ["hello"]
    relay.disconnect("chat:1", 1008)
    assert connection.close_code == 1008


def test_a_frame_crosses_processes_once_and_in_order(servers):
    here, there = servers
    with connect(here, "chat:1") as near, connect(there, "chat:1") as far, connect(there, "chat:2") as other:
        for number in range(50):
            here.publish("chat:1", f'{{"seq": {number}}}')
        here.publish("chat:2", "elsewhere")
        expected = [f'{{"seq": {number}}}' for number in range(50)]
        assert [near.read_text() for _ in expected] == expected
        assert [far.read_text() for _ in expected] == expected
        assert other.read_text() == "elsewhere"


def test_a_process_subscribes_only_to_what_its_listeners_want(servers, redis_server):
    def channels():
        answer = subprocess.run(["redis-cli", "-p", str(redis_server.port), "pubsub", "channels"],
                                capture_output=True, text=True, check=True)
        return sorted(answer.stdout.split())

    assert channels() == ["baton:tests:closings"]
    client = connect(servers[0], "chat:1,chat:2")
    assert channels() == ["baton:tests:chat:1", "baton:tests:chat:2", "baton:tests:closings"]
    client.close()
    wait_until(lambda: channels() == ["baton:tests:closings"])


def test_a_closing_crosses_processes(servers):
    with connect(servers[0], "sign_in:1") as ended, connect(servers[0], "sign_in:2") as other:
        servers[1].disconnect("sign_in:1", 1008)
        assert ended.read_close_code() == 1008
        servers[1].publish("sign_in:2", "still here")
        assert other.read_text() == "still here"


def test_frames_leave_in_order_however_many_are_published_at_once(servers):
    here, there = servers
    with connect(there, "chat:1") as far:
        here.request("POST", "/bursts/chat:1", "1000")
        assert [json.loads(far.read_text())["seq"] for _ in range(1000)] == list(range(1000))


def test_what_redis_does_not_take_is_not_piled_up_but_delivered_here(servers, redis_server):
    with connect(servers[0], "chat:1") as client:
        redis_server.process.send_signal(signal.SIGSTOP)
        servers[0].request("POST", "/bursts/chat:1", "4300")
        shown = [json.loads(client.read_text())["seq"] for _ in range(4300)]
    # The queue was full then: those did not wait for the others.
    assert 4096 <= shown[0] < 4300 and sorted(shown) == list(range(4300))


def test_while_redis_is_away_the_own_process_still_delivers_and_says_so(servers, redis_server):
    with connect(servers[0], "chat:1") as client:
        redis_server.kill()
        servers[0].publish("chat:1", "while away")
        assert client.read_text() == "while away"
        wait_until(lambda: not servers[0].state()["ready"])

    def outages():
        return [line for line in servers[0].log if "Redis is away" in line]

    wait_until(outages)  # the log comes by another way than the answer
    assert len(outages()) == 1


def test_after_an_outage_everybody_catches_up_and_frames_flow(servers, redis_server):
    here, there = servers
    with connect(here, "chat:1") as near, connect(there, "chat:1,chat:2") as far:
        redis_server.kill()
        there.publish("nobody", "x")
        redis_server.start()
        assert near.read_text() == far.read_text() == CATCH_UP
        here.publish("chat:1", "back")
        assert near.read_text() == far.read_text() == "back"


def test_a_topic_that_came_during_the_outage_is_heard_afterwards(servers, redis_server):
    redis_server.kill()
    wait_until(lambda: not servers[0].state()["ready"])
    with servers[0].connect("chat:9", timeout=8) as client:
        redis_server.start()
        assert client.read_text() == CATCH_UP
        servers[1].publish("chat:9", "hello")
        assert client.read_text() == "hello"


def test_a_closing_during_the_outage_reaches_the_other_process_afterwards(servers, redis_server):
    with connect(servers[1], "sign_in:1") as client:
        redis_server.kill()
        servers[0].disconnect("sign_in:1", 1008)
        redis_server.start()
        assert client.read_close_code() == 1008


def test_a_process_that_is_back_after_the_others_hears_of_a_closing_too(servers, redis_server):
    late = servers[1].state()["pid"]
    with connect(servers[1], "sign_in:1") as client:
        redis_server.kill()
        servers[0].disconnect("sign_in:1", 1008)
        os.kill(late, signal.SIGSTOP)
        redis_server.start()
        wait_until(lambda: servers[0].state()["ready"])
        servers[0].publish("nobody", "x")
        os.kill(late, signal.SIGCONT)
        assert client.read_close_code() == 1008


@pytest.mark.alone
def test_a_redis_that_hangs_holds_up_no_publisher_and_the_own_process_for_a_second_once(servers, redis_server):
    with connect(servers[0], "chat:1") as client:
        redis_server.process.send_signal(signal.SIGSTOP)
        published, shown = [], []
        for _ in range(3):
            started = time.monotonic()
            servers[0].publish("chat:1", "hello")
            published.append(time.monotonic() - started)
            assert client.read_text() == "hello"
            shown.append(time.monotonic() - started)
        assert max(published) < 0.3 and shown[0] < 1.5 and max(shown[1:]) < 0.3, (published, shown)


def test_a_redis_that_hung_is_noticed_and_left(servers, redis_server):
    with servers[0].connect("chat:1", timeout=30) as client:
        assert client.read_text() == CATCH_UP
        redis_server.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: any("Redis" in line for line in servers[0].log), seconds=20)
        redis_server.process.send_signal(signal.SIGCONT)
        assert client.read_text() == CATCH_UP


def test_a_stop_is_as_quick_with_redis(servers):
    client = connect(servers[0], "chat:1")
    client.close()
    assert servers[0].stop() < AT_ONCE
