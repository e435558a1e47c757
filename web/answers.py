"""What requests are answered with: the very fragments that are pushed."""

from flask import Response, make_response
from sqlalchemy.orm import Session

from models import Chat, Message, reading
from models.transcript import entries_after, last_entries
from realtime import fragments


def numbered(content: str, after: int, seq: int) -> Response:
    """Fragments of the log's entries above `after` up to `seq`; the page checks that none is missing before."""
    response = make_response(str(content))
    response.headers["Baton-After"] = after
    response.headers["Baton-Seq"] = seq
    return response


def message(stored: Message, audience: str) -> Response:
    """A message that is stored, as its verb has returned it."""
    return numbered(fragments.entries(stored.chat, [stored], audience), stored.seq - 1, stored.seq)


def missing(session: Session, chat: Chat, after: int, audience: str) -> Response:
    """Everything that a page which shows the entries up to `after` does not show yet."""
    content, seq = fragments.missing(session, chat, after, audience)
    return numbered(content, after, seq)


def earlier(session: Session, chat: Chat, before: int, audience: str) -> Response:
    """A page of entries from before those a page shows."""
    return make_response(str(fragments.entries(chat, last_entries(session, chat, before), audience)))


def now(chat: Chat, audience: str, after: int | None = None) -> Response:
    """What a chat looks like after a verb: its newest entries and how it stands."""
    with reading() as session:
        fresh = fragments.load(session, chat.id)
        after = fresh.seq - 1 if after is None else after
        entries = entries_after(session, fresh, after)
        log = fragments.entries(fresh, entries, audience) if entries else ""
        return numbered(log + fragments.state(session, fresh, audience), after, fresh.seq)
