"""The host's own bot: a signed question, tried again under one id, and answers of every kind."""

import hashlib
import hmac
import time

import pytest

import bots.webhook
from bots import BotSettings, Question, ask, engine_for
from tests.bots.servers import Reply, fake_server, says

SECRET = "a secret of sixteen letters"
ABOUT = {"delivery": "harbor-7-3", "chat": {"id": 7, "bot": "harbor"}, "customer": {"name": "Lena"}, "internal": "no"}


@pytest.fixture(autouse=True)
def quick_tries(monkeypatch):
    monkeypatch.setattr(bots.webhook, "TRIES", (0, 0.01, 0.01))


def answer_of(server, question=None, limit=3):
    settings = BotSettings("Harbor bot", "webhook", "Pardon?", "de", (("url", f"{server.url}/baton"),), SECRET,
                           frozenset({server.url.removeprefix("http://")}), limit)
    return ask(engine_for(settings, ()), question or Question("Wo?", (("bot", "Ahoy!"),), about=ABOUT), limit)


def test_a_question_is_signed_and_told_with_all_that_was_said():
    with fake_server(says(text="Hier.", quick_replies=["Danke"])) as server:
        answer = answer_of(server)
    assert (answer.text, answer.quick_replies, answer.offer_human) == ("Hier.", ("Danke",), None)
    (asked,) = server.asked
    assert asked.json == {"version": 1, "delivery": "harbor-7-3", "bot": {"name": "Harbor bot", "language": "de"},
                          "message": {"text": "Wo?"}, "history": [{"author": "bot", "text": "Ahoy!"}],
                          "chat": {"id": 7, "bot": "harbor"}, "customer": {"name": "Lena"}}
    told = asked.headers
    signed = hmac.new(SECRET.encode(), f"{told['baton-timestamp']}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert (told["baton-signature"], told["baton-delivery"]) == (f"sha256={signed}", "harbor-7-3")
    assert abs(time.time() - int(told["baton-timestamp"])) < 60


def test_hand_over_offers_a_person_at_once():
    with fake_server(says(hand_over=True)) as server:
        answer = answer_of(server)
    assert (answer.hands_over, answer.offer_human, answer.trouble) == (True, "asked", None)
    assert answer.text


def test_what_it_does_not_understand_is_the_fallback():
    with fake_server(says(understood=False)) as server:
        answer = answer_of(server)
    assert (answer.text, answer.understood, answer.trouble) == ("Pardon?", False, None)


@pytest.mark.parametrize("broken", [Reply([b"{}"], status=503), Reply([b"{}"], status=429), Reply([b'{"te'], cut=True)])
def test_a_passing_failure_is_tried_again_under_the_same_id(broken):
    with fake_server(broken, broken, says(text="Hier.")) as server:
        assert answer_of(server).text == "Hier."
    assert [asked.headers["baton-delivery"] for asked in server.asked] == ["harbor-7-3"] * 3


@pytest.mark.parametrize(("reply", "trouble", "tries"), [
    (Reply([b"{}"], status=500), "failing", 3), (Reply([b'{"te'], cut=True), "cut", 3),
    (Reply([b"{}"], status=401), "refused", 1),
    (Reply([b"{}"], status=307, headers={"Location": "/x"}), "redirected", 1),
    (Reply([b"Hier."]), "nonsense", 1), (Reply([b'["Hier"]']), "nonsense", 1), (says(), "nonsense", 1),
    (says(text=7), "nonsense", 1), (says(text="Hier", quick_replies="Danke"), "nonsense", 1),
    (says(text="Hier", quick_replies=[1]), "nonsense", 1), (says(hand_over="yes"), "nonsense", 1),
    (Reply([b"x" * 100_000] * 5), "nonsense", 1), (Reply([b"\xff\xfe\xfd"]), "nonsense", 1),
])
def test_a_failure_that_stays_offers_a_person_and_says_why(reply, trouble, tries):
    with fake_server(reply) as server:
        answer = answer_of(server)
    assert (answer.offer_human, answer.trouble, len(server.asked)) == ("failed", trouble, tries)


def test_one_that_is_slow_is_given_up():
    with fake_server(Reply([None])) as server:
        assert answer_of(server, limit=0.3).trouble == "slow"
