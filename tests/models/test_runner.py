"""The runner: every message to the bot gets one answer, whatever the engine does, also after a crash."""

import gc
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import gevent
import gevent.event
import pytest

import bots
import bots.runner
from bots import Answer
from bots.asking import Sentences
from bots.runner import Runner, abandoned
from models import Bot, Event, Visit, on_commit, reading
from models.transcript import last_messages
from tests.models.chats import (
    CLOSED,
    change,
    chat_of,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    waiting_chat,
    write_first,
)
from tests.people import new_uuid

SENTENCES = Sentences()


@pytest.fixture
def engine(local_desk, monkeypatch):
    """Have the desk's bot answered by a function of a question."""
    def use(answer) -> None:
        bots._engine.cache_clear()
        monkeypatch.setitem(bots.ENGINES, "test", lambda settings, entries: SimpleNamespace(answer=answer))
        change(Bot, Bot.id == local_desk.bot.id, engine="test")

    yield use
    bots._engine.cache_clear()


@pytest.fixture
def runner(local_desk):
    """A process's runner, which hears what is committed."""
    runner = Runner(8, nullcontext)
    on_commit(runner.hear)
    return runner


def settle() -> None:
    """Let the bots finish. (Not gevent.wait(): that waits for whatever other tests have left in the loop, too.)"""
    with gevent.Timeout(10):
        while at_work := [greenlet for greenlet in gc.get_objects() if is_answering(greenlet)]:
            gevent.joinall(at_work)


def is_answering(thing: object) -> bool:
    """Whether this is a greenlet of a runner that has not ended."""
    return isinstance(thing, gevent.Greenlet) and not thing.dead and isinstance(
        getattr(thing._run, "__self__", None), Runner)


def echo(question) -> Answer:
    return Answer(f"You said {question.text}")


def slow_echo(question) -> Answer:
    gevent.sleep(0.02)
    return echo(question)


def offers(chat) -> list[str]:
    with reading() as session:
        found = session.query(Event).filter_by(chat_id=chat.id, action="human_offered")
        return [event.particulars["reason"] for event in found]


def test_the_bot_answers_from_what_its_host_wrote(local_desk, runner):
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    settle()
    assert log_of(chat) == ["bot: Ahoy!", "customer: Where is my order?", "bot: It left our shop yesterday."]


def test_each_message_is_answered_once_and_in_order(local_desk, runner, engine):
    engine(slow_echo)
    chat = chat_of(write_first(local_desk, "one"))
    for said in ("two", "three"):
        chat.post_as_customer(said, new_uuid())
    settle()
    said = [entry for entry in log_of(chat) if entry.startswith("bot: You")]
    assert said == ["bot: You said one", "bot: You said two", "bot: You said three"]
    assert fresh(chat).answered == 3


def test_a_message_that_comes_while_the_bot_thinks_is_answered_too(local_desk, runner, engine):
    engine(slow_echo)
    chat = chat_of(write_first(local_desk, "one"))
    gevent.sleep(0.01)
    chat.post_as_customer("two", new_uuid())
    settle()
    assert log_of(chat)[2:] == ["customer: two", "bot: You said one", "bot: You said two", "human_offered"]


def test_a_message_that_comes_after_the_last_look_is_answered_too(local_desk, runner, engine, monkeypatch):
    engine(echo)
    look, chats = runner.answer, []

    def look_then_hear(chat_id):
        found = look(chat_id)
        if not found and not chats:  # the runner has looked for the last time
            chats.append(chat_of(first))
            chats[0].post_as_customer("two", new_uuid())
        return found

    monkeypatch.setattr(runner, "answer", look_then_hear)
    first = write_first(local_desk, "one")
    settle()
    assert log_of(chats[0])[2:] == ["bot: You said one", "customer: two", "bot: You said two", "human_offered"]


def test_several_processes_that_hear_a_message_give_one_answer(local_desk, runner, engine, caplog):
    engine(slow_echo)
    for _ in range(3):
        on_commit(Runner(1, nullcontext).hear)
    with caplog.at_level("INFO", "bots.runner"):
        chat = chat_of(write_first(local_desk, "one"))
        settle()
    assert log_of(chat) == ["bot: Ahoy!", "customer: one", "bot: You said one"]
    assert caplog.text.count("dropped") == 3


def test_starting_twice_answers_once(local_desk, engine):
    engine(slow_echo)
    chat, runner = chat_of(write_first(local_desk, "one")), Runner(1, nullcontext)
    for _ in range(3):
        runner.start(chat.id)
    settle()
    assert log_of(chat)[2:] == ["bot: You said one"]


def test_nobody_waits_for_the_bot_of_another_chat(local_desk, runner, engine):
    thought = gevent.event.Event()

    def answer(question):
        if question.text == "slow":
            thought.wait()
        return echo(question)

    engine(answer)
    slow, quick = (chat_of(write_first(local_desk, said)) for said in ("slow", "quick"))
    with gevent.Timeout(5):
        while not log_of(quick)[2:]:
            gevent.sleep(0.01)
    assert (log_of(quick)[2:], log_of(slow)[2:]) == (["bot: You said quick"], [])
    thought.set()
    settle()
    assert log_of(slow)[2:] == ["bot: You said slow"]


def test_the_engine_is_told_what_was_said_before_and_how_often_it_failed(local_desk, runner, engine):
    questions = []

    def puzzled(question):
        questions.append(question)
        return Answer("Pardon?", understood=False)

    engine(puzzled)
    chat = chat_of(write_first(local_desk, "one"))
    settle()
    chat.post_as_customer("two", new_uuid())
    settle()
    assert [(question.text, question.previous_misses) for question in questions] == [("one", 0), ("two", 1)]
    assert questions[0].history == (("bot", "Ahoy!"),)
    assert questions[1].history == (("bot", "Ahoy!"), ("customer", "one"), ("bot", "Pardon?"))


def test_a_person_is_offered_after_two_answers(local_desk, runner):
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    settle()
    assert not fresh(chat).offers_human
    chat.post_as_customer("Do you ship abroad?", new_uuid())
    settle()
    assert (fresh(chat).offers_human, offers(chat)) == (True, ["answered"])


@pytest.mark.parametrize("said", ["agent", "I want to speak to a human"])
def test_asking_for_a_person_in_words_offers_one_at_once(local_desk, runner, said):
    chat = chat_of(write_first(local_desk, said))
    settle()
    assert (fresh(chat).offers_human, offers(chat)) == (True, ["asked"])
    assert log_of(chat)[2] == f"bot: {SENTENCES.asked}"


def fails(question):
    raise RuntimeError("no model")


def hangs(question):
    gevent.sleep(30)


@pytest.mark.parametrize("answer", [fails, hangs, lambda question: None])
def test_an_engine_that_fails_or_hangs_offers_a_person_in_time(local_desk, engine, answer):
    engine(answer)
    on_commit(Runner(0.05, nullcontext).hear)
    chat = chat_of(write_first(local_desk, "one"))
    settle()
    assert log_of(chat)[2:] == [f"bot: {SENTENCES.failed}", "human_offered"]
    assert (offers(chat), fresh(chat).misses) == (["failed"], 1)
    assert chat.hand_off().is_waiting


def test_an_engine_that_does_not_exist_offers_a_person(local_desk, runner):
    change(Bot, Bot.id == local_desk.bot.id, engine="oracle")
    chat = chat_of(write_first(local_desk, "one"))
    settle()
    assert (log_of(chat)[2], offers(chat)) == (f"bot: {SENTENCES.failed}", ["failed"])


def test_a_bot_that_knows_nothing_says_its_fallback(local_desk, runner):
    local_desk.bot = local_desk.other_bot
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    settle()
    assert log_of(chat)[2:] == ["bot: Pardon?"]
    chat.post_as_customer("Where is it then?", new_uuid())
    settle()
    assert (log_of(chat)[-2], offers(chat)) == (f"bot: {SENTENCES.not_understood}", ["not_understood"])


@pytest.mark.parametrize("leave", ["hand_off", "end"])
def test_an_answer_that_comes_after_the_customer_left_the_bot_is_dropped(local_desk, runner, engine, leave):
    engine(slow_echo)
    chat = chat_of(write_first(local_desk, "one"))
    settle()
    chat.post_as_customer("two", new_uuid())
    settle()
    chat.post_as_customer("three", new_uuid())
    gevent.sleep(0.01)
    getattr(chat, leave)()
    before = log_of(chat)
    settle()
    assert log_of(chat) == before
    assert before[-2:] == ["customer: three", {"hand_off": "chat_handed_off", "end": "chat_ended"}[leave]]


def test_a_chat_that_left_the_bot_before_its_turn_is_not_asked_about(local_desk, engine, monkeypatch):
    monkeypatch.setattr(bots.runner, "AT_ONCE", 1)
    questions, thought = [], gevent.event.Event()

    def answer(question):
        questions.append(question.text)
        thought.wait()
        return echo(question)

    engine(answer)
    on_commit(Runner(8, nullcontext).hear)
    write_first(local_desk, "one")
    gevent.sleep(0.01)
    waits = chat_of(write_first(local_desk, "two"))
    gevent.sleep(0.01)
    waits.end()
    thought.set()
    settle()
    assert questions == ["one"]


def test_the_bot_is_silent_where_people_talk(local_desk, runner, engine):
    engine(echo)
    chat = waiting_chat(local_desk)
    chat.post_as_customer("two", new_uuid())
    chat.post_as_member(local_desk.maya, "Maya here", new_uuid())
    settle()
    assert log_of(chat)[-1] == "member: Maya here"
    assert not [entry for entry in log_of(chat) if entry.startswith("bot: You said two")]


def test_only_chats_whose_bot_owes_an_answer_are_abandoned(local_desk):
    owed = chat_with_bot(local_desk)
    answered = chat_with_bot(local_desk)
    answered.answer(answered.post_as_customer("two", new_uuid()), 0, "Yes.")
    waiting_chat(local_desk).post_as_customer("Hello?", new_uuid())
    held_chat(local_desk).post_as_customer("Hello?", new_uuid())
    for state in CLOSED:
        closed_chat(local_desk, state)
    chat_with_bot(local_desk).end()
    assert abandoned() == [owed.id]


class Ended(BaseException):
    """Ends what runs for ever."""


@pytest.fixture
def passes(monkeypatch):
    """How often the runner has looked for abandoned chats; it stops after the second time."""
    done = []

    def sleep(seconds):
        done.append(seconds)
        settle()
        if len(done) == 2:
            raise Ended

    monkeypatch.setattr(bots.runner, "time", SimpleNamespace(sleep=sleep))
    return done


def test_a_chat_whose_bot_died_is_picked_up(local_desk, engine, passes):
    engine(echo)
    chat = chat_with_bot(local_desk)
    chat.post_as_customer("Anybody?", new_uuid())
    with pytest.raises(Ended):
        Runner(10, nullcontext).pick_up()
    assert log_of(chat)[3:] == ["bot: You said Hello", "bot: You said Anybody?", "human_offered"]
    assert (abandoned(), fresh(chat).answered) == ([], 2)


def test_picking_up_goes_on_when_the_database_was_away(local_desk, engine, passes, monkeypatch, caplog):
    engine(echo)
    chat = chat_with_bot(local_desk)
    looks = [lambda: 1 / 0, abandoned]
    monkeypatch.setattr(bots.runner, "abandoned", lambda: looks[len(passes)]())
    with pytest.raises(Ended):
        Runner(10, nullcontext).pick_up()
    settle()
    assert log_of(chat)[2:] == ["bot: You said Hello"]
    assert "picking up unanswered chats failed" in caplog.text


def test_a_chat_that_could_not_be_answered_is_answered_the_next_time(local_desk, engine, monkeypatch, caplog):
    engine(echo)
    chat, runner = chat_with_bot(local_desk), Runner(1, nullcontext)
    with monkeypatch.context() as broken:
        broken.setattr(bots.runner, "unanswered", lambda *_: 1 / 0)
        runner.start(chat.id)
        settle()
    assert (log_of(chat)[2:], f"answering chat {chat.id} failed" in caplog.text) == ([], True)
    runner.start(chat.id)
    settle()
    assert log_of(chat)[2:] == ["bot: You said Hello"]


def test_answers_are_given_inside_the_context_and_in_the_customers_language(local_desk, engine):
    inside, languages = [], {"de-AT": str.upper}

    @contextmanager
    def context():
        inside.append("in")
        yield
        inside.append("out")

    engine(fails)
    on_commit(Runner(1, context, languages.get).hear)
    chat = chat_of(write_first(local_desk, "one", visit=Visit(language="de-AT")))
    settle()
    assert (inside, log_of(chat)[2]) == (["in", "out"], f"bot: {SENTENCES.failed.upper()}")


def test_an_answer_remembers_what_it_came_from(local_desk, runner):
    chat = chat_of(write_first(local_desk, "How long does delivery take?"))
    settle()
    with reading() as session:
        (answer,) = last_messages(session, chat, 1)
    assert (answer.text, answer.particulars["understood"]) == ("Two days.", True)
    assert answer.particulars["entry"] and 0 < answer.particulars["score"] <= 1
