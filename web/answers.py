"""What requests are answered with: the very fragments that are pushed."""

from flask import Response, make_response
from sqlalchemy.orm import Session

from models import Chat, Event, Message, reading
from models.transcript import Entry, entries_after, last_entries
from realtime import fragments
from realtime.broadcasts import load
from realtime.fragments import CUSTOMER


def numbered(content: str, after: int, seq: int) -> Response:
    """Fragments of the log's entries above `after` up to `seq`; the page checks that none is missing before."""
    response = make_response(str(content))
    response.headers["Baton-After"] = after
    response.headers["Baton-Seq"] = seq
    return response


def message(chat: Chat, stored: Message, audience: str) -> Response:
    """A message that is stored."""
    return numbered(fragments.entries(chat, [stored], audience), stored.seq - 1, stored.seq)


def state(session: Session, chat: Chat, audience: str) -> str:
    """How the chat stands, around its log."""
    state_for = fragments.state_for_customer if audience == CUSTOMER else fragments.state_for_members
    return state_for(session, chat)


def missing(session: Session, chat: Chat, after: int, audience: str) -> Response:
    """Everything that a page which shows the entries up to `after` does not show yet."""
    entries = entries_after(session, chat, after)
    # Mere messages change nothing around the log, and after a restart every page asks.
    moved = any(isinstance(entry, Event) for entry in entries)
    return _answer(chat, after, entries, audience, (state if moved else fragments.marks)(session, chat, audience))


def _answer(chat: Chat, after: int, entries: list[Entry], audience: str, around: str) -> Response:
    log = fragments.entries(chat, entries, audience) if entries else ""
    return numbered(log + around, after, entries[-1].seq if entries else after)


def earlier(session: Session, chat: Chat, before: int, audience: str) -> Response:
    """A page of entries from before those a page shows."""
    return make_response(str(fragments.entries(chat, last_entries(session, chat, before), audience)))


def now(chat: Chat, audience: str, after: int | None = None) -> Response:
    """What a chat looks like after a verb: its newest entries and how it stands."""
    with reading() as session:
        fresh = load(session, chat.id)
        after = fresh.seq - 1 if after is None else after
        entries = entries_after(session, fresh, after)
        return _answer(fresh, after, entries, audience, state(session, fresh, audience))
