"""The four sockets: who may open one, and what one may say."""

import json
import socket
import struct
from contextlib import ExitStack

import pytest

from tests.people import MemberClient
from tests.running import eventually
from tests.web.edge import (
    Screen,
    assert_pushed,
    be_live,
    chat_now,
    chat_screen,
    customer_screen,
    customer_socket,
    inbox_screen,
    member_socket,
    nothing_changes,
    pushes_in,
)
from tests.web.test_settings_look import GOOD as LOOK
from tests.wsclient import BINARY, CONTINUATION, TEXT, WebSocketClient

FOREIGN = [None, "", "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "None"]
TOO_MANY = 30


@pytest.fixture
def doors(server, desk, waiting, maya):
    """Opens each of the four sockets with headers that may differ."""
    chat = f"/bots/{desk.bot.key}/chats/{waiting.chat_id}/socket"
    return [
        lambda **headers: customer_socket(
            server, waiting.token, f"/widget/{desk.bot.key}/chats/{waiting.chat_id}/socket", **headers),
        lambda **headers: member_socket(server, maya, f"/bots/{desk.bot.key}/socket", **headers),
        lambda **headers: member_socket(server, maya, chat, **headers),
        lambda **headers: customer_socket(server, waiting.token, f"/widget/{desk.bot.key}/socket", **headers),
    ]


def test_only_pages_of_this_server_open_sockets(server, doors):
    with nothing_changes():
        for door in doors:
            for origin in [*FOREIGN, server.url + "/", server.url + ".evil.example", server.public_url]:
                assert door(Origin=origin).status == 403, origin
            assert door(Origin=server.url).status == 101


def test_a_page_under_the_public_address_may_open_sockets(public_server):
    path = "/bots/nobody/socket"
    assert WebSocketClient(public_server.port, path, {"Origin": "https://chat.example.com"}).status == 401
    for origin in (None, "http://chat.example.com", "https://chat.example.com:8443"):
        assert WebSocketClient(public_server.port, path, {"Origin": origin}).status == 403


def test_a_widget_without_a_chat_hears_how_its_bot_looks_and_nothing_else(server, desk, waiting, anna):
    path = f"/widget/{desk.bot.key}/socket"
    screen = Screen(WebSocketClient(server.port, path, {"Origin": server.url}), server)
    assert_pushed([push for frame in screen.greeting for push in pushes_in(frame)], ".bot-title", "Harbor bot")
    anna.http.post(f"/settings/bots/{desk.bot.key}/look", data=LOOK).raise_for_status()
    assert_pushed(screen, ".bot-title", "Harbor help")
    waiting.write("Not for those who have no chat")
    assert screen.hear() == []
    assert WebSocketClient(server.port, "/widget/nobody/socket", {"Origin": server.url}).status == 404


def test_a_broken_handshake_is_refused(doors):
    with nothing_changes():
        for door in doors:
            for broken in ({"Sec-WebSocket-Key": None}, {"Sec-WebSocket-Version": "99"}, {"Upgrade": None},
                           {"Sec-WebSocket-Version": None}, {"Connection": "keep-alive"}):
                assert door(**broken).status == 400, broken


def test_a_socket_starts_with_the_last_number(server, desk, waiting, maya):
    seq = chat_now(waiting.chat_id).seq
    assert {"heartbeat": seq} in customer_screen(server, waiting, desk.bot.key).greeting
    assert {"heartbeat": seq} in chat_screen(server, maya, desk.bot.key, waiting.chat_id).greeting
    assert {"heartbeat": f"1:{seq}"} in inbox_screen(server, maya, desk.bot.key).greeting


def test_the_protocol_is_named_and_the_token_is_not(server, desk, waiting):
    socket = customer_socket(server, waiting.token, f"/widget/{desk.bot.key}/chats/{waiting.chat_id}/socket")
    assert socket.headers["sec-websocket-protocol"] == "baton"
    assert waiting.token not in str(socket.headers)
    assert "sec-websocket-extensions" not in socket.headers


BROKEN = [
    ("binary", lambda socket: socket.send_frame(BINARY, b"\x00\x01"), 1003),
    ("no JSON", lambda socket: socket.send_text("hello"), 1007),
    ("no object", lambda socket: socket.send_text("[1]"), 1007),
    ("too deep", lambda socket: socket.send_text('{"a":' + "[" * 3000), 1007),
    ("no text", lambda socket: socket.send_frame(TEXT, b"\xff\xfe"), 1007),
    ("oversized", lambda socket: socket.send_text(json.dumps({"typing": "x" * 5000})), 1009),
    ("oversized in pieces", lambda socket: send_in_pieces(socket, b"x" * 3000), 1009),
    ("unmasked", lambda socket: socket.send_frame(TEXT, b"{}", masked=False), 1002),
    ("unknown kind", lambda socket: socket.send_frame(3, b"{}"), 1002),
    ("two beginnings", lambda socket: [socket.send_frame(TEXT, b"{", final=False) for _ in range(2)], 1002),
    ("too many", lambda socket: [socket.send_text('{"typing": true}') for _ in range(TOO_MANY)], 1008),
]


def send_in_pieces(socket: WebSocketClient, piece: bytes) -> None:
    socket.send_frame(TEXT, piece, final=False)
    socket.send_frame(CONTINUATION, piece)


@pytest.mark.parametrize(("send", "code"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_frame_closes_its_own_socket_only(server, desk, doors, waiting, maya, send, code):
    witness = chat_screen(server, maya, desk.bot.key, waiting.chat_id)
    with nothing_changes():
        for door in doors:
            socket = door()
            send(socket)
            assert socket.read_close_code() == code
    waiting.write("Still here?")
    assert_pushed(witness, f"#conversation_chat_{waiting.chat_id}", "Still here?")


def test_half_a_frame_and_silence_cost_nobody_anything(server, desk, doors, waiting, maya):
    for door in doors:
        door().send_bytes(struct.pack("!BBH", 0x81, 0x80 | 126, 4000) + b"half")
        door().reset()
    assert waiting.write("Still here?").status_code == 200


def test_half_a_request_for_a_socket_holds_up_nobody(server, desk, waiting):
    half = (b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Content-Length: 10\r\n\r\nx")
    with ExitStack() as lines:
        for _ in range(8):
            lines.enter_context(socket.create_connection(("127.0.0.1", server.port))).sendall(half)
        assert customer_screen(server, waiting, desk.bot.key).greeting


WORDS = [{}, {"typing": "yes"}, {"typing": None}, {"typing": 1}, {"text": "x"}, {"uuid": "x", "text": "Hi"},
         {"content": "<b>"}, {"typing": [True]}, {"heartbeat": 1}]


def test_sockets_take_nothing_but_typing(server, desk, waiting, maya):
    mine = customer_screen(server, waiting, desk.bot.key)
    theirs = chat_screen(server, maya, desk.bot.key, waiting.chat_id)
    with nothing_changes():
        for words in WORDS:
            mine.say(**words)
            theirs.say(**words)
        assert mine.hear() == theirs.hear() == []


def test_signing_out_closes_the_sockets_of_that_browser_at_once(server, desk, waiting, maya):
    elsewhere = MemberClient(server, desk.maya.email)
    here = [inbox_screen(server, maya, desk.bot.key), chat_screen(server, maya, desk.bot.key, waiting.chat_id)]
    there = inbox_screen(server, elsewhere, desk.bot.key)
    customers = customer_screen(server, waiting, desk.bot.key)
    maya.http.post("/sign-out")
    assert [screen.socket.read_close_code() for screen in here] == [1008, 1008]
    waiting.write("Hello?")
    assert there.hear() and customers.hear()


def test_a_signed_out_socket_does_not_come_back(server, desk, maya):
    cookie = f"baton={maya.http.cookies['baton']}"
    maya.http.post("/sign-out")
    path = f"/bots/{desk.bot.key}/socket"
    assert WebSocketClient(server.port, path, {"Origin": server.url, "Cookie": cookie}).status == 401


def test_a_socket_of_a_closed_chat_hears_the_feedback(server, desk, customer):
    be_live(customer)
    customer.end()
    screen = customer_screen(server, customer, desk.bot.key)
    customer.post("feedback", rating="4")
    eventually(lambda: "Thank you for your feedback" in str(screen.hear()))


def test_a_page_that_comes_back_first_hears_what_it_misses(server, desk, waiting, maya):
    before = chat_now(waiting.chat_id).seq
    waiting.write("Still there?")
    url = f"{desk.bot.key}/chats/{waiting.chat_id}/socket?after={before}"
    screens = [Screen(customer_socket(server, waiting.token, f"/widget/{url}"), server),
               Screen(member_socket(server, maya, f"/bots/{url}"), server)]
    for screen in screens:
        frame = next(frame for frame in screen.greeting if "content" in frame)
        assert (frame["chat"], frame["after"], frame["seq"]) == (waiting.chat_id, before, before + 1)
        assert_pushed(pushes_in(frame), f"#conversation_chat_{waiting.chat_id}", "Still there?", "place")


def test_a_page_that_missed_nothing_or_too_much_is_told_the_number(server, desk, waiting):
    for number in range(60):
        waiting.write(f"Message {number}").raise_for_status()
    seq = chat_now(waiting.chat_id).seq
    for after in (seq, seq + 5, 0):
        url = f"/widget/{desk.bot.key}/chats/{waiting.chat_id}/socket?after={after}"
        greeting = Screen(customer_socket(server, waiting.token, url), server).greeting
        assert {"heartbeat": seq} in greeting and not any("seq" in frame for frame in greeting)


def test_a_page_that_comes_back_is_told_what_has_no_number(server, desk, waiting, maya):
    seq = chat_now(waiting.chat_id).seq
    maya.http.post(f"/bots/{desk.bot.key}/chats/{waiting.chat_id}/seen", data={"seq": str(seq)}).raise_for_status()
    desk.bot.change(desk.olga, title="Quayside")
    theirs = [push for frame in customer_screen(server, waiting, desk.bot.key).greeting for push in pushes_in(frame)]
    assert f'data-seen="{seq}"' in assert_pushed(theirs, f"#seen_chat_{waiting.chat_id}", "").html
    assert_pushed(theirs, ".bot-title", "Quayside")
    waiting.post("visit", page_url="https://shop.example.com/checkout").raise_for_status()
    ours = [push for frame in chat_screen(server, maya, desk.bot.key, waiting.chat_id).greeting
            for push in pushes_in(frame)]
    assert_pushed(ours, f"#details_chat_{waiting.chat_id}", "shop.example.com/checkout")


def test_a_socket_that_names_no_number_is_refused(server, desk, waiting):
    for after in ("", "x", "-1", "1.5", "9" * 16):
        url = f"/widget/{desk.bot.key}/chats/{waiting.chat_id}/socket?after={after}"
        assert customer_socket(server, waiting.token, url).status == 400, after
