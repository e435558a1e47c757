"""Runs bots off the request: each customer message in a chat with the bot gets one answer, also after a crash."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bots import (
    ENGLISH,
    NOBODY_HERE,
    Answer,
    BotSettings,
    EngineFailed,
    Entry,
    Knowledge,
    Question,
    Sentences,
    Spent,
    ask,
    engine_for,
)
from bots.retrieval import Nearest
from models import Author, Bot, Chat, Customer, EngineSetup, KnowledgeEntry, Message, State, TokenUse, now, reading
from models.presence import hides_human
from models.refusals import LateAnswer
from models.sealing import WrongSeal, unseal
from models.transcript import last_messages, unanswered

log = logging.getLogger(__name__)

HISTORY = 20
PICK_UP_EVERY_SECONDS = 15
# After a crash many chats may wait for an answer: they are not to keep everybody else from theirs.
AT_ONCE = 32
# Engines that wait for another server: their chats count as abandoned only when such a wait must be over.
SLOW = ("model", "webhook")
LONGEST_WAIT_SECONDS = 60
SHOWN_EVERY_SECONDS, SHOWN_AGAIN_SECONDS = 0.15, 1


def show_nobody(chat_id: int, text: str | None) -> None:
    """The default for `show`: nobody reads along."""


class Runner:
    """Answers in the background of one process.

    `context()` is entered around each answer (an application context), `translator(tag)` is a gettext for who reads
    that language, `limit_seconds` is what an engine may take that has no limit of its own, and `internal_hosts` what
    engines may reach of the host's own network. `show(chat_id, text)` lets the customer read along; None takes away
    what was shown. `late_answers` counts those dropped.
    """

    def __init__(self, limit_seconds: float, context: Callable[[], AbstractContextManager], translator=lambda tag: str,
                 internal_hosts: frozenset[str] = frozenset(), show: Callable[[int, str | None], None] = show_nobody):
        self.limit_seconds = limit_seconds
        self.internal_hosts = internal_hosts
        self._context = context
        self._translator = translator
        self._show = show
        self.late_answers = 0
        # Bots that wait for a slow server keep no other bot's customers waiting.
        self._turns: dict[int, BoundedSemaphore] = defaultdict(lambda: BoundedSemaphore(AT_ONCE))
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
        with self._turns[_bot_of(chat_id)]:
            # Looked for only now: the customer may have left the bot while the chat waited for its turn.
            task = self._task(chat_id)
            if task is None:
                return False
            answered = False
            try:
                answer = self._ask(task)
                task.chat.answer(task.message, task.chat.epoch, answer.text, understood=answer.understood,
                                 offer=answer.offer_human, hands_over=answer.hands_over, **_came_from(answer))
                answered = True
            except LateAnswer as late:
                # The customer was handed over, or left, while the bot was thinking; or another process was faster.
                self.late_answers += 1
                log.info("answer to %s dropped: %s", task.message.seq, late)
            finally:
                if task.is_slow and not answered:
                    self._show(chat_id, None)
        return True

    def _task(self, chat_id: int) -> "_Task | None":
        """What there is to answer in a chat, with all that the engine is told."""
        with reading() as session:
            chat = session.get(Chat, chat_id)
            questions = unanswered(session, chat) if chat.state == State.BOT else []
            if not questions:
                return None
            message, bot = questions[0], session.get(Bot, chat.bot_id)
            history = last_messages(session, chat, HISTORY)
            said_before = tuple((entry.author, entry.text) for entry in history if entry.seq < message.seq)
            question = Question(message.text, said_before, chat.misses, about=_about(session, bot, chat, message),
                                spent=_spent(session, bot, chat))
            sentences = NOBODY_HERE if hides_human(session, bot) else ENGLISH
            sentences = sentences.translated(self._translator(chat.language))
            return _Task(chat, message, question, self._engine_of(session, bot), sentences, bot.engine in SLOW)

    def _ask(self, task: "_Task") -> Answer:
        teller = _Teller(self._show, task.chat.id)
        question = replace(task.question, tell=teller.tell)
        if task.is_slow:
            teller.show()
            showing = gevent.spawn(self._show_again, teller)
        try:
            return ask(task.engine, question, task.engine.limit_seconds, task.sentences)
        finally:
            if task.is_slow:
                teller.over.set()
                showing.join()  # else a last look could arrive after the answer
            if question.meter.tokens:
                TokenUse.add(task.chat, question.meter.tokens)

    def _show_again(self, teller: "_Teller") -> None:
        """Show once more, now and then: a page may have come back, or had no socket before its first message."""
        with self._context():
            while not teller.over.wait(SHOWN_AGAIN_SECONDS):
                teller.show()

    def _engine_of(self, session: Session, bot: Bot) -> "_Known":
        setup = EngineSetup.of(session, bot, bot.engine)
        limit = setup.options.get("seconds") or self.limit_seconds
        settings = BotSettings(bot.name, bot.engine, bot.fallback, bot.language, tuple(sorted(setup.options.items())),
                               internal_hosts=self.internal_hosts, limit_seconds=limit)
        return _Known(settings, setup.sealed_secret, knowledge_of(bot))

    def try_out(self, bot: Bot, text: str) -> Answer:
        """What the engine of `bot` answers to `text`, outside of any chat."""
        with reading() as session:
            engine = self._engine_of(session, bot)
        return ask(engine, Question(text), engine.limit_seconds, ENGLISH)

    def search(self, bot: Bot, text: str) -> tuple[Answer, Nearest]:
        """What the knowledge of `bot` answers to `text`, whatever engine it has; and the nearest entries."""
        settings = BotSettings(bot.name, "knowledge", bot.fallback, bot.language)
        engine = engine_for(settings, knowledge_of(bot))
        answer = ask(engine, Question(text), self.limit_seconds, ENGLISH)
        return answer, engine.nearest(text)

    def _run(self, chat_id: int) -> None:
        try:
            with self._context():
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

    def __init__(self, settings: BotSettings, sealed_secret: str, knowledge: Knowledge):
        self.limit_seconds = settings.limit_seconds
        self._settings = settings
        self._sealed_secret = sealed_secret
        self._knowledge = knowledge

    def answer(self, question: Question) -> Answer:
        try:
            settings = replace(self._settings, secret=unseal(self._sealed_secret))
        except WrongSeal as error:
            raise EngineFailed("sealed") from error
        return engine_for(settings, self._knowledge).answer(question)


@dataclass(frozen=True)
class _Task:
    """A customer's message, and the engine that is to answer it."""

    chat: Chat
    message: Message
    question: Question
    engine: _Known
    sentences: Sentences
    is_slow: bool


class _Teller:
    """Shows an answer while it grows, not more often than people can follow."""

    def __init__(self, show: Callable[[int, str | None], None], chat_id: int):
        self._show = show
        self._chat_id = chat_id
        self.over = Event()
        self._shown_at = 0.0
        self._text = ""

    def tell(self, text: str) -> None:
        """Take what there is now."""
        self._text = text
        if time.monotonic() - self._shown_at >= SHOWN_EVERY_SECONDS:
            self.show()

    def show(self) -> None:
        """Show what there was last; '' while there is nothing yet."""
        # The first words do not wait because there were none a moment ago.
        self._shown_at = time.monotonic() if self._text else 0.0
        self._show(self._chat_id, self._text)


def abandoned() -> list[int]:
    """The ids of chats with the bot that hold a message which nobody can be answering any more."""
    over = now() - timedelta(seconds=LONGEST_WAIT_SECONDS + PICK_UP_EVERY_SECONDS)
    with reading() as session:
        waiting = select(Chat.id).join(Bot, Bot.id == Chat.bot_id).where(
            Chat.state == State.BOT, Chat.last_customer_seq > Chat.answered_seq,
            or_(Bot.engine.not_in(SLOW), Chat.last_message_at < over))
        return list(session.scalars(waiting.order_by(Chat.id)))


def _bot_of(chat_id: int) -> int:
    with reading() as session:
        return session.scalar(select(Chat.bot_id).where(Chat.id == chat_id))


def _about(session: Session, bot: Bot, chat: Chat, message: Message) -> dict:
    """What a host's own bot is told of a question, besides what was said."""
    if bot.engine != "webhook":
        return {}
    customer = session.get(Customer, chat.customer_id)
    told = ("name", "email", "language", "time_zone", "page_url", "page_title", "attributes")
    return {"delivery": f"{bot.key}-{chat.id}-{message.seq}", "chat": {"id": chat.id, "bot": bot.key},
            "customer": {"id": customer.id, **{name: getattr(customer, name) for name in told}}}


def _spent(session: Session, bot: Bot, chat: Chat) -> Spent:
    """What a model has cost so far. Chats that are answered at the same moment do not see each other's share."""
    if bot.engine != "model":
        return Spent()
    return Spent(chat.answered, TokenUse.in_chat(session, chat), TokenUse.today(session, bot.id))


def _came_from(answer: Answer) -> dict:
    """What is kept with an answer, besides its text."""
    more = {"source": answer.source, "trouble": answer.trouble}
    return {"quick_replies": list(answer.quick_replies), "entry": answer.entry_id, "score": round(answer.score, 3),
            **{name: value for name, value in more.items() if value}}


def knowledge_of(bot: Bot) -> Knowledge:
    """What `bot` knows; read from the database only when an engine is built from it."""
    # A change after this look raises the version, and has the engine built anew at the next question.
    return Knowledge((bot.key, bot.knowledge_version), lambda: _entries(bot))


def _entries(bot: Bot) -> list[Entry]:
    with reading() as session:
        return [Entry(entry.id, entry.question, tuple(entry.alternatives), entry.answer, tuple(entry.quick_replies),
                      entry.source) for entry in KnowledgeEntry.of(session, bot)]
