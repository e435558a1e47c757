"""The numbers at /metrics: right, of all workers together, and for nobody else."""

import httpx
import pytest

from models import Author
from realtime import metrics
from realtime.metrics import Copier
from tests.people import Customer, MemberClient
from tests.running import Server, eventually
from tests.web.edge import be_live, customer_socket

TOKEN = "a token of at least thirty-two letters"


def numbers(server: Server, **headers: str) -> dict[str, float]:
    """Every number by its name with labels, as Prometheus reads them."""
    answer = httpx.get(f"{server.url}/metrics", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    lines = [line.rsplit(" ", 1) for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_a_conversation_is_counted(own_desk):
    server, desk = own_desk()
    customer = be_live(Customer(server, desk.bot.key))
    maya = MemberClient(server, desk.maya.email)
    for number in range(20):
        assert maya.write(desk.bot.key, customer.chat_id, f"{number}").status_code == 200
    assert customer.entries().status_code == 200
    assert maya.http.get(f"/bots/{desk.bot.key}/inbox").status_code == 200

    now = numbers(server)
    assert now['baton_messages_total{author="customer"}'] == 1
    assert now['baton_messages_total{author="bot"}'] == 2
    assert now['baton_messages_total{author="member"}'] == 20
    assert now['baton_catch_ups_total{screen="customer"}'] == now['baton_catch_ups_total{screen="inbox"}'] == 1
    assert now["baton_send_to_push_seconds_count"] == 21
    assert 0 < now["baton_send_to_push_seconds_sum"] < 21
    assert now["baton_errors_total"] == now["baton_dropped_sockets_total"] == now["baton_late_answers_total"] == 0


def test_open_sockets_and_frames_are_counted(own_desk):
    server, desk = own_desk()
    customer = be_live(Customer(server, desk.bot.key))
    path = f"/widget/{desk.bot.key}/chats/{customer.chat_id}/socket"
    sockets = [customer_socket(server, customer.token, path) for _number in range(6)]
    eventually(lambda: numbers(server)["baton_open_sockets"] == 6, 20, "each worker tells of its sockets")
    frames = numbers(server)["baton_frames_total"]
    customer.write("Hello?")
    eventually(lambda: numbers(server)["baton_frames_total"] >= frames + 6, 20, "the frames are counted")
    for socket in sockets:
        socket.close()
    eventually(lambda: numbers(server)["baton_open_sockets"] == 0, 20, "they are gone")
    assert numbers(server)["baton_queued_frames"] == 0


def test_a_restart_begins_at_nothing(own_desk):
    server, desk = own_desk()
    Customer(server, desk.bot.key).start()
    server.stop()
    server.start()
    assert numbers(server)['baton_messages_total{author="customer"}'] == 0


def test_who_asks_through_a_proxy_needs_the_token_whatever_they_claim(own_server):
    server = own_server(METRICS_TOKEN=TOKEN, TRUSTED_PROXIES="1")
    assert numbers(server)
    for headers in ({"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}, {"X-Real-IP": "127.0.0.1"},
                    {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.7, 127.0.0.1"},
                    {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer wrong"},
                    {"X-Forwarded-For": "192.0.2.7", "Authorization": f"Basic {TOKEN}"}):
        assert httpx.get(f"{server.url}/metrics", headers=headers).status_code == 403
    assert numbers(server, **{"X-Forwarded-For": "192.0.2.7", "Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("offered", ["", "Bearer ", "Bearer None", f"Bearer {TOKEN}"])
def test_without_a_token_nobody_has_it(server, offered):
    headers = [("X-Forwarded-For", "192.0.2.7"), ("Authorization", offered.strip())]
    assert httpx.get(f"{server.url}/metrics", headers=headers).status_code == 403


class Busy:
    """A hub and a runner with numbers."""

    open, frames, dropped_slow, late_answers = 4, 50, 2, 1

    def queue_lengths(self):
        return [0, 5, 2]


def test_numbers_that_are_counted_elsewhere_are_copied_once():
    def read(metric):
        return metric._value.get()

    counters = (metrics.FRAMES, metrics.DROPPED, metrics.LATE_ANSWERS)
    before = [read(counter) for counter in counters]
    copier = Copier(Busy(), Busy())
    copier.copy()
    copier.copy()
    assert [read(counter) - was for counter, was in zip(counters, before, strict=True)] == [50, 2, 1]
    assert [read(gauge) for gauge in (metrics.OPEN_SOCKETS, metrics.QUEUED_FRAMES, metrics.LONGEST_QUEUE)] == [4, 7, 5]


def test_every_author_has_a_number_from_the_start():
    assert {f'author="{author}"' for author in Author if author != Author.SYSTEM} == {
        line.split("{")[1].split("}")[0] for line in metrics.as_text().decode().splitlines()
        if line.startswith("baton_messages_total{")}
