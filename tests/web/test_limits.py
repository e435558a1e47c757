"""Limits: who tries too often is told to wait, and for how long; nobody else notices."""

import httpx
import pytest

from tests.conftest import make_desk
from tests.people import PASSWORD, Customer, MemberClient, new_uuid, token_in
from tests.running import eventually
from tests.web.conftest import opened, own_server
from tests.web.edge import assert_refused, be_live, customer_socket, nothing_changes

MOST_SOCKETS = 30
WAIT = "Too many tries. Please wait a moment."


@pytest.fixture(scope="module")
def strict_server():
    """A server of little patience, behind a proxy that says who asks."""
    limits = {"SIGN_IN_LIMIT": "3 per minute", "MESSAGE_LIMIT": "3 per minute", "CHAT_LIMIT": "5 per minute"}
    with own_server(TRUSTED_PROXIES="1", SOCKET_CONNECTIONS=str(MOST_SOCKETS), **limits) as server:
        yield server


@pytest.fixture
def strict(strict_server):
    """It, and its database."""
    with opened(strict_server):
        yield strict_server


def from_address(strict, desk, address: str) -> Customer:
    """A customer whose requests come from `address`."""
    customer = Customer(strict, desk.bot.key)
    customer.http.headers["X-Forwarded-For"] = address
    return customer


def assert_told_to_wait(answer: httpx.Response) -> None:
    assert_refused(answer, 429, WAIT)
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


def test_guessing_passwords_is_slowed_down(strict):
    desk = make_desk()
    with httpx.Client(base_url=strict.url, headers={"X-Forwarded-For": "203.0.113.5"}) as guesser:
        form = {"email": desk.maya.email, "csrf_token": token_in(guesser.get("/sign-in").text)}
        assert [guesser.post("/sign-in", data={**form, "password": "wrong"}).status_code for _ in range(3)] == [422] * 3
        with nothing_changes():
            assert_told_to_wait(guesser.post("/sign-in", data={**form, "password": PASSWORD}))
            # What others send meanwhile does not set the count back.
            for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer " + "x" * 43}):
                for path in ("chats", "chats/1/messages"):
                    guesser.post(f"/widget/{desk.bot.key}/{path}", headers=headers)
            assert_told_to_wait(guesser.post("/sign-in", data={**form, "password": PASSWORD}))


def test_a_line_with_a_network_of_its_own_counts_as_one(strict):
    desk = make_desk()

    def guess(address: str) -> int:
        with httpx.Client(base_url=strict.url, headers={"X-Forwarded-For": address}) as guesser:
            form = {"email": desk.maya.email, "csrf_token": token_in(guesser.get("/sign-in").text), "password": "wrong"}
            return guesser.post("/sign-in", data=form).status_code

    assert [guess(f"2001:db8::{number}") for number in range(1, 5)] == [422] * 3 + [429]
    assert guess("2001:db8:0:1::1") == 422
    assert [guess(f"::ffff:203.0.113.{number}") for number in range(101, 105)] == [422] * 4


def test_a_customer_who_floods_is_told_to_wait_and_others_are_not(strict):
    desk = make_desk()
    flooder, other = (from_address(strict, desk, "203.0.113.1") for _ in range(2))
    assert flooder.start().status_code == 201
    assert [flooder.write("Hello").status_code for _ in range(2)] == [200] * 2
    with nothing_changes():
        assert_told_to_wait(flooder.write("Hello"))
    assert other.start().status_code == 201
    assert other.write("Hello").status_code == 200
    assert flooder.entries().status_code == 200


def test_an_address_that_opens_chat_after_chat_is_told_to_wait(strict):
    desk = make_desk()
    answers = [from_address(strict, desk, "203.0.113.2").start() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert_told_to_wait(answers[-1])
    assert from_address(strict, desk, "203.0.113.3").start().status_code == 201


def test_members_are_not_limited_in_what_they_write(strict):
    desk = make_desk()
    customer, maya = be_live(from_address(strict, desk, "203.0.113.4")), MemberClient(strict, desk.maya.email)
    answers = [maya.write(desk.bot.key, customer.chat_id, "Hello", uuid=new_uuid()) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}


def test_one_socket_too_many_is_refused_until_another_has_left(strict):
    desk = make_desk()
    customer = from_address(strict, desk, "203.0.113.9")
    assert customer.start().status_code == 201

    def door():
        return customer_socket(strict, customer.token, f"/widget/{desk.bot.key}/chats/{customer.chat_id}/socket")

    sockets = [door() for _ in range(MOST_SOCKETS)]
    assert {socket.status for socket in sockets} == {101}
    assert door().status == 503
    sockets.pop().close()
    eventually(lambda: door().status == 101, 5, "there is room again")
