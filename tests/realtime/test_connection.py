import threading
import time
from types import SimpleNamespace

import gevent.socket
import pytest
from gevent.event import Event

from realtime.connection import Connection
from realtime.stream import Stream
from tests.realtime.conftest import wait_until
from tests.wsclient import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocketClient, encode_frame

BIG = 200_000


def numbered(number: int) -> str:
    return f"{number:05}" * (BIG // 5)


def test_compression_is_not_agreed_to_though_offered(server):
    with server.connect("plain") as client:
        assert client.status == 101
        assert "sec-websocket-extensions" not in client.headers


@pytest.mark.parametrize("headers", [{"Sec-WebSocket-Key": None}, {"Sec-WebSocket-Version": "8"}])
def test_a_broken_handshake_is_a_bad_request(server, headers):
    with server.connect("broken", headers) as client:
        assert client.status == 400


@pytest.mark.alone
def test_a_slow_reader_gets_every_frame_whole_and_delays_nobody(server):
    slow = server.connect(f"slow?most_bytes={100 * BIG}", receive_buffer=4096, timeout=20)
    quick = server.connect("quick")
    for number in range(60):
        server.publish("slow", numbered(number))
    delays = []
    for number in range(60):
        if number % 6 == 0:
            delays.append(delay_of(server, quick))
            # Its answer comes from another greenlet than the frames, and must not land inside one.
            slow.send_frame(PING, b"still reading")
        assert next_head(slow) == (TEXT, BIG)
        time.sleep(0.01)
        assert slow.read_bytes(BIG).decode() == numbered(number)
    assert sorted(delays)[len(delays) // 2] < 0.1, delays
    slow.close()
    quick.close()


def next_head(client) -> tuple[int, int]:
    while (head := client.read_head())[0] == PONG:
        client.read_bytes(head[1])
    return head


def delay_of(server, client) -> float:
    started = time.monotonic()
    server.publish("quick", '{"content": "hello"}')
    client.read_text()
    return time.monotonic() - started


def test_who_never_reads_is_closed_with_little_memory_held(server):
    deaf = server.connect("deaf?send_seconds=2", receive_buffer=4096)
    before = server.state()
    # The kernel itself takes some MB for the peer before the sender feels anything.
    for number in range(200):
        server.publish("deaf", numbered(number))
    wait_until(lambda: server.state()["dropped_slow"] == before["dropped_slow"] + 1)
    after = server.state()
    assert "deaf" not in after["topics"]
    assert after["rss"] - before["rss"] < 8_000_000
    deaf.close()


def test_a_frame_that_is_not_taken_in_time_ends_the_connection(server):
    stuck = server.connect(f"stuck?send_seconds=1&most_bytes={100 * BIG}", receive_buffer=4096)
    for number in range(60):
        server.publish("stuck", numbered(number))
    wait_until(lambda: "stuck" not in server.state()["topics"], seconds=3)
    stuck.close()


def test_who_reads_too_late_is_told_to_come_back(server):
    late = server.connect("late", receive_buffer=4096)
    for number in range(60):
        server.publish("late", numbered(number))
    assert late.read_close_code() == 1013
    late.close()


def test_a_vanished_peer_is_unsubscribed_at_once(server):
    client = server.connect("vanished")
    client.reset()
    wait_until(lambda: "vanished" not in server.state()["topics"], seconds=1)


def test_a_peer_that_hangs_up_is_unsubscribed_at_once(server):
    client = server.connect("hung_up")
    client.close()
    wait_until(lambda: "hung_up" not in server.state()["topics"], seconds=1)


def test_a_peer_that_closes_politely_is_answered(server):
    client = server.connect("polite")
    client.send_frame(CLOSE, b"\x03\xe8")
    assert client.read_close_code(answer=False) == 1000
    client.close()
    wait_until(lambda: "polite" not in server.state()["topics"], seconds=1)


def test_a_ping_of_the_peer_is_answered(server):
    with server.connect("asking") as client:
        client.send_frame(PING, b"there?")
        assert client.read_frame() == (PONG, b"there?")


def test_who_answers_pings_stays(server):
    with server.connect("silent") as client:
        for _ in range(4):
            server.request("POST", "/beat")
            assert client.read_frame().opcode == PING
            time.sleep(0.05)
        server.publish("silent", "still here")
        assert client.read_text() == "still here"


def test_two_unanswered_pings_close_with_1011(server):
    with server.connect("silent", answers_pings=False) as client:
        for _ in range(3):
            server.request("POST", "/beat")
        assert [client.read_frame().opcode, client.read_frame().opcode] == [PING, PING]
        assert client.read_close_code() == 1011


def test_a_heartbeat_names_the_number_of_the_topic(server):
    with server.connect("beating") as client:
        server.request("POST", "/beat")
        assert client.read_text() == '{"heartbeat": 7}'


def test_an_incoming_frame_is_handed_over(server):
    with server.connect("talking") as client:
        client.send_frame(TEXT, b'{"typing"', final=False)
        client.send_frame(CONTINUATION, b': "whole"}')
        wait_until(lambda: '{"typing": "whole"}' in server.state()["received"])


def test_a_handler_that_fails_costs_the_peer_nothing(server):
    with server.connect("bug") as client:
        client.send_text('{"explode": true}')
        client.send_text('{"typing": "after the bug"}')
        wait_until(lambda: '{"typing": "after the bug"}' in server.state()["received"])
        server.publish("bug", "still here")
        assert client.read_text() == "still here"


def test_a_talkative_peer_is_cut_and_no_more_of_it_is_heard(server):
    with server.connect("flood") as client:
        for number in range(60):
            client.send_text(f'{{"flood": {number}}}')
        assert client.read_close_code() == 1008
    heard = [text for text in server.state()["received"] if "flood" in text]
    assert 20 <= len(heard) <= 22


def test_a_flood_of_pings_is_cut(server):
    with server.connect("pings") as client, pytest.raises(OSError):
        for _ in range(5000):
            client.send_frame(PING, b"x" * 100)
            client.drop_input()
    wait_until(lambda: "pings" not in server.state()["topics"], seconds=1)


def test_a_flooding_peer_delays_nobody(server):
    flooding, quick = server.connect("torrent"), server.connect("quick")
    flood = threading.Thread(target=send_until_cut, args=(flooding,))
    flood.start()
    delays = [delay_of(server, quick) for _ in range(20)]
    flood.join()
    assert max(delays) < 1, delays
    quick.close()


def send_until_cut(client: WebSocketClient) -> None:
    try:
        client.send_frame(TEXT, b"", final=False)
        for _ in range(500):
            client.send_bytes(encode_frame(CONTINUATION, b"", final=False) * 2000)
    except OSError:
        pass


@pytest.mark.parametrize("description, frames, code", [
    ("too long", [(TEXT, b'{"a": "' + b"x" * 5000 + b'"}', True)], 1009),
    ("too long in pieces", [(TEXT, b"x" * 3000, False), (CONTINUATION, b"x" * 3000, True)], 1009),
    ("binary", [(BINARY, b"\x00\x01", True)], 1003),
    ("no JSON", [(TEXT, b"hello", True)], 1007),
    ("JSON, but no object", [(TEXT, b"[1]", True)], 1007),
    ("JSON nested too deep", [(TEXT, b"[" * 4000, True)], 1007),
    ("no UTF-8", [(TEXT, b"\xff\xfe", True)], 1007),
    ("a piece of nothing", [(CONTINUATION, b"x", True)], 1002),
    ("an unknown opcode", [(3, b"x", True)], 1002),
])
def test_bad_input_is_closed_with_its_code(server, description, frames, code):
    with server.connect("bad") as client:
        for opcode, payload, final in frames:
            client.send_frame(opcode, payload, final=final)
        assert client.read_close_code() == code
    wait_until(lambda: "bad" not in server.state()["topics"], seconds=1)


def test_an_unmasked_frame_is_closed(server):
    with server.connect("unmasked") as client:
        client.send_frame(TEXT, b"{}", masked=False)
        assert client.read_close_code() == 1002


def test_after_a_disconnect_not_one_frame_more(server):
    with server.connect("ended") as client:
        server.disconnect("ended", 1008)
        server.publish("ended", "secret")
        assert client.read_frame().close_code == 1008


def test_a_peer_that_ignores_the_close_frame_is_hung_up_on(server):
    with server.connect("ignoring") as client:
        server.disconnect("ignoring", 1008)
        assert client.read_close_code(answer=False) == 1008
        assert client.is_gone()
        wait_until(lambda: "ignoring" not in server.state()["topics"], seconds=3)


def test_reading_that_fails_cuts_the_line(caplog):
    ours, theirs = gevent.socket.socketpair()
    ended = Event()
    Stream(ours, fail, ended.set, patience=1).read()
    theirs.sendall(b"hello")
    assert ended.wait(1)
    assert theirs.recv(1) == b""
    assert "reading a socket failed" in caplog.text


def fail(data: bytes) -> None:
    raise RuntimeError("a bug while reading")


def test_a_peer_that_leaves_between_its_words_and_our_answer_is_gone_quietly(caplog):
    ours, theirs = gevent.socket.socketpair()
    heard, ended = [], Event()
    connection = Connection(SimpleNamespace(sock=ours), heard.append)
    theirs.sendall(encode_frame(TEXT, b'{"typing": true}') + encode_frame(PING, b"there?"))
    theirs.close()
    connection.start(ended.set)
    assert ended.wait(1)
    assert heard == ['{"typing": true}']
    assert caplog.text == ""
