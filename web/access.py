"""Who is asking, and what is theirs. Every lookup starts from the person: what is not theirs is not found."""

from collections.abc import Callable

from flask import abort, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user
from markupsafe import Markup
from sqlalchemy import Connection
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter

from models import Bot, Chat, Customer, Member, SignIn, asking, connected
from models.bot import BotOff
from models.customer import InvalidToken
from models.inbox import chat_of
from models.own_chat import Own, own_chat
from models.presence import is_stale, note_online
from models.secret import digest
from realtime import fragments

login_manager = LoginManager()
# A sign-in is revocable by itself; the extension's own guess at theft would write cookies on any answer.
login_manager.session_protection = None


class RowId(IntegerConverter):
    """`<id:…>` in an address: a number that a database can hold; a larger one is an unknown address."""

    # Else each number had an address in every script that has digits.
    regex = "[0-9]+"

    def __init__(self, url_map):
        super().__init__(url_map, max=2**63 - 1)


class SignedIn(UserMixin):
    """A member in a browser, as Flask-Login keeps it. Its id is the sign-in's token, so it can be revoked."""

    def __init__(self, token: str, sign_in: SignIn, member: Member):
        self.token = token
        self.sign_in = sign_in
        self.member = member

    def get_id(self) -> str:
        """What the session cookie holds."""
        return self.token


@login_manager.user_loader
def signed_in(token: str) -> SignedIn | None:
    """The member behind the session cookie, if the sign-in is still living."""
    with asking() as session:
        found = SignIn.holder(session, token)
    return found and SignedIn(token, *found)


@login_manager.unauthorized_handler
def sign_in_first():
    """Pages send people to the sign-in and back; requests of a page that is open say so in place."""
    if request.htmx or request.method != "GET":
        # The address is the open page's own, which leads to the sign-in and back.
        sentence = _('You are signed out. Your text is kept: <a href="">sign in again</a>.')
        return make_response(fragments.notice(Markup(sentence)), 401)
    return redirect(url_for("sessions.new", next=request.full_path.rstrip("?")))


def member() -> Member:
    """The member who asks."""
    return current_user.member


def note_presence() -> None:
    """Mark that the member who asks is there; pages with a socket are marked by its heartbeat."""
    if is_stale(member()):
        note_online([member().id])


def bot_of_member(session: Session, key: str) -> Bot:
    """A bot that the member may see; 404 for any other."""
    return member().bot(session, key) or abort(404)


def administrators_only():
    """Before each settings page: strangers sign in first, and plain members are refused with 403."""
    return _only(lambda who: who.is_administrator)


def owners_only():
    """The same for what concerns every bot at once: admins are refused, too."""
    return _only(lambda who: who.is_owner)


def _only(may: Callable[[Member], bool]):
    if not current_user.is_authenticated:
        return sign_in_first()
    if not may(member()):
        abort(403)
    return None


def bot_of_administrator(session: Session, key: str) -> Bot:
    """A bot that the administrator may change, also one that is switched off; 404 for any other."""
    return member().bot(session, key, switched_off=True) or abort(404)


def chat_of_member(session: Session, key: str, chat_id: int) -> Chat:
    """A chat of a bot that the member may see; 404 for any other."""
    return chat_of(session, bot_of_member(session, key), chat_id) or abort(404)


def bot_of_website(session: Session, key: str) -> Bot:
    """The bot that answers under a public key; 404 where there is none. Raises BotOff when it is switched off."""
    bot = bot_of_visitor(session, key)
    if not bot.is_on:
        raise BotOff
    return bot


def bot_of_visitor(session: Session, key: str) -> Bot:
    """The same, also while it is switched off: customers can still read and end what they have begun."""
    return Bot.with_key(session, key, switched_off=True) or abort(404)


def bearer() -> str:
    """The customer's token: from the header, or on a socket the second of the offered subprotocols.

    Neither is written to logs, as a URL is. Raises InvalidToken when there is none.
    """
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and token:
        return token
    protocols = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if len(protocols) == 2 and protocols[0] == "baton":
        return protocols[1]
    raise InvalidToken


def customer_of_website(session: Session, key: str) -> Customer:
    """The customer who asks; raises InvalidToken or UnknownCustomer."""
    return Customer.with_token(session, bot_of_visitor(session, key), bearer())


def own(key: str, chat_id: int) -> Own:
    """What the request says of the chat it is about. Raises InvalidToken when it has no token."""
    return Own(key, digest(bearer()), chat_id)


def chat_of_customer(connection: Connection, key: str, chat_id: int) -> Chat:
    """A chat of the customer who asks; 404 for any other. Raises InvalidToken or UnknownCustomer."""
    chat = own_chat(connection, own(key, chat_id))
    if chat is None or chat.customer.is_forgotten:
        with asking() as session:
            customer_of_website(session, key)  # says more exactly why not
        abort(404)
    return chat


def find_chat(key: str, chat_id: int) -> Chat:
    """A chat of the customer who asks, as `chat_of_customer` finds it, in a look of its own."""
    with connected() as connection:
        return chat_of_customer(connection, key, chat_id)
