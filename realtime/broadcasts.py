"""Who hears what: the whole push map on one page.

After each commit `deliver` gets the facts of that transaction: entries of a chat's log, and notices. Nothing
else in Baton pushes, so nobody can forget to.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpers import customer_name
from models import Action, Bot, Chat, Event, Member, Message, Notice, Side, State, asking, connected, reading
from models.hours import WhenAway
from models.inbox import queue, waiting_counts
from models.seen import seen
from models.transcript import Entry, last_of_each
from realtime import fragments
from realtime.fragments import CUSTOMER, MEMBERS, frame
from realtime.greeter import Shown
from realtime.numbers import numbers
from realtime.pauses import with_pauses
from realtime.rows import Rows
from realtime.standing import standing

log = logging.getLogger(__name__)

ACCESS_ENDED = 1008
COME_BACK = 1012

# In one frame to a page that comes back.
MOST_MISSED = 50
# So many frames for pages that come back are made before others have their turn.
MADE_AT_ONCE = 10

# What an event changes on screens beside its line in the log. An action that is missing here changes nothing.
CHANGES_STATE = {Action.HUMAN_OFFERED, Action.CHAT_HANDED_OFF, Action.CHAT_ASSIGNED, Action.CHAT_HANDED_BACK,
                 Action.CHAT_DELAYED, Action.EMAIL_LEFT, Action.CHAT_RESOLVED, Action.CHAT_ENDED, Action.CHAT_EXPIRED,
                 Action.FEEDBACK_LEFT, Action.CUSTOMER_IDENTIFIED}
CHANGES_QUEUE = {Action.CHAT_HANDED_OFF, Action.CHAT_ASSIGNED, Action.CHAT_HANDED_BACK, Action.CHAT_RESOLVED,
                 Action.CHAT_ENDED, Action.CHAT_EXPIRED}


def customer_topic(chat_id: int) -> str:
    """What the customer of a chat hears."""
    return f"chat:{chat_id}:customer"


def members_topic(chat_id: int) -> str:
    """What members hear who have a chat open."""
    return f"chat:{chat_id}:members"


def inbox_topic(bot_id: int) -> str:
    """What every dashboard of a bot hears."""
    return f"bot:{bot_id}"


def waiting_topic(bot_id: int) -> str:
    """How many chats of a bot wait: heard by the dashboards of a member's other bots."""
    return f"waiting:{bot_id}"


def widgets_topic(bot_id: int) -> str:
    """What every open widget of a bot hears."""
    return f"widgets:{bot_id}"


def member_topic(member_id: int) -> str:
    """All sockets of a member: for what is theirs alone, and to close them."""
    return f"member:{member_id}"


def sign_in_topic(sign_in_id: int) -> str:
    """All sockets of one sign-in; used to close them."""
    return f"sign_in:{sign_in_id}"


class Broadcasts:
    """Tells screens what was committed, over a relay. `context()` is entered for what is not drawn at once."""

    def __init__(self, relay, context: Callable[[], AbstractContextManager] = nullcontext):
        self.relay = relay
        self._context = context
        self._rows = Rows(self._draw_rows, context)
        self._notices = {
            f"seen_by_{Side.CUSTOMER}": self._seen_by_customer,
            f"seen_by_{Side.MEMBERS}": self._seen_by_members,
            "customer_visited": self._visited,
            # Who has the new token comes back at once. Who knew the old one only, whoever it is, is refused.
            "customer_token_changed": lambda notice: self.relay.disconnect(customer_topic(notice.chat_id), COME_BACK),
            "bot_changed": self._bot_changed,
            "member_renamed": self._member_renamed,
            # Their pages come back at once, and find what they may still see.
            "member_access_changed": lambda notice: self.relay.disconnect(member_topic(notice.member_id), COME_BACK),
            "member_came": self._member_came,
            "mail_queued": lambda notice: None,  # heard by the mailer alone
            "sign_in_revoked": lambda notice: self._cut(sign_in_topic(notice.sign_in_id)),
            "member_signed_out": lambda notice: self._cut(member_topic(notice.member_id)),
        }

    def deliver(self, facts: list) -> None:
        """Push what one transaction announced. Never raises: the change is made, screens can catch up."""
        # Notices first: what cannot be drawn must not keep in whoever has lost access.
        for notice in facts:
            if isinstance(notice, Notice):
                _push(self._notices[notice.kind], notice)
        for chat_id, entries in _entries_by_chat(facts).items():
            _push(self._entries_came, chat_id, entries)

    def _entries_came(self, chat_id: int, entries: list[Message | Event]) -> None:
        with reading() as session:
            self._chat_moved(session, _as_committed(entries[-1]) or fragments.load(session, chat_id), entries)

    def typing(self, chat_id: int, side: Side, now: bool, name: str, member_id: int | None = None) -> None:
        """Pass on that somebody types, or stopped. It is never stored, and never comes back to who types."""
        with reading() as session:
            chat = fragments.load(session, chat_id)
        if chat.state != State.LIVE:
            return
        shown = (name or customer_name(chat.customer)) if now else None
        self._publish(members_topic(chat_id),
                      lambda: fragments.typing(chat, MEMBERS, shown, fragments.others(member_id)))
        if side == Side.CUSTOMER:
            self._publish(inbox_topic(chat.bot_id), lambda: fragments.row_typing(chat, now))
        elif chat.assignee_id == member_id:
            self._publish(customer_topic(chat_id), lambda: fragments.typing(chat, CUSTOMER, shown))

    def growing(self, chat_id: int, text: str | None) -> None:
        """Let the customer read what the bot has of its answer so far; None takes it away. It is never stored."""
        try:
            if not self.relay.reaches(customer_topic(chat_id)):
                return
            with reading() as session:
                chat = fragments.load(session, chat_id)
            if text is None or chat.state == State.BOT:
                self._publish(customer_topic(chat_id), lambda: fragments.growing(chat, text))
        except Exception:
            log.exception("an answer could not be shown while it grew")

    def numbers(self, topics: list[str]) -> dict[str, int | str]:
        """The last number of each topic that has one, once the rows are drawn that pages would find to be behind."""
        self._rows.draw_behind()
        return numbers(topics)

    def missing(self, shown: list[Shown]) -> dict[Shown, str]:
        """By what pages show: the frame that they miss. Left out where it is so much that a page had better ask."""
        with self._context(), reading() as session:
            chats = {chat.id: chat for chat in fragments.load_all(session, [each.chat_id for each in shown])}
            near = {each: chats[each.chat_id].seq - each.after for each in shown}
            near = {each: missed for each, missed in near.items() if missed <= MOST_MISSED}
            if not near:
                return {}
            entries = last_of_each(session, [each.chat_id for each in near], max(near.values()))
            return {each: self._missed_by(session, chats[each.chat_id], each, entries[each.chat_id])
                    for each in with_pauses(near, MADE_AT_ONCE)}

    def standing(self, topics: list[str]) -> dict[str, str]:
        """By topic: a frame with what its pages show that has no number."""
        with self._context(), reading() as session:
            return dict(with_pauses(standing(session, topics), MADE_AT_ONCE))

    def _missed_by(self, session: Session, chat: Chat, shown: Shown, entries: list[Entry]) -> str:
        missed = [entry for entry in entries if entry.seq > shown.after]
        content = fragments.entries(chat, missed, shown.audience)
        if fragments.are_moves(missed):
            content += fragments.state(session, chat, shown.audience)
        return frame(content, chat=chat.id, after=shown.after, seq=chat.seq)

    def _chat_moved(self, session: Session, chat: Chat, entries: list[Message | Event]) -> None:
        actions = {entry.action for entry in entries if isinstance(entry, Event)}
        state = bool(actions & CHANGES_STATE)
        numbers = {"chat": chat.id, "after": entries[0].seq - 1, "seq": entries[-1].seq}
        self._publish(customer_topic(chat.id), lambda: fragments.entries(chat, entries, CUSTOMER)
                      + (fragments.state_for_customer(session, chat) if state else ""), **numbers)
        self._publish(members_topic(chat.id), lambda: fragments.entries(chat, entries, MEMBERS)
                      + (fragments.state_for_members(session, chat) if state else ""), **numbers)
        if chat.handed_off_at:
            (self._rows.moved if actions else self._rows.changed)(chat)
        if actions & CHANGES_QUEUE:
            self._queue_moved(session, chat)

    def _draw_rows(self, bot_id: int, chats: list[Chat]) -> None:
        topic = inbox_topic(bot_id)
        if self.relay.reaches(topic):
            with connected() as connection:
                self.relay.publish(topic, frame(rows=fragments.rows(connection, chats)))

    def _queue_moved(self, session: Session, chat: Chat) -> None:
        self._publish(waiting_topic(chat.bot_id), lambda: fragments.waiting_count(
            chat.bot_id, waiting_counts(session, [chat.bot]).get(chat.bot_id, 0)))
        self._places_moved(session, chat.bot_id, besides=chat.id)

    def _places_moved(self, session: Session, bot_id: int, besides: int | None = None) -> None:
        # Only the first places are told exactly, so that a long queue does not cost a push for each customer.
        for before, waiting_id in enumerate(queue(session, bot_id)):
            if waiting_id != besides and self.relay.reaches(customer_topic(waiting_id)):
                chat = fragments.load(session, waiting_id)
                self._publish(customer_topic(waiting_id), partial(fragments.queue_position, chat, before), at=chat.seq)

    def _seen_by_customer(self, notice: Notice) -> None:
        self._seen(notice.chat_id, Side.CUSTOMER, members_topic(notice.chat_id))

    def _seen_by_members(self, notice: Notice) -> None:
        chat = self._seen(notice.chat_id, Side.MEMBERS, customer_topic(notice.chat_id))
        if chat.state == State.LIVE:
            self._rows.changed(chat)

    def _seen(self, chat_id: int, side: Side, topic: str) -> Chat:
        with asking() as session:
            chat = fragments.load(session, chat_id)
            self._publish(topic, lambda: fragments.seen_mark(chat, seen(session, chat_id, side)))
        return chat

    def _visited(self, notice: Notice) -> None:
        with reading() as session:
            chat = fragments.load(session, notice.chat_id)
            self._publish(members_topic(chat.id), lambda: fragments.details(session, chat))

    def _bot_changed(self, notice: Notice) -> None:
        with reading() as session:
            bot = session.get(Bot, notice.bot_id)
            self._publish(widgets_topic(bot.id), lambda: fragments.look(session, bot))
            # Back from being off, its lists are to be fetched anew.
            self._publish(inbox_topic(bot.id), lambda: fragments.around_lists(bot),
                          **({"catch_up": True} if bot.is_on else {}))
            self._places_moved(session, bot.id)
            for member in Member.who_see(session, bot):
                self._publish(member_topic(member.id), partial(_bot_menu, session, member))

    def _member_renamed(self, notice: Notice) -> None:
        with reading() as session:
            held = select(Chat.id).where(Chat.assignee_id == notice.member_id, Chat.state == State.LIVE)
            for chat in [fragments.load(session, chat_id) for chat_id in session.scalars(held)]:
                for topic, state in ((customer_topic(chat.id), fragments.state_for_customer),
                                     (members_topic(chat.id), fragments.state_for_members)):
                    self._publish(topic, partial(state, session, chat), at=chat.seq)
                self._rows.moved(chat)

    def _member_came(self, notice: Notice) -> None:
        with reading() as session:
            for bot in session.get(Member, notice.member_id).bots(session):
                if bot.when_away == WhenAway.HIDE:
                    self._publish(widgets_topic(bot.id), partial(fragments.look, session, bot))

    def doors_moved(self, bot_id: int) -> None:
        """Tell open widgets that the people of a bot came or went by the clock."""
        with reading() as session:
            bot = session.get(Bot, bot_id)
            self._publish(widgets_topic(bot_id), lambda: fragments.look(session, bot))
            self._places_moved(session, bot_id)

    def _cut(self, topic: str) -> None:
        self.relay.disconnect(topic, ACCESS_ENDED)

    def _publish(self, topic: str, content: Callable[[], str], **numbers) -> None:
        """Send what `content` makes; it is not made for a topic that nobody listens to."""
        if self.relay.reaches(topic):
            self.relay.publish(topic, frame(content(), **numbers))


def _push(push: Callable, *what) -> None:
    try:
        push(*what)
    except Exception:
        log.exception("a push failed")


def _bot_menu(session: Session, member: Member) -> str:
    bots = member.bots(session)
    return fragments.bot_menu(bots, waiting_counts(session, bots))


def _as_committed(entry: Message | Event) -> Chat | None:
    """The chat as the verb left it, if all that fragments read of it is loaded: saves the query for most messages."""
    chat = entry.__dict__.get("chat")
    if chat is None or not {"bot", "customer", "assignee"} <= chat.__dict__.keys():
        return None
    return chat if chat.assignee_id == (chat.assignee and chat.assignee.id) else None


def _entries_by_chat(facts: list) -> dict[int, list[Message | Event]]:
    entries = defaultdict(list)
    for fact in facts:
        if not isinstance(fact, Notice) and fact.chat_id:
            entries[fact.chat_id].append(fact)
    return {chat_id: sorted(found, key=lambda entry: entry.seq) for chat_id, found in entries.items()}
