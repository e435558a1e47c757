"""A bot with an engine that asks another server: what is stored, what it costs, what the customer reads meanwhile."""

from contextlib import nullcontext

import pytest

from bots.asking import Sentences
from bots.runner import Runner, abandoned
from models import Bot, Chat, EngineSetup, Event, TokenUse, now, on_commit, reading
from models.engine_setup import choose_engine
from models.sealing import seal_with, unseal
from models.transcript import last_messages
from tests.bots.servers import Reply, event, fake_server, says, stream
from tests.models.chats import change, chat_of, fresh, log_of, write_first
from tests.models.test_runner import settle
from tests.people import new_uuid

INSIDE = frozenset({"127.0.0.1"})
FAILED = f"bot: {Sentences().failed}"


@pytest.fixture(autouse=True)
def sealing():
    seal_with("k" * 32)


@pytest.fixture
def shown(local_desk):
    """What customers read of answers that grow; the bots of this process answer."""
    shown = []
    on_commit(Runner(2, nullcontext, internal_hosts=INSIDE, show=lambda _chat, text: shown.append(text)).hear)
    return shown


def use(desk, engine: str, url: str, **options) -> None:
    choose_engine(desk.bot, desk.anna, engine, {"url": url, "model": "tiny", **options}, "a secret of some length")


def last_particulars(chat: Chat) -> dict:
    with reading() as session:
        return last_messages(session, chat, 1)[0].particulars


def test_a_setup_is_kept_sealed_and_tracked_without_its_secret(local_desk):
    use(local_desk, "model", "https://api.example/v1", turns=3)
    choose_engine(local_desk.bot, local_desk.anna, "model", {"turns": 4})
    with reading() as session:
        setup, bot = EngineSetup.of(session, local_desk.bot, "model"), session.get(Bot, local_desk.bot.id)
        events = session.query(Event).filter_by(action="engine_changed").order_by(Event.id).all()
    assert (bot.engine, setup.options["url"], setup.options["turns"]) == ("model", "https://api.example/v1", 4)
    assert "a secret" not in setup.sealed_secret and unseal(setup.sealed_secret) == "a secret of some length"
    assert [event.particulars["changed"] for event in events] == [
        ["url", "model", "turns", "engine", "secret"], ["turns", "engine"]]
    assert "a secret" not in str([event.particulars for event in events])


def test_what_a_model_says_is_shown_while_it_grows_and_stored_when_it_is_whole(local_desk, shown):
    with fake_server(stream("It left", " yesterday.")) as server:
        use(local_desk, "model", server.url)
        chat = chat_of(write_first(local_desk, "Where is my order?"))
        settle()
    assert shown[:2] == ["", "It left"] and None not in shown
    assert log_of(chat)[2] == "bot: It left yesterday."
    with reading() as session:
        assert (TokenUse.in_chat(session, chat), TokenUse.today(session, local_desk.bot.id)) == (321, 321)
        assert TokenUse.today(session, local_desk.other_bot.id) == 0


def test_tokens_and_turns_are_counted_over_all_answers_of_a_chat(local_desk, shown):
    with fake_server(stream("Yes.")) as server:
        use(local_desk, "model", server.url, chat_tokens=600)
        chat = chat_of(write_first(local_desk, "one"))
        for said in ("two", "three"):
            settle()
            chat.post_as_customer(said, new_uuid())
        settle()
        assert len(server.asked) == 2
    assert last_particulars(chat)["trouble"] == "chat_tokens"
    assert fresh(chat).offers_human


@pytest.mark.parametrize(("reply", "trouble"), [
    (Reply([b"{}"], status=500), "failing"), (Reply([event("It left")], type="text/event-stream", cut=True), "cut")])
def test_an_engine_that_fails_offers_a_person_and_the_reason_is_on_the_chat(local_desk, shown, reply, trouble):
    with fake_server(reply) as server:
        use(local_desk, "model", server.url)
        chat = chat_of(write_first(local_desk, "Where is my order?"))
        settle()
    assert log_of(chat)[2:] == [FAILED, "human_offered"]
    assert last_particulars(chat)["trouble"] == trouble


def test_a_key_that_was_sealed_with_another_secret_key_is_no_crash(local_desk, shown):
    use(local_desk, "model", "https://api.example/v1")
    seal_with("another key of the deployment....")
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    settle()
    assert (log_of(chat)[2], last_particulars(chat)["trouble"]) == (FAILED, "sealed")


@pytest.mark.parametrize("leave", ["hand_off", "end"])
def test_an_answer_is_taken_away_and_dropped_when_the_customer_leaves_the_bot_meanwhile(local_desk, leave):
    shown, left = [], []

    def show(chat_id: int, text: str | None) -> None:
        shown.append(text)
        if len(server.asked) == 2 and text:
            left.append(getattr(fresh(chat), leave)())

    on_commit(Runner(20, nullcontext, internal_hosts=INSIDE, show=show).hear)
    change(Bot, Bot.id == local_desk.bot.id, handoff_after=1, when_away="queue")
    with fake_server(stream("It left", " yesterday.")) as server:
        use(local_desk, "model", server.url)
        chat = chat_of(write_first(local_desk, "Where is my order?"))
        settle()
        chat.post_as_customer("Really?", new_uuid())
        settle()
    assert len(left) == 1 and shown[-1] is None
    assert log_of(chat)[-1] == {"hand_off": "chat_handed_off", "end": "chat_ended"}[leave]
    assert fresh(chat).answered == 1
    with reading() as session:
        assert TokenUse.in_chat(session, chat) == 642, "what nobody reads is paid for, too"


def test_a_webhook_is_told_who_asks_and_may_hand_over(local_desk, shown):
    change(Bot, Bot.id == local_desk.bot.id, when_away="queue")
    with fake_server(says(text="A person knows.", hand_over=True)) as server:
        use(local_desk, "webhook", server.url)
        chat = chat_of(write_first(local_desk, "Where is my order?"))
        settle()
    told = server.asked[0].json
    assert (told["chat"], told["delivery"]) == (
        {"id": chat.id, "bot": local_desk.bot.key}, f"{local_desk.bot.key}-{chat.id}-2")
    assert set(told["customer"]) >= {"id", "name", "email", "page_url"}
    assert log_of(chat)[2:] == ["bot: A person knows.", "human_offered", "chat_handed_off"]
    assert fresh(chat).is_waiting


def test_hand_over_while_nobody_is_there_offers_a_person_and_no_more(local_desk, shown):
    change(Bot, Bot.id == local_desk.bot.id, when_away="form", doors="closed")
    with fake_server(says(hand_over=True)) as server:
        use(local_desk, "webhook", server.url)
        chat = chat_of(write_first(local_desk, "Where is my order?"))
        settle()
    assert log_of(chat)[2:] == [f"bot: {Sentences().passed_on}", "human_offered"]


def test_nobody_takes_up_a_question_while_a_slow_engine_may_still_be_answering_it(local_desk):
    use(local_desk, "model", "https://api.example/v1")
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    assert abandoned() == []
    change(Chat, Chat.id == chat.id, last_message_at=now().replace(year=2020))
    assert abandoned() == [chat.id]


def test_trying_out_asks_the_engine_outside_of_any_chat(local_desk):
    with fake_server(stream("It left", " yesterday.")) as server:
        use(local_desk, "model", server.url)
        with reading() as session:
            bot = session.get(Bot, local_desk.bot.id)
        assert Runner(2, nullcontext, internal_hosts=INSIDE).try_out(bot, "Where?").text == "It left yesterday."
    assert Runner(2, nullcontext).try_out(bot, "Where?").trouble == "inside"
