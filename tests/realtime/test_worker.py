import http.client
import json
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.realtime.conftest import AT_ONCE, wait_until


def idle_connection(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/state")
    connection.getresponse().read()
    return connection


def test_a_stop_takes_little_time_and_sends_the_sockets_elsewhere(start_server):
    server = start_server("--keep-alive", "60")
    sockets = [server.connect("chat:1") for _ in range(50)]
    idle = [idle_connection(server.port) for _ in range(5)]
    silent = socket.create_connection(("127.0.0.1", server.port))
    codes = []
    leaving = [threading.Thread(target=lambda each=each: codes.append(leave(each))) for each in sockets]
    for thread in leaving:
        thread.start()
    assert server.stop() < AT_ONCE
    for thread in leaving:
        thread.join()
    assert codes == [1012] * 50
    assert all(connection.sock.recv(1) == b"" for connection in idle)
    silent.close()


def leave(client) -> int:
    code = client.read_close_code()
    client.close()
    return code


def test_sockets_that_neither_read_nor_answer_do_not_hold_up_a_stop(start_server):
    server = start_server()
    sockets = [server.connect("deaf?most_bytes=100000000", receive_buffer=4096) for _ in range(3)]
    for _ in range(40):
        server.publish("deaf", "x" * 200_000)
    assert server.stop() < AT_ONCE
    assert len(sockets) == 3


def test_a_request_in_flight_is_answered_before_the_worker_goes(start_server):
    server = start_server()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(server.request("GET", "/slow?seconds=2")))
    thread.start()
    wait_until(lambda: server.state()["under_way"])
    assert 1 < server.stop() < 5
    thread.join()
    assert answers == ["answered"]


def test_a_kept_connection_ends_with_its_last_answer(start_server):
    server = start_server("--keep-alive", "60")
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/slow?seconds=1")
    wait_until(lambda: server.state()["under_way"])
    assert server.stop() < 5
    assert connection.getresponse().read() == b"answered"


def test_who_is_too_slow_for_a_reload_is_cut_off_after_the_graceful_timeout(start_server):
    server = start_server("--graceful-timeout", "1")
    old = Path("/proc", str(server.state()["pid"]))
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/slow?seconds=20")
    wait_until(lambda: server.state()["under_way"])
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not old.exists())
    with pytest.raises(ConnectionError):
        connection.getresponse()
    assert server.request("GET", "/slow?seconds=0") == "answered"


def test_a_reload_moves_the_sockets_to_a_new_worker(start_server):
    server = start_server()
    old = server.connect("chat:1")
    pid = server.state()["pid"]
    server.process.send_signal(signal.SIGHUP)
    assert old.read_close_code() == 1012
    old.close()
    wait_until(lambda: server.state()["pid"] != pid)
    with server.connect("chat:1") as new:
        server.publish("chat:1", json.dumps({"content": "again"}))
        assert new.read_text() == '{"content": "again"}'
