"""What a bot knows: the entries that its host wrote or imported, and the questions that it could not answer.

Every change raises the bot's `knowledge_version`: by it each process sees whether what it has kept is still right.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Name, PrimaryKey, Prose, now
from models.bot import Bot
from models.database import reading, transaction
from models.event import Action, track
from models.text import InvalidText, clean, clean_optional

if TYPE_CHECKING:
    from models.member import Member

QUESTION_LIMIT, ANSWER_LIMIT = 300, 2_000
SOURCE_LIMIT = 120
ALTERNATIVES_AT_MOST = 50
QUICK_REPLIES_AT_MOST, QUICK_REPLY_LIMIT = 6, 60
# What a bot can search in a few milliseconds, and a person can look after.
ENTRIES_AT_MOST = 2_000
UNANSWERED_AT_MOST = 200
WORDS_LIMIT = 200


class TooMuchKnowledge(Exception):
    """More entries than a bot can have; `.limit` is how many that are."""

    limit = ENTRIES_AT_MOST


class TooManyTexts(InvalidText):
    """More alternatives or quick replies than an entry can have."""


@dataclass(frozen=True)
class Draft:
    """An entry that is not stored yet. `source` names the document that it is a passage of; '': the host wrote it."""

    question: str
    answer: str
    alternatives: Sequence[str] = ()
    quick_replies: Sequence[str] = ()
    source: str = ""

    def cleaned(self) -> "Draft":
        """The same as Baton stores texts; raises InvalidText or TooManyTexts."""
        if len(self.alternatives) > ALTERNATIVES_AT_MOST or len(self.quick_replies) > QUICK_REPLIES_AT_MOST:
            raise TooManyTexts
        return Draft(clean(self.question, QUESTION_LIMIT), clean(self.answer, ANSWER_LIMIT),
                     [clean(text, QUESTION_LIMIT) for text in self.alternatives],
                     [clean(text, QUICK_REPLY_LIMIT) for text in self.quick_replies],
                     clean_optional(self.source, SOURCE_LIMIT))

    def columns(self) -> dict:
        """What the entry's row holds of it."""
        return {"question": self.question, "answer": self.answer, "alternatives": list(self.alternatives),
                "quick_replies": list(self.quick_replies), "source": self.source}


class KnowledgeEntry(Base):
    """One question with its answer, written by the host; or, with a `source`, a passage under its heading."""

    __tablename__ = "knowledge_entries"

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), index=True)
    question: Mapped[Prose]
    alternatives: Mapped[list] = mapped_column(default=list)
    answer: Mapped[Prose]
    quick_replies: Mapped[list] = mapped_column(default=list)
    source: Mapped[Name] = mapped_column(default="")
    created_at: Mapped[Created]

    @staticmethod
    def of(session: Session, bot: Bot) -> list["KnowledgeEntry"]:
        """Everything `bot` knows, oldest first."""
        entries = select(KnowledgeEntry).where(KnowledgeEntry.bot_id == bot.id).order_by(KnowledgeEntry.id)
        return list(session.scalars(entries))

    @staticmethod
    def find(session: Session, bot: Bot, entry_id: int) -> "KnowledgeEntry | None":
        """One entry of `bot`."""
        mine = select(KnowledgeEntry).where(KnowledgeEntry.bot_id == bot.id, KnowledgeEntry.id == entry_id)
        return session.scalars(mine).first()

    @staticmethod
    def add(bot: Bot, by: "Member | None", draft: Draft) -> "KnowledgeEntry":
        """Teach `bot` one entry. Raises InvalidText or TooMuchKnowledge."""
        draft = draft.cleaned()
        with transaction() as session:
            _refuse_too_much(session, bot, adding=1)
            entry = KnowledgeEntry(bot_id=bot.id, **draft.columns())
            session.add(entry)
            session.flush()
            _learned(session, bot, [draft])
            track(session, Action.ENTRY_ADDED, by=by, bot=bot.id, entry=entry.id, question=entry.question)
        return entry

    def change(self, bot: Bot, by: "Member", draft: Draft) -> None:
        """Say it otherwise; it stays a passage of its source. Raises InvalidText."""
        columns = replace(draft, source=self.source).cleaned().columns()
        changed = [name for name, value in columns.items() if getattr(self, name) != value]
        if not changed:
            return
        with transaction() as session:
            session.execute(update(KnowledgeEntry).where(KnowledgeEntry.id == self.id).values(**columns))
            _learned(session, bot, [draft])
            track(session, Action.ENTRY_CHANGED, by=by, bot=bot.id, entry=self.id, question=draft.question,
                  changed=changed)

    def remove(self, bot: Bot, by: "Member") -> None:
        """Forget it; an entry that is gone already changes nothing."""
        with transaction() as session:
            gone = session.execute(delete(KnowledgeEntry).where(KnowledgeEntry.id == self.id)).rowcount
            if gone:
                _learned(session, bot, [])
                track(session, Action.ENTRY_REMOVED, by=by, bot=bot.id, entry=self.id, question=self.question)


def add_entries(bot: Bot, by: "Member | None", drafts: Iterable[Draft]) -> tuple[int, int]:
    """Import entries, all of them or none; one whose question is known changes the entry that has it.

    Returns how many were added and how many changed. Raises InvalidText or TooMuchKnowledge.
    """
    drafts = {_words(draft.question): draft.cleaned() for draft in drafts}
    with transaction() as session:
        known = {_words(entry.question): entry for entry in KnowledgeEntry.of(session, bot) if not entry.source}
        changed = len(drafts.keys() & known.keys())
        added = len(drafts) - changed
        _refuse_too_much(session, bot, added)
        for words, draft in drafts.items():
            entry = known.get(words) or KnowledgeEntry(bot_id=bot.id)
            for name, value in draft.columns().items():
                setattr(entry, name, value)
            session.add(entry)
        _imported(session, bot, by, drafts.values(), added=added, changed=changed)
    return added, changed


def replace_documents(bot: Bot, by: "Member | None", documents: dict[str, Iterable[Draft]]) -> int:
    """Import documents, {name: passages}, each in place of what an earlier import of it left; all or none.

    Returns how many passages there are. Raises InvalidText or TooMuchKnowledge.
    """
    drafts = [replace(passage, source=name).cleaned() for name, passages in documents.items() for passage in passages]
    with transaction() as session:
        for name in documents:
            _forget_document(session, bot, name)
        _refuse_too_much(session, bot, len(drafts))
        session.add_all(KnowledgeEntry(bot_id=bot.id, **draft.columns()) for draft in drafts)
        _imported(session, bot, by, drafts, documents=list(documents), added=len(drafts))
    return len(drafts)


def remove_document(bot: Bot, by: "Member", source: str) -> int:
    """Forget every passage of a document; returns how many there were."""
    with transaction() as session:
        gone = _forget_document(session, bot, source)
        if gone:
            _learned(session, bot, [])
            track(session, Action.DOCUMENT_REMOVED, by=by, bot=bot.id, source=source, entries=gone)
    return gone


def _forget_document(session: Session, bot: Bot, source: str) -> int:
    passages = delete(KnowledgeEntry).where(KnowledgeEntry.bot_id == bot.id, KnowledgeEntry.source == source)
    return session.execute(passages).rowcount


def _imported(session: Session, bot: Bot, by: "Member | None", drafts: Iterable[Draft], **particulars) -> None:
    _learned(session, bot, drafts)
    track(session, Action.KNOWLEDGE_IMPORTED, by=by, bot=bot.id, **particulars)


def _refuse_too_much(session: Session, bot: Bot, adding: int) -> None:
    """Asked before anything is added: writing what is refused would hold everybody up for nothing."""
    count = select(func.count()).select_from(KnowledgeEntry).where(KnowledgeEntry.bot_id == bot.id)
    if session.scalar(count) + adding > ENTRIES_AT_MOST:
        raise TooMuchKnowledge


def _learned(session: Session, bot: Bot, drafts: Iterable[Draft]) -> None:
    """Let every process know, and drop the questions that have an answer now."""
    session.execute(update(Bot).where(Bot.id == bot.id).values(knowledge_version=Bot.knowledge_version + 1))
    # Looked for here: an import has more texts than a statement can have parameters.
    asked = session.scalars(select(UnansweredQuestion.words).where(UnansweredQuestion.bot_id == bot.id))
    answered = {_words(text) for draft in drafts for text in (draft.question, *draft.alternatives)}.intersection(asked)
    if answered:
        session.execute(delete(UnansweredQuestion).where(
            UnansweredQuestion.bot_id == bot.id, UnansweredQuestion.words.in_(answered)))


class UnansweredQuestion(Base):
    """What customers asked and the bot could not answer; the same words count as one question."""

    __tablename__ = "unanswered_questions"
    __table_args__ = (UniqueConstraint("bot_id", "words"),)

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"))
    words: Mapped[str] = mapped_column(String(WORDS_LIMIT))
    text: Mapped[Prose]
    times: Mapped[int] = mapped_column(default=1)
    last_asked_at: Mapped[datetime] = mapped_column(default=now)

    @staticmethod
    def of(session: Session, bot: Bot) -> list["UnansweredQuestion"]:
        """What `bot` could not answer, asked most often first."""
        mine = select(UnansweredQuestion).where(UnansweredQuestion.bot_id == bot.id)
        return list(session.scalars(mine.order_by(UnansweredQuestion.times.desc(),
                                                  UnansweredQuestion.last_asked_at.desc())))

    @staticmethod
    def find(session: Session, bot: Bot, question_id: int) -> "UnansweredQuestion | None":
        """One of the questions that `bot` could not answer."""
        return session.scalars(select(UnansweredQuestion).where(
            UnansweredQuestion.bot_id == bot.id, UnansweredQuestion.id == question_id)).first()

    @staticmethod
    def note(session: Session, bot_id: int, text: str) -> None:
        """Count a question within the caller's transaction; the oldest make room. One without words is left out."""
        words = _words(text)
        if not re.search(r"\w{2}", words):
            return
        row = {"bot_id": bot_id, "words": words, "text": text[:QUESTION_LIMIT], "times": 1, "last_asked_at": now()}
        insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
        session.execute(insert(UnansweredQuestion).values(row).on_conflict_do_update(
            index_elements=["bot_id", "words"],
            set_={"times": UnansweredQuestion.times + 1, "last_asked_at": row["last_asked_at"]}))
        # Rows that another transaction holds stay for the next time: waiting for them here could be a deadlock.
        oldest = (select(UnansweredQuestion.id).where(UnansweredQuestion.bot_id == bot_id)
                  .order_by(UnansweredQuestion.last_asked_at.desc(), UnansweredQuestion.id.desc())
                  .offset(UNANSWERED_AT_MOST).with_for_update(skip_locked=True))
        surplus = session.scalars(oldest).all()
        if surplus:
            session.execute(delete(UnansweredQuestion).where(UnansweredQuestion.id.in_(surplus)))

    def dismiss(self, by: "Member") -> None:
        """Take it off the list: it needs no answer."""
        with transaction() as session:
            if session.execute(delete(UnansweredQuestion).where(UnansweredQuestion.id == self.id)).rowcount:
                track(session, Action.QUESTION_DISMISSED, by=by, bot=self.bot_id, question=self.text)


def documents_of(bot: Bot) -> dict[str, int]:
    """The documents that `bot` has passages of, by name, and how many."""
    with reading() as session:
        rows = session.execute(
            select(KnowledgeEntry.source, func.count()).where(KnowledgeEntry.bot_id == bot.id,
                                                              KnowledgeEntry.source != "")
            .group_by(KnowledgeEntry.source).order_by(KnowledgeEntry.source))
        return dict(rows.all())


def _words(text: str) -> str:
    """What makes two questions the same: their words, whatever stands between."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return (" ".join(re.findall(r"\w+", plain)) or plain)[:WORDS_LIMIT]
