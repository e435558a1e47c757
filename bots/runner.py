"""Runs bots off the request: each customer message in a chat with the bot gets one answer, also after a crash."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import gevent
from gevent.lock import BoundedSemaphore
from sqlalchemy import select
from sqlalchemy.orm import Session

from bots import ENGLISH, NOBODY_HERE, Answer, BotSettings, Entry, Knowledge, Question, ask, engine_for
from bots.retrieval import Nearest
from models import Author, Bot, Chat, KnowledgeEntry, Message, State, reading
from models.chat import LateAnswer
from models.presence import hides_human
from models.transcript import last_messages, unanswered

log = logging.getLogger(__name__)

HISTORY = 20
PICK_UP_EVERY_SECONDS = 15
# After a crash many chats may wait for an answer: they are not to keep everybody else from theirs.
AT_ONCE = 32


class Runner:
    """Answers in the background of one process.

    `context()` is entered around each answer (an application context, where texts are translated),
    `translate` is a gettext, `limit_seconds` is what an engine may take. `late_answers` counts those dropped.
    """

    def __init__(self, limit_seconds: float, context: Callable[[], AbstractContextManager], translate=str):
        self.limit_seconds = limit_seconds
        self._context = context
        self._translate = translate
        self.late_answers = 0
        self._turns = BoundedSemaphore(AT_ONCE)
        self._running: set[int] = set()
        self._heard_meanwhile: set[int] = set()

    def hear(self, facts: list) -> None:
        """Take note of what was committed: a customer's message is answered in a greenlet of its own."""
        for fact in facts:
            if isinstance(fact, Message) and fact.author == Author.CUSTOMER and fact.chat.state == State.BOT:
                self.start(fact.chat_id)

    def start(self, chat_id: int) -> None:
        """Answer what is open in a chat; if that is under way, look once more afterwards."""
        if chat_id in self._running:
            # It may have looked for the last time already.
            self._heard_meanwhile.add(chat_id)
            return
        self._running.add(chat_id)
        gevent.spawn(self._run, chat_id)

    def pick_up(self) -> None:
        """Take up, for ever, chats whose bot died before it answered: run it in a greenlet of its own.

        Several processes may pick up the same chat; the database takes one answer to each message.
        """
        while True:
            try:
                for chat_id in abandoned():
                    self.start(chat_id)
            except Exception:
                log.exception("picking up unanswered chats failed")
            time.sleep(PICK_UP_EVERY_SECONDS)

    def answer(self, chat_id: int) -> bool:
        """Answer the oldest open question of a chat; False when there is none (left)."""
        with reading() as session:
            chat = session.get(Chat, chat_id)
            questions = unanswered(session, chat) if chat.state == State.BOT else []
            if not questions:
                return False
            engine = _Known(*_what_it_knows(session, chat.bot_id))
            history = last_messages(session, chat, HISTORY)
            sentences = NOBODY_HERE if hides_human(session, session.get(Bot, chat.bot_id)) else ENGLISH
        question = questions[0]
        said_before = tuple((message.author, message.text) for message in history if message.seq < question.seq)
        answer = ask(engine, Question(question.text, said_before, chat.misses), self.limit_seconds,
                     sentences.translated(self._translate))
        try:
            chat.answer(question, chat.epoch, answer.text, understood=answer.understood, offer=answer.offer_human,
                        **_came_from(answer))
        except LateAnswer as late:
            # The customer was handed over, or left, while the bot was thinking; or another process was faster.
            self.late_answers += 1
            log.info("answer to %s dropped: %s", question.seq, late)
        return True

    def search(self, bot: Bot, text: str) -> tuple[Answer, Nearest]:
        """What the knowledge of `bot` answers to `text`, whatever engine it has; and the nearest entries."""
        settings = BotSettings(bot.name, "knowledge", bot.fallback, bot.language)
        engine = engine_for(settings, knowledge_of(bot))
        answer = ask(engine, Question(text), self.limit_seconds, ENGLISH.translated(self._translate))
        return answer, engine.nearest(text)

    def _run(self, chat_id: int) -> None:
        try:
            with self._turns, self._context():
                while self.answer(chat_id):
                    pass
        except Exception:
            log.exception("answering chat %s failed", chat_id)
        finally:
            self._running.discard(chat_id)
            if chat_id in self._heard_meanwhile:
                self._heard_meanwhile.discard(chat_id)
                self.start(chat_id)


class _Known:
    """An engine that is built when it is asked: one that cannot be built fails like one that cannot answer."""

    def __init__(self, settings: BotSettings, knowledge: Knowledge):
        self.settings = settings
        self.knowledge = knowledge

    def answer(self, question: Question) -> Answer:
        return engine_for(self.settings, self.knowledge).answer(question)


def abandoned() -> list[int]:
    """The ids of chats with the bot that hold an unanswered message."""
    with reading() as session:
        waiting = select(Chat.id).where(Chat.state == State.BOT, Chat.last_customer_seq > Chat.answered_seq)
        return list(session.scalars(waiting))


def _came_from(answer: Answer) -> dict:
    """What is kept with an answer, besides its text."""
    source = {"source": answer.source} if answer.source else {}
    return {"quick_replies": list(answer.quick_replies), "entry": answer.entry_id, "score": round(answer.score, 3),
            **source}


def _what_it_knows(session: Session, bot_id: int) -> tuple[BotSettings, Knowledge]:
    bot = session.get(Bot, bot_id)
    return BotSettings(bot.name, bot.engine, bot.fallback, bot.language), knowledge_of(bot)


def knowledge_of(bot: Bot) -> Knowledge:
    """What `bot` knows; read from the database only when an engine is built from it."""
    # A change after this look raises the version, and has the engine built anew at the next question.
    return Knowledge((bot.key, bot.knowledge_version), lambda: _entries(bot))


def _entries(bot: Bot) -> list[Entry]:
    with reading() as session:
        return [Entry(entry.id, entry.question, tuple(entry.alternatives), entry.answer, tuple(entry.quick_replies),
                      entry.source) for entry in KnowledgeEntry.of(session, bot)]
