"""The four sockets: authorised before the handshake, by the same lookups as pages.

They carry pushes out, and only what is never stored (typing) in. The routes return as soon as a socket is a
Connection of the hub's, which needs neither a request nor a greenlet.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, current_app, g, request
from flask_login import current_user
from flask_sock import Sock

from models import Chat, Member, Side, asking
from realtime.broadcasts import (
    customer_topic,
    inbox_topic,
    member_topic,
    members_topic,
    sign_in_topic,
    waiting_topic,
    widgets_topic,
)
from realtime.connection import Connection, refuse_compression
from realtime.fragments import CUSTOMER, MEMBERS
from realtime.greeter import Shown
from web.access import bot_of_member, bot_of_visitor, chat_of_member, find_chat, member
from web.forms import number

bp = Blueprint("sockets", __name__)
sock = Sock()


@dataclass(frozen=True)
class Subscription:
    """What a socket hears, and whose typing it may report."""

    topics: list[str]
    hears: Callable[[dict], None]
    shown: Shown | None = None


@bp.before_request
def authorise() -> None:
    """Decide before the handshake, with a status that says why: 401, 403, 404, or 503 when there are too many."""
    own_page_or_refuse()
    if current_app.extensions["baton"].hub.open >= current_app.config["BATON"].socket_connections:
        abort(503)
    g.approved_at = time.monotonic()
    g.subscription = FINDERS[request.endpoint](**request.view_args)
    refuse_compression(request.environ)


def own_page_or_refuse() -> None:
    """A browser names the page that opens a socket; only pages of this server may: 403."""
    own = {request.host_url.rstrip("/"), current_app.config["BATON"].public_url}
    if request.headers.get("Origin", "") not in own:
        abort(403)


@sock.route("/bots/<key>/socket", bp=bp, endpoint="inbox")
def inbox(ws, key):
    """The left column of a dashboard."""
    _serve(ws)


@sock.route("/bots/<key>/chats/<id:chat_id>/socket", bp=bp, endpoint="chat")
def chat(ws, key, chat_id):
    """The chat that a member has open."""
    _serve(ws)


@sock.route("/widget/<key>/chats/<id:chat_id>/socket", bp=bp, endpoint="customer")
def customer(ws, key, chat_id):
    """A customer's own chat."""
    _serve(ws)


@sock.route("/widget/<key>/socket", bp=bp, endpoint="visitor")
def visitor(ws, key):
    """A widget in which no chat has begun; nobody asks whose it is."""
    _serve(ws)


def _inbox(key: str) -> Subscription:
    with asking() as session:
        bot = bot_of_member(_signed_in(session), key)
        waiting = [waiting_topic(other.id) for other in member().bots(session)]
    return Subscription([inbox_topic(bot.id), *waiting, *_own_topics()], lambda words: None)


def _chat(key: str, chat_id: int) -> Subscription:
    with asking() as session:
        chat = chat_of_member(_signed_in(session), key, chat_id)
    return Subscription([members_topic(chat.id), *_own_topics()], _typing(chat, Side.MEMBERS, member()),
                        _shown(chat, MEMBERS))


def _customer(key: str, chat_id: int) -> Subscription:
    chat = find_chat(key, chat_id)
    return Subscription([customer_topic(chat.id), widgets_topic(chat.bot_id)],
                        _typing(chat, Side.CUSTOMER), _shown(chat, CUSTOMER))


def _visitor(key: str) -> Subscription:
    with asking() as session:
        bot = bot_of_visitor(session, key)
    return Subscription([widgets_topic(bot.id)], lambda words: None)


FINDERS = {"sockets.inbox": _inbox, "sockets.chat": _chat, "sockets.customer": _customer, "sockets.visitor": _visitor}


def _signed_in(session):
    if not current_user.is_authenticated:
        abort(401)
    return session


def _shown(chat: Chat, audience: str) -> Shown | None:
    """What the page says that it shows; None when it says nothing, and will ask."""
    return Shown(chat.id, audience, number(request.args["after"])) if "after" in request.args else None


def _own_topics() -> list[str]:
    """Over these the sockets are closed when the sign-in, or the member, loses access."""
    return [member_topic(member().id), sign_in_topic(current_user.sign_in.id)]


def _typing(chat: Chat, side: Side, by: Member | None = None) -> Callable[[dict], None]:
    app, broadcasts = current_app._get_current_object(), current_app.extensions["baton"].broadcasts
    who = (by.first_name, by.id) if by else (chat.customer.name, None)
    chat_id = chat.id

    def hear(words: dict) -> None:
        if isinstance(words.get("typing"), bool):
            with app.app_context():
                broadcasts.typing(chat_id, side, words["typing"], *who)

    return hear


def _serve(ws) -> None:
    subscription, baton = g.pop("subscription"), current_app.extensions["baton"]
    connection = Connection(ws, lambda text: subscription.hears(json.loads(text)))
    baton.hub.subscribe(connection, subscription.topics, g.approved_at)
    connection.start(lambda: baton.hub.unsubscribe(connection))
    baton.greeter.greet(connection, subscription.topics, subscription.shown)
