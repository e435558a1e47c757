"""Asking an engine, with a promise to the customer: never silence, and a person when it goes nowhere."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from gevent import Timeout

from bots.engine import Answer, Engine, EngineFailed, Question
from bots.handoff import asks_for_human

log = logging.getLogger(__name__)

# With this many fallbacks in a row, the one being given included, a person is offered.
MISSES_UNTIL_OFFER = 2
# What an engine gets through to the customer, wherever it has it from.
ANSWER_LIMIT, REPLIES_AT_MOST, REPLY_LIMIT = 4_000, 6, 60
# Controls, and halves of a surrogate pair, which have no UTF-8.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def N_(text: str) -> str:
    """Mark a text for translation; `Sentences.translated` does it, where a language is known."""
    return text


@dataclass(frozen=True)
class Sentences:
    """What a bot says on its own account, beside the answers that its host wrote."""

    asked: str = N_("Of course. Press “Talk to a human” at the top, and someone from the team will join you.")
    not_understood: str = N_(
        "I'm sorry, I don't seem to be the right one for this. "
        "Press “Talk to a human” at the top to ask someone from the team, or try other words."
    )
    failed: str = N_(
        "I'm sorry, I can't find an answer just now. "
        "Press “Talk to a human” at the top, and someone from the team will help you."
    )

    passed_on: str = N_("I'm passing you on to the team.")

    def translated(self, translate: Callable[[str], str]) -> "Sentences":
        """Return the same sentences in the language of `translate`, a `gettext`."""
        return Sentences(**{field.name: translate(getattr(self, field.name)) for field in fields(self)})


ENGLISH = Sentences()
# Where the host does not let customers ask for a person who is not there.
NOBODY_HERE = Sentences(
    asked=N_("I'm sorry, nobody from the team is here right now. Please ask again later."),
    not_understood=N_("I'm sorry, I don't seem to be the right one for this, and nobody from the team is here right "
                      "now. Please try other words, or come back later."),
    failed=N_("I'm sorry, I can't find an answer just now, and nobody from the team is here. Please come back later."),
    passed_on=N_("I'm sorry, nobody from the team is here right now. Please ask again later."),
)


def ask(engine: Engine, question: Question, limit_seconds: float, sentences: Sentences = ENGLISH) -> Answer:
    """Ask an engine and always return an answer, whatever the engine does. Never raises an Exception.

    A wish for a person comes before every engine. An engine that raises, or is not done after
    `limit_seconds`, becomes an answer that offers a person; the second fallback in a row offers one, too.

    The limit cuts off an engine only while it waits in a way gevent knows of: on a socket or a sleep in a
    monkey-patched worker. One that computes, or blocks without gevent, cannot be interrupted: it holds up
    every greenlet of its process until it returns, and its late answer is then dropped like any other.
    """
    if asks_for_human(question.text):
        return Answer(sentences.asked, offer_human="asked")
    try:
        return _with_offer(_tidy(_in_time(engine, question, limit_seconds), sentences), question, sentences)
    except EngineFailed as failure:
        log.warning("The engine has no answer: %s", failure.trouble)
        trouble = failure.trouble
    except Exception:
        log.exception("The engine failed")
        trouble = "crashed"
    return Answer(sentences.failed, understood=False, offer_human="failed", trouble=trouble)


def _in_time(engine: Engine, question: Question, limit_seconds: float) -> Answer | None:
    started = time.monotonic()
    with Timeout(limit_seconds, False):
        answer = engine.answer(question)
        if time.monotonic() - started <= limit_seconds:
            return answer
    log.warning("The engine took longer than its %g seconds", limit_seconds)
    raise EngineFailed("slow")


def _tidy(answer: Answer | None, sentences: Sentences) -> Answer:
    """The answer with nothing in it that cannot be stored or shown. Raises EngineFailed when nothing is left."""
    if answer is None:
        raise EngineFailed("nonsense")
    text = _printable(answer.text, ANSWER_LIMIT) or (sentences.passed_on if answer.hands_over else "")
    if not text:
        raise EngineFailed("nonsense")
    replies = [_printable(reply, REPLY_LIMIT) for reply in answer.quick_replies[:REPLIES_AT_MOST]]
    return replace(answer, text=text, quick_replies=tuple(filter(None, replies)))


def _printable(text: str, limit: int) -> str:
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()[:limit]


def _with_offer(answer: Answer, question: Question, sentences: Sentences) -> Answer:
    misses = 0 if answer.understood else question.previous_misses + 1
    if misses < MISSES_UNTIL_OFFER:
        return answer
    return replace(answer, text=sentences.not_understood, offer_human="not_understood")
