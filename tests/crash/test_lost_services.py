"""PostgreSQL or Redis goes while Baton runs: people are told, what they wrote is kept, and all recovers by itself."""

import httpx
import pytest

from tests.crash.breakable import away, frozen
from tests.people import Customer, MemberClient, new_uuid
from tests.running import eventually
from tests.wsclient import WebSocketClient

pytestmark = pytest.mark.alone

SENTENCE = "Connection lost. Your text is kept."


@pytest.fixture(autouse=True)
def services(breakable):
    """These tests are about what SQLite on one worker does without."""
    if not breakable.has_services:
        pytest.skip("there is no service to lose")
    yield breakable.stack
    eventually(breakable.server.answers, 30, "everything has recovered")


@pytest.fixture
def customer(breakable, broken_desk) -> Customer:
    """A customer with a chat."""
    customer = Customer(breakable.server, broken_desk.bot.key)
    assert customer.start().is_success
    return customer


@pytest.fixture
def member(breakable, broken_desk) -> MemberClient:
    """A member who is signed in."""
    return MemberClient(breakable.server, broken_desk.maya.email)


def ready(server) -> httpx.Response:
    return httpx.get(f"{server.url}/readyz", timeout=15)


def socket_status(server, customer) -> int:
    path = f"/widget/{customer.http.base_url.path.split('/')[2]}/chats/{customer.chat_id}/socket"
    with WebSocketClient(server.port, path, {"Sec-WebSocket-Protocol": f"baton, {customer.token}",
                                             "Origin": server.url}, timeout=15) as client:
        return client.status


def test_without_the_database_everybody_is_asked_to_send_again(services, breakable, customer, member):
    message = {"text": "Are you there?", "uuid": new_uuid()}
    with away(services.postgres):
        refused = customer.post("messages", **message)
        page = member.http.get("/", headers={"HX-Request": "false"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert (page.status_code, ready(breakable.server).status_code) == (503, 503)
        assert SENTENCE in refused.text and SENTENCE in page.text
        assert "database" in ready(breakable.server).text
        assert socket_status(breakable.server, customer) == 503
        assert httpx.get(f"{breakable.server.url}/healthz").status_code == 200

    eventually(lambda: ready(breakable.server).status_code == 200, 15, "ready again")
    assert customer.post("messages", **message).status_code == 200
    assert customer.entries().text.count("Are you there?") == 1
    assert socket_status(breakable.server, customer) == 101


@pytest.mark.parametrize("gone", [away, frozen])
def test_without_redis_messages_are_stored_all_the_same(services, breakable, customer, gone):
    with gone(services.redis):
        answer = customer.write("Are you there?")
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() < 5
        assert ready(breakable.server).status_code == 503
        assert "relay" in ready(breakable.server).text

    eventually(lambda: ready(breakable.server).status_code == 200, 15, "ready again")
    assert "Are you there?" in customer.entries().text


@pytest.mark.parametrize("gone", [away, frozen])
def test_without_redis_people_sign_in_and_begin_chats(services, breakable, broken_desk, gone):
    with gone(services.redis):
        assert Customer(breakable.server, broken_desk.bot.key).start().status_code == 201
        MemberClient(breakable.server, broken_desk.maya.email)


@pytest.mark.parametrize("lost", ["postgres", "redis"])
def test_workers_that_start_without_a_service_start(services, breakable, lost):
    before = set(breakable.workers())
    with away(getattr(services, lost)):
        breakable.kill_all_workers()
        eventually(lambda: len(set(breakable.workers()) - before) == 2, 15, "there are new workers")
        eventually(breakable.server.serves, 30, "they serve")
    eventually(lambda: ready(breakable.server).status_code == 200, 15, "ready again")
