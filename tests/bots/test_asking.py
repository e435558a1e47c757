"""Whatever the engine does, the customer gets an answer, and a person when it goes nowhere."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import gevent
import pytest

from bots import Answer, Question, Sentences, ask

ROOT = Path(__file__).parents[2]


class Knowing:
    def answer(self, question):
        return Answer("Forty-two.", entry_id=7, score=0.9)


class Puzzled:
    def answer(self, question):
        return Answer("Say that again?", ("When are you open?",), understood=False)


class Broken:
    def answer(self, question):
        raise RuntimeError("no model")


class Waiting:
    """Waits in a way that gevent knows of."""

    def answer(self, question):
        gevent.sleep(30)


class Blocking:
    """Holds the process up, as computing does."""

    def answer(self, question):
        time.sleep(0.1)
        return Answer("Too late.")


class Stubborn:
    """Survives everything that an `except Exception` survives."""

    def answer(self, question):
        try:
            gevent.sleep(30)
        except Exception:
            return Answer("Caught it.")


def test_an_answer_passes_unchanged():
    assert ask(Knowing(), Question("?"), 1) == Answer("Forty-two.", entry_id=7, score=0.9)


def test_asking_for_a_person_comes_before_every_engine():
    answer = ask(Knowing(), Question("I want to speak to a human"), 1)
    assert answer.offer_human == "asked"
    assert "Talk to a human" in answer.text


def test_one_fallback_offers_nobody():
    answer = ask(Puzzled(), Question("?"), 1)
    assert (answer.text, answer.understood, answer.offer_human) == ("Say that again?", False, None)


@pytest.mark.parametrize("previous_misses", [1, 2])
def test_the_second_fallback_in_a_row_offers_a_person_in_other_words(previous_misses):
    answer = ask(Puzzled(), Question("?", previous_misses=previous_misses), 1)
    assert (answer.understood, answer.offer_human) == (False, "not_understood")
    assert "Talk to a human" in answer.text
    assert answer.quick_replies == ("When are you open?",)


def test_an_understood_question_after_fallbacks_offers_nobody():
    assert ask(Knowing(), Question("?", previous_misses=5), 1).offer_human is None


def test_a_failing_engine_offers_a_person_and_is_logged(caplog):
    answer = ask(Broken(), Question("?"), 1)
    assert (answer.understood, answer.offer_human) == (False, "failed")
    assert "Talk to a human" in answer.text
    assert "no model" in caplog.text


@pytest.mark.parametrize("engine", [Waiting(), Stubborn(), Blocking()])
def test_a_late_engine_offers_a_person(engine, caplog):
    started = time.monotonic()
    answer = ask(engine, Question("?"), 0.05)
    assert time.monotonic() - started < 5
    assert (answer.understood, answer.offer_human) == (False, "failed")
    assert "took longer" in caplog.text


def test_an_engine_that_gives_nothing_offers_a_person():
    class Silent:
        def answer(self, question):
            return None

    assert ask(Silent(), Question("?"), 1).offer_human == "failed"


def test_the_callers_own_limit_passes_through():
    limit = gevent.Timeout(0.05)
    with pytest.raises(gevent.Timeout) as caught, limit:
        ask(Waiting(), Question("?"), 10)
    assert caught.value is limit


def test_a_late_engine_is_cut_off_in_a_patched_worker():
    program = """
        from gevent import monkey; monkey.patch_all()
        import time
        from bots import Question, ask
        class Slow:
            def answer(self, question):
                time.sleep(30)
        started = time.monotonic()
        print(ask(Slow(), Question("?"), 0.05).offer_human, time.monotonic() - started < 5)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.stdout == "failed True\n", run.stderr


def test_the_bots_own_sentences_can_be_translated():
    sentences = Sentences().translated(str.upper)
    answer = ask(Broken(), Question("?"), 1, sentences)
    assert answer.text == Sentences().failed.upper()
