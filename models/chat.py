"""A chat: one session of one customer with one bot, from the first message to its closing.

Each verb is one transaction. Where two people can collide, a single conditional UPDATE decides; the loser
gets a named refusal and can look at what the chat is now.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, ForeignKey, Index, String, bindparam, exists, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Base, Created, PrimaryKey, Prose, now
from models.bot import Bot, BotOff
from models.customer import Customer, NotIntroduced, Visit, meet, note_visit
from models.database import announce, in_one, reading, transact, transaction
from models.event import Action, Notice, track
from models.feedback import AlreadyRated, add_feedback, check_feedback
from models.hours import WhenAway
from models.knowledge import UnansweredQuestion
from models.mail import Mail
from models.mail_server import MailServer
from models.member import BotAccess, Member, clean_email
from models.message import Author, Message, already_stored
from models.presence import is_available, offline_members
from models.refusals import (
    AlreadyAssigned,
    ChatClosed,
    ChatRefusal,
    LateAnswer,
    NoAccess,
    NobodyAvailable,
    NotAssignee,
    NotHandedOff,
    NothingSaid,
    NotOffered,
    StillOpen,
)
from models.saying import Saying, beginning_of, columns_of, store_message
from models.text import clean, clean_optional, clean_uuid


class State(StrEnum):
    """Where a chat stands. BOT and LIVE are open; the others are final."""

    BOT = "bot"
    LIVE = "live"
    RESOLVED = "resolved"
    ENDED = "ended"
    EXPIRED = "expired"


OPEN = (State.BOT, State.LIVE)

# Why something happened that people read otherwise about (particulars of events).
BOT_DELETED = "bot_deleted"
NO_BOT = "no_bot"
OTHER_CHAT = "other_chat"


class Chat(Base):
    """One session of one customer with one bot."""

    __tablename__ = "chats"
    __table_args__ = (
        # One open chat per customer: two tabs that write their first message at once share it.
        Index("uq_chats_open", "customer_id", unique=True,
              sqlite_where=text("state IN ('bot', 'live')"), postgresql_where=text("state IN ('bot', 'live')")),
        Index("ix_chats_live", "bot_id", "handed_off_at",
              sqlite_where=text("state = 'live'"), postgresql_where=text("state = 'live'")),
        Index("ix_chats_unanswered", "id", sqlite_where=text("state = 'bot' AND last_customer_seq > answered_seq"),
              postgresql_where=text("state = 'bot' AND last_customer_seq > answered_seq")),
        Index("ix_chats_unmailed", "id", sqlite_where=text("by_mail_at IS NOT NULL AND mailed_seq < seq"),
              postgresql_where=text("by_mail_at IS NOT NULL AND mailed_seq < seq")),
    )

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=State.BOT)
    # Rises at the handoff. An answer that was begun under a lower epoch is dropped: a slow bot never
    # talks over a person.
    epoch: Mapped[int] = mapped_column(default=0)
    # The last number given out in this chat, to messages and events alike.
    seq: Mapped[int] = mapped_column(default=0)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[Created]
    offered_at: Mapped[datetime | None]
    handed_off_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    last_text: Mapped[Prose] = mapped_column(default="")
    last_author: Mapped[str] = mapped_column(String(10), default="")
    last_message_at: Mapped[datetime] = mapped_column(default=now)
    last_customer_seq: Mapped[int] = mapped_column(default=0)
    answered_seq: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    # Steps of waiting (models/waiting.py).
    handed_back_at: Mapped[datetime | None]
    delayed_at: Mapped[datetime | None]
    members_mailed_at: Mapped[datetime | None]
    # Since when the customer may be answered by mail, whether they left a message instead of waiting, and up to
    # which number they were mailed what they had not seen.
    by_mail_at: Mapped[datetime | None]
    left_message_at: Mapped[datetime | None]
    mailed_seq: Mapped[int] = mapped_column(default=0)

    bot: Mapped[Bot] = relationship(viewonly=True)
    customer: Mapped[Customer] = relationship(viewonly=True)
    assignee: Mapped[Member | None] = relationship(viewonly=True)

    # Questions

    @hybrid_property
    def is_open(self) -> bool:
        """Whether anybody can still write."""
        return self.state in OPEN

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls):
        return cls.state.in_(OPEN)

    @hybrid_property
    def is_waiting(self) -> bool:
        """Whether it is handed over and nobody handles it yet."""
        return self.state == State.LIVE and self.assignee_id is None

    @is_waiting.inplace.expression
    @classmethod
    def _is_waiting(cls):
        return (cls.state == State.LIVE) & cls.assignee_id.is_(None)

    def held_by(self, member: Member) -> bool:
        """Whether `member` is the assignee."""
        return self.assignee_id == member.id

    @property
    def offers_human(self) -> bool:
        """Whether the customer can press **Talk to a human** now."""
        return self.state == State.BOT and self.offered_at is not None

    @property
    def language(self) -> str:
        """What its customer reads, as a tag such as "de-AT"; empty when nobody has said."""
        return self.bot.widget_language or self.customer.language

    @staticmethod
    def open_of(session: Session, customer: Customer) -> "Chat | None":
        """The open chat of `customer`, which nobody else can close before this transaction is over."""
        mine = select(Chat).where(Chat.customer_id == customer.id, Chat.is_open)
        return session.scalars(mine.with_for_update()).first()

    @staticmethod
    def last_of(session: Session, customer: Customer) -> "Chat | None":
        """The open chat of `customer`, else their newest one."""
        mine = select(Chat).where(Chat.customer_id == customer.id)
        return session.scalars(mine.order_by(Chat.is_open.desc(), Chat.id.desc()).limit(1)).first()

    # Verbs of the customer

    @staticmethod
    def start(bot: Bot, token: str, visit: Visit, said: str, uuid: str) -> Message:
        """Store a customer's first message in a new chat, after the bot's welcome; return the message.

        A repeat (same `uuid`) returns what is stored; a customer whose chat is open writes in that one.
        Raises InvalidText, InvalidUuid, InvalidToken, NotIntroduced.
        """
        said, uuid = clean(said), clean_uuid(uuid)
        # Two tabs may write their first message at once: the other one then made the customer or the chat.
        return _despite_twin(lambda: _start(bot, token, visit, said, uuid))

    @staticmethod
    def open_unsaid(bot: Bot, token: str, visit: Visit) -> "Chat":
        """The customer's open chat, made now if there is none: for whoever ends a chat without a word.

        Raises InvalidToken.
        """
        return _despite_twin(lambda: _open_unsaid(bot, token, visit))

    @staticmethod
    def ask_for_human(bot: Bot, token: str, visit: Visit) -> "Chat":
        """The customer's open chat, made now if there is none, in the hands of the people: not a word was written.

        Raises NothingSaid unless `bot` offers a person from the beginning; NotIntroduced, InvalidToken.
        """
        if not bot.offers_human(0):
            raise NothingSaid
        return _despite_twin(lambda: _open_unsaid(bot, token, visit, _introduced)).hand_off()

    def post_as_customer(self, said: str, uuid: str) -> Message:
        """Store the customer's message; a repeat returns what is stored.

        Raises InvalidText, InvalidUuid, BotOff or ChatClosed.
        """
        said, uuid = clean(said), clean_uuid(uuid)
        return _once(self, uuid, lambda session: _post_as_customer(session, self, _bot_of(session, self), said, uuid))

    def hand_off(self) -> "Chat":
        """Give the chat to the people. Handing off a live chat again changes nothing.

        Raises NotOffered, NobodyAvailable, BotOff or ChatClosed.
        """
        with transaction() as session:
            if not _bot_of(session, self).is_on:
                raise BotOff
            _refuse_if_nobody_is_there(session, self)
            changed = _hand_off(session, self, Chat.offered_at.is_not(None))
            if changed:
                return changed
            current = _current(session, self)
            if current.state == State.BOT:
                raise NotOffered(current)
            return _open_or_refuse(current)

    def leave_message(self, name: str, email: str, said: str, uuid: str) -> Message:
        """Leave a message for when somebody is back: the chat is handed over, to be answered by mail.

        Raises InvalidText, InvalidEmail, InvalidUuid, NotOffered or ChatClosed.
        """
        name, email, said, uuid = clean_optional(name, 120), clean_email(email), clean(said), clean_uuid(uuid)
        return _once(self, uuid, lambda session: _leave_message(session, self, name, email, said, uuid))

    def leave_email(self, email: str) -> "Chat":
        """Say where an answer can be mailed to, and keep the place in the queue.

        Raises InvalidEmail, NotHandedOff or ChatClosed.
        """
        email = clean_email(email)
        with transaction() as session:
            changed = _change(session, self, Chat.state == State.LIVE, by_mail_at=now(), mailed_seq=Chat.seq + 1)
            if not changed:
                raise NotHandedOff(_open_or_refuse(_current(session, self)))
            session.execute(update(Customer).where(Customer.id == changed.customer_id).values(email=email))
            track(session, Action.EMAIL_LEFT, chat_id=self.id, seq=changed.seq)
            return changed

    def end(self, rating: int | None = None, comment: str = "") -> "Chat":
        """The customer closes the chat, with feedback or without.

        Raises InvalidRating, InvalidText, or ChatClosed when somebody closed it first; the feedback is then
        kept all the same, if the chat had none.
        """
        check_feedback(rating, comment, optional=True)
        with transaction() as session:
            changed = _change(session, self, Chat.is_open, state=State.ENDED, closed_at=now())
            if changed:
                track(session, Action.CHAT_ENDED, chat_id=self.id, seq=changed.seq, feedback=rating is not None)
        rated = rating is not None and _keep_feedback(self, rating, comment)
        if not changed:
            with reading() as session:
                raise ChatClosed(_current(session, self))
        return rated or changed

    def leave_feedback(self, rating: int, comment: str = "") -> "Chat":
        """Rate a closed chat, once.

        Raises InvalidRating, InvalidText, StillOpen or AlreadyRated.
        """
        check_feedback(rating, comment)
        with transaction() as session:
            return _add_feedback(session, self, rating, comment)

    def visit(self, visit: Visit) -> None:
        """Note the page its customer is on now; members who have the chat open see it at once."""
        with transaction() as session:
            note_visit(session, self.customer_id, visit)
            announce(session, Notice("customer_visited", chat_id=self.id))

    # Verbs of a member

    def post_as_member(self, member: Member, said: str, uuid: str) -> Message:
        """Store a member's message; the first one in an unassigned chat also assigns it.

        Raises InvalidText, InvalidUuid, AlreadyAssigned, NotHandedOff, ChatClosed or NoAccess; the text is then
        stored nowhere, and stays with its author.
        """
        said, uuid = clean(said), clean_uuid(uuid)
        return (self.held_by(member) and _go_on_in_one(self, member, said, uuid)
                or _once(self, uuid, lambda session: _post_as_member(session, self, member, said, uuid)))

    def resolve(self, by: Member) -> "Chat":
        """The assignee closes the chat.

        Raises NotAssignee or ChatClosed.
        """
        with transaction() as session:
            changed = _change(session, self, Chat.state == State.LIVE, Chat.assignee_id == by.id,
                              state=State.RESOLVED, closed_at=now())
            if changed:
                track(session, Action.CHAT_RESOLVED, chat_id=self.id, seq=changed.seq, by=by)
                return changed
            raise NotAssignee(_open_or_refuse(_current(session, self)))

    # Verbs of the clock, and of whoever takes a member out of the team

    def hand_back(self, reason: str, gone_since: datetime | None = None, by: Member | None = None) -> "Chat | None":
        """Take the chat from its assignee, back to Unassigned; None when it is no longer theirs.

        With `gone_since`, only while the customer waits for an answer and the assignee was not there after that
        instant: one who has just come back keeps the chat.
        """
        with transaction() as session:
            return hand_back(session, self, reason, *(is_left_alone(gone_since) if gone_since else ()), by=by)

    def admit_delay(self) -> bool:
        """Tell the customer that it takes longer, once; False when they no longer wait, or were told."""
        with transaction() as session:
            changed = _change(session, self, Chat.is_waiting, Chat.delayed_at.is_(None), delayed_at=now())
            if changed:
                track(session, Action.CHAT_DELAYED, chat_id=self.id, seq=changed.seq)
            return changed is not None

    def call_members(self, write: Callable[["Chat"], tuple[str, str]]) -> bool:
        """Mail the members who are not there that this chat waits, once; False when there is nothing to do.

        `write(chat)` makes the mail: subject and text.
        """
        with transaction() as session:
            away = offline_members(session, session.get(Bot, self.bot_id))
            changed = away and _change(session, self, Chat.is_waiting, Chat.members_mailed_at.is_(None),
                                       members_mailed_at=now())
            if not changed:
                return False
            subject, text = write(changed)
            for member in away:
                Mail.queue(session, member.email, subject, text, "waiting")
            track(session, Action.MEMBERS_CALLED, chat_id=self.id, seq=changed.seq,
                  names=[member.first_name for member in away])
            return True

    def mail_missed(self, missed: list[Message], write: Callable[["Chat", list[Message]], tuple[str, str]]) -> None:
        """Mail `missed` to the customer, once, if mail is sent at all; everything up to now then counts as mailed.

        No event: it is the messages that are tracked, and this is how they travel.
        """
        with transaction() as session:
            unmailed = update(Chat).where(Chat.id == self.id, Chat.mailed_seq == self.mailed_seq)
            first = session.execute(unmailed.values(mailed_seq=self.seq)).rowcount == 1
            if first and missed and MailServer.current(session):
                email = session.get(Customer, self.customer_id).email
                Mail.queue(session, email, *write(self, missed), "answer")

    # Verbs of the bot

    def answer(self, question: Message, epoch: int, said: str, *, understood=True, offer: str | None = None,
               hands_over=False, **particulars) -> Message:
        """Store the bot's answer to `question`, begun when the chat's epoch was `epoch`.

        `offer` is why a person is offered with it, `particulars` what the answer came from. `hands_over` gives the
        chat to the people, if they take customers now.
        Raises LateAnswer when the chat has moved on; nothing is stored then.
        """
        def store(session: Session) -> Message:
            chat = _said(session, self, Author.BOT, said, Chat.state == State.BOT, Chat.epoch == epoch,
                         Chat.answered_seq < question.seq, answered_seq=question.seq, answered=Chat.answered + 1,
                         misses=0 if understood else Chat.misses + 1)
            if not chat:
                raise LateAnswer(_current(session, self))
            message = _add_message(session, chat, Author.BOT, said,
                                   particulars={"understood": understood, **particulars})
            # A bot that has failed says nothing of what it knows.
            if not understood and offer != "failed":
                UnansweredQuestion.note(session, chat.bot_id, question.text)
            if chat.offered_at is None and (offer or session.get(Bot, chat.bot_id).offers_human(chat.answered)):
                _offer(session, chat, offer or "answered")
            if hands_over and _people_take_customers(session, session.get(Bot, chat.bot_id)):
                _hand_off(session, chat, reason="bot")
            return message

        return transact(store)

    def expire(self, since: datetime, *conditions) -> bool:
        """Close a chat in which nobody wrote after `since`; False when somebody did, or closed it already."""
        with transaction() as session:
            changed = _change(session, self, Chat.is_open, Chat.last_message_at < since, *conditions,
                              state=State.EXPIRED, closed_at=now())
            if changed:
                track(session, Action.CHAT_EXPIRED, chat_id=self.id, seq=changed.seq)
            return changed is not None

    @staticmethod
    def close_all_of(bot: Bot) -> int:
        """Close every open chat of a bot that was deleted; returns how many."""
        with reading() as session:
            left = session.scalars(select(Chat).where(Chat.bot_id == bot.id, Chat.is_open)).all()
        return sum(chat._close_without_bot() for chat in left)

    def _close_without_bot(self) -> bool:
        with transaction() as session:
            changed = _change(session, self, Chat.is_open, state=State.EXPIRED, closed_at=now())
            if changed:
                track(session, Action.CHAT_EXPIRED, chat_id=self.id, seq=changed.seq, reason=BOT_DELETED)
            return changed is not None

    @staticmethod
    def move(session: Session, visitor_id: int, customer_id: int) -> None:
        """Give a visitor's chats to the customer whom the visitor turned out to be, inside the caller's transaction.

        One chat can be open: that with people goes on, else the one in which somebody wrote last.
        """
        both = select(Chat).where(Chat.customer_id.in_([visitor_id, customer_id]), Chat.is_open)
        in_order = sorted(session.scalars(both.order_by(Chat.id).with_for_update()),
                          key=lambda chat: (chat.state == State.LIVE, chat.last_message_at))
        for chat in in_order[:-1]:
            closed = _change(session, chat, state=State.EXPIRED, closed_at=now())
            track(session, Action.CHAT_EXPIRED, chat_id=chat.id, seq=closed.seq, reason=OTHER_CHAT)
        session.execute(update(Chat).where(Chat.customer_id == visitor_id).values(customer_id=customer_id))

    @staticmethod
    def note_identity(session: Session, customer: Customer) -> None:
        """Tell in the customer's open chat that the website has said who it is, inside the caller's transaction."""
        chat = Chat.open_of(session, customer)
        if chat:
            changed = _change(session, chat)
            track(session, Action.CUSTOMER_IDENTIFIED, chat_id=chat.id, seq=changed.seq)

    @staticmethod
    def tell_token_changed(session: Session, customer_id: int) -> None:
        """Announce that a token opens the customer's open chat no longer, inside the caller's transaction."""
        for chat_id in session.scalars(select(Chat.id).where(Chat.customer_id == customer_id, Chat.is_open)):
            announce(session, Notice("customer_token_changed", chat_id=chat_id))

    @staticmethod
    def count_open(session: Session, bot: Bot) -> int:
        """How many chats of `bot` are open."""
        return session.scalar(select(func.count()).where(Chat.bot_id == bot.id, Chat.is_open))

    @staticmethod
    def expire_idle(since: datetime, *conditions) -> int:
        """Close every open chat that meets the conditions and in which nobody wrote after `since`; how many."""
        with reading() as session:
            idle = session.scalars(select(Chat).where(Chat.is_open, Chat.last_message_at < since, *conditions)).all()
        return sum(chat.expire(since, *conditions) for chat in idle)


def hand_back(session: Session, chat: Chat, reason: str, *conditions, by: Member | None = None) -> Chat | None:
    """`Chat.hand_back` inside the caller's transaction.

    Who of the team is left should hear of it as of a new chat, so the steps of waiting begin anew.
    """
    assignee_id = chat.assignee_id
    changed = _change(session, chat, Chat.state == State.LIVE, Chat.assignee_id == assignee_id, *conditions,
                      assignee_id=None, assigned_at=None, handed_back_at=now(), delayed_at=None,
                      members_mailed_at=None)
    if changed:
        name = session.get(Member, assignee_id).first_name
        track(session, Action.CHAT_HANDED_BACK, chat_id=chat.id, seq=changed.seq, by=by, reason=reason, name=name)
    return changed


def hand_back_all(session: Session, member: Member, reason: str, *conditions, by: Member | None = None) -> None:
    """Put every live chat of `member` that meets the conditions back to Unassigned, in the caller's transaction."""
    held = select(Chat).where(Chat.assignee_id == member.id, Chat.state == State.LIVE, *conditions)
    for chat in session.scalars(held.order_by(Chat.id)).all():
        hand_back(session, chat, reason, by=by)


def is_left_alone(gone_since: datetime) -> tuple:
    """The conditions on chats whose customer waits for an assignee who was not there after `gone_since`."""
    gone = select(Member.id).where(Member.not_seen_since(gone_since))
    return Chat.last_author == Author.CUSTOMER, Chat.assignee_id.in_(gone)


# How the verbs do it


def _refuse_if_nobody_is_there(session: Session, chat: Chat) -> None:
    if not _people_take_customers(session, _bot_of(session, chat)):
        current = _current(session, chat)
        if current.offers_human:
            raise NobodyAvailable(current)


def _people_take_customers(session: Session, bot: Bot) -> bool:
    """Whether a customer who asks for a person now is put in the queue."""
    return bot.when_away == WhenAway.QUEUE or is_available(session, bot)


def _leave_message(session: Session, chat: Chat, name: str, email: str, said: str, uuid: str) -> Message:
    left = now()
    changed = _said(session, chat, Author.CUSTOMER, said, Chat.state == State.BOT, Chat.offered_at.is_not(None),
                    numbers=2, state=State.LIVE, epoch=Chat.epoch + 1, handed_off_at=left, left_message_at=left,
                    by_mail_at=left, last_customer_seq=Chat.seq + 2, mailed_seq=Chat.seq + 2)
    note_visit(session, chat.customer_id, Visit(name=name))
    session.execute(update(Customer).where(Customer.id == chat.customer_id).values(email=email))
    if not changed:
        return _leave_message_in_queue(session, chat, said, uuid)
    track(session, Action.CHAT_HANDED_OFF, chat_id=chat.id, seq=changed.seq - 1, left_message=True)
    return _add_message(session, changed, Author.CUSTOMER, said, client_uuid=uuid)


def _leave_message_in_queue(session: Session, chat: Chat, said: str, uuid: str) -> Message:
    """Another tab has handed the chat over meanwhile: the message goes to the people all the same."""
    current = _open_or_refuse(_current(session, chat))
    if current.state == State.BOT:
        raise NotOffered(current)
    session.execute(update(Chat).where(Chat.id == chat.id).values(by_mail_at=now()))
    return _post_as_customer(session, current, _bot_of(session, chat), said, uuid)


def _change(session: Session, chat: Chat, *conditions, numbers: int = 1, **values) -> Chat | None:
    """The one conditional UPDATE behind every verb: take the next number(s), change `values`, or lose (None).

    It holds the chat's row lock to the end of the transaction, so commit order is number order.
    """
    statement = update(Chat).where(Chat.id == chat.id, *conditions).values(seq=Chat.seq + numbers, **values)
    options = {"synchronize_session": False, "populate_existing": True}
    return session.scalars(statement.returning(Chat), execution_options=options).one_or_none()


def _current(session: Session, chat: Chat) -> Chat:
    """The chat as it is in the database now."""
    return session.scalars(select(Chat).where(Chat.id == chat.id), execution_options={"populate_existing": True}).one()


def _open_or_refuse(chat: Chat) -> Chat:
    if not chat.is_open:
        raise ChatClosed(chat)
    return chat


_CUSTOMER_SAYS = Saying(Chat.__table__, Author.CUSTOMER, or_(*(Chat.state == state.value for state in OPEN)),
                        last_customer_seq=Chat.seq + 1)
_ASSIGNEE_SAYS = Saying(Chat.__table__, Author.MEMBER, Chat.state == State.LIVE.value,
                        Chat.assignee_id == bindparam("member_id"))


def _say(session: Session, saying: Saying, chat: Chat, said: str, uuid: str,
         member: Member | None = None) -> Message | None:
    """Store one more message; None when the chat does not meet the conditions."""
    stored = saying.store(session.connection(), chat.id, said, client_uuid=uuid, member_id=member and member.id)
    return stored and _announced(session, chat.copy_with(**stored.chat), stored.message, member)


def _said(session: Session, chat: Chat, author: Author, said: str, *conditions, numbers=1, **values) -> Chat | None:
    """Make room for a message: its number, and the lines that lists show."""
    return _change(session, chat, *conditions, numbers=numbers, last_text=beginning_of(said), last_author=author,
                   last_message_at=now(), **values)


def _despite_twin(attempt: Callable[[], "Message | Chat"]) -> "Message | Chat":
    """Do `attempt`; once more if the same thing, done at the same moment, was stored first: it finds that then."""
    try:
        return attempt()
    except IntegrityError:
        return attempt()


def _once(chat: Chat, uuid: str, store: Callable[[Session], Message]) -> Message:
    """The message with `uuid` and its chat, stored now unless an earlier try, or one at the same moment, has."""
    try:
        return transact(store)
    except (IntegrityError, ChatRefusal, BotOff):
        # Looked for only now, as nearly every message comes once; a chat that has closed since refuses a repeat.
        with reading() as session:
            stored = already_stored(session, chat.id, uuid)
        if stored is None:
            raise
        set_committed_value(stored, "chat", chat)
        return stored


def _post_as_member(session: Session, chat: Chat, member: Member, said: str, uuid: str) -> Message:
    # Both steps lose where a second window of the same member claims the chat at this very moment.
    message = (_go_on(session, chat, member, said, uuid) or _claim(session, chat, member, said, uuid)
               or _go_on(session, chat, member, said, uuid))
    if not message:
        current = _open_or_refuse(_current(session, chat))
        raise AlreadyAssigned(current) if current.assignee_id else NotHandedOff(current)
    return message


def _go_on(session: Session, chat: Chat, member: Member, said: str, uuid: str) -> Message | None:
    """Store one more message of the assignee."""
    return _say(session, _ASSIGNEE_SAYS, chat, said, uuid, member)


def _go_on_in_one(chat: Chat, member: Member, said: str, uuid: str) -> Message | None:
    """The same as a transaction of its own, in one statement; None also where that does not go."""
    def say(connection: Connection) -> Message | None:
        stored = _ASSIGNEE_SAYS.store_in_one(connection, chat.id, said, client_uuid=uuid, member_id=member.id)
        return stored and message_in(chat.copy_with(**stored.chat), stored.message, member)

    return in_one(say)


def _claim(session: Session, chat: Chat, member: Member, said: str, uuid: str) -> Message | None:
    """Assign an unassigned chat to `member`, and store the message that does it. Raises NoAccess."""
    _refuse_without_access(session, chat, member)
    claimed = _said(session, chat, Author.MEMBER, said, Chat.is_waiting, numbers=2, assignee_id=member.id,
                    assigned_at=now())
    if not claimed:
        return None
    track(session, Action.CHAT_ASSIGNED, chat_id=chat.id, seq=claimed.seq - 1, by=member)
    return _add_message(session, claimed, Author.MEMBER, said, member=member, client_uuid=uuid)


def _refuse_without_access(session: Session, chat: Chat, member: Member) -> None:
    # Whoever takes this member's access holds their row, and gives back the chats they have: this one is either
    # among these, or it is not taken any more.
    mine = exists().where(BotAccess.member_id == Member.id, BotAccess.bot_id == chat.bot_id)
    entitled = select(Member.id).where(Member.id == member.id, Member.disabled_at.is_(None), or_(Member.all_bots, mine))
    if session.scalar(entitled.with_for_update(read=True, of=Member)) is None:
        raise NoAccess


def _open_unsaid(bot: Bot, token: str, visit: Visit, checked=lambda customer, bot: customer) -> Chat:
    with transaction() as session:
        customer = meet(session, bot, token, visit)
        return Chat.open_of(session, customer) or _open_chat(session, bot, checked(customer, bot))


def _start(bot: Bot, token: str, visit: Visit, said: str, uuid: str) -> Message:
    with transaction() as session:
        customer = meet(session, bot, token, visit)
        stored = already_stored(session, select(Chat.id).where(Chat.customer_id == customer.id), uuid)
        if stored:
            return stored
        chat = Chat.open_of(session, customer) or _open_chat(session, bot, _introduced(customer, bot))
        return _post_as_customer(session, chat, bot, said, uuid)


def _introduced(customer: Customer, bot: Bot) -> Customer:
    if customer.is_asked(bot):
        raise NotIntroduced(bot)
    return customer


def _open_chat(session: Session, bot: Bot, customer: Customer) -> Chat:
    """A new chat, which begins with the welcome that the customer has just read."""
    offered = now() if bot.offers_human(0) else None
    chat = Chat(bot_id=bot.id, customer_id=customer.id, seq=1, offered_at=offered, last_text=beginning_of(bot.welcome),
                last_author=Author.BOT)
    session.add(chat)
    session.flush()
    _add_message(session, chat, Author.BOT, bot.welcome, particulars={"quick_replies": bot.quick_replies})
    return chat


def _post_as_customer(session: Session, chat: Chat, bot: Bot, said: str, uuid: str) -> Message:
    message = _say(session, _CUSTOMER_SAYS, chat, said, uuid)
    if message is None:
        raise ChatClosed(_current(session, chat))
    if not bot.is_on:
        raise BotOff
    if message.chat.state == State.BOT and not bot.answers:
        _hand_off(session, message.chat, reason=NO_BOT)
    return message


def _bot_of(session: Session, chat: Chat) -> Bot:
    """The chat's bot, which on the path of every message is loaded already."""
    return chat.__dict__.get("bot") or session.get(Bot, chat.bot_id)


def _hand_off(session: Session, chat: Chat, *conditions, **particulars) -> Chat | None:
    """Give a chat of the bot to the people; None when it is not, or does not meet the conditions."""
    changed = _change(session, chat, Chat.state == State.BOT, *conditions, state=State.LIVE, epoch=Chat.epoch + 1,
                      handed_off_at=now())
    if changed:
        track(session, Action.CHAT_HANDED_OFF, chat_id=chat.id, seq=changed.seq, **particulars)
    return changed


def _add_message(session: Session, chat: Chat, author: Author, said: str, member: Member | None = None,
                 **columns) -> Message:
    columns = columns_of(chat.id, author, said, member_id=member and member.id, **columns) | {"seq": chat.seq}
    return _announced(session, chat, store_message(session.connection(), columns), member)


def _announced(session: Session, chat: Chat, stored: dict, member: Member | None) -> Message:
    message = message_in(chat, stored, member)
    announce(session, message)
    return message


def message_in(chat: Chat, stored: dict, member: Member | None = None) -> Message:
    """A message that is stored with these columns, in the chat as it is now; it belongs to no session."""
    message = Message(**stored)
    set_committed_value(message, "member", member)
    set_committed_value(message, "chat", chat)
    return message


def _offer(session: Session, chat: Chat, reason: str) -> None:
    offered = _change(session, chat, offered_at=now())
    track(session, Action.HUMAN_OFFERED, chat_id=chat.id, seq=offered.seq, reason=reason)


def _keep_feedback(chat: Chat, rating: int, comment: str) -> Chat | None:
    """Feedback given while closing: kept unless the chat has some already."""
    try:
        return chat.leave_feedback(rating, comment)
    except AlreadyRated:
        return None


def _add_feedback(session: Session, chat: Chat, rating: int, comment: str) -> Chat:
    changed = _change(session, chat, ~Chat.is_open)
    if not changed:
        raise StillOpen(_current(session, chat))
    add_feedback(session, changed, rating, comment)
    track(session, Action.FEEDBACK_LEFT, chat_id=chat.id, seq=changed.seq, rating=rating)
    return changed
