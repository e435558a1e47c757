"""Every refusal: the status, and one plain sentence. Where a chat is refused, also what it looks like now."""

import logging
import math
import time
from collections.abc import Callable

from flask import Flask, Response, g, make_response, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException
from wsproto.utilities import RemoteProtocolError

from models import reading
from models.bot import BotOff
from models.chat import State
from models.customer import InvalidToken, NotIntroduced, UnknownCustomer
from models.database import is_away
from models.feedback import AlreadyRated, InvalidRating
from models.hours import WhenAway
from models.invite import UnknownInvite
from models.member import WrongCredentials
from models.refusals import (
    AlreadyAssigned,
    ChatClosed,
    ChatRefusal,
    NoAccess,
    NobodyAvailable,
    NotAssignee,
    NotHandedOff,
    NothingSaid,
    NotOffered,
    StillOpen,
)
from models.team import BeyondOwnBots, OwnersOnly
from models.text import EmptyText, InvalidUuid, NotText, TextTooLong
from realtime import fragments
from realtime.fragments import CUSTOMER, MEMBERS
from realtime.turns import NoTurn
from web.extensions import limiter
from web.forms import Unreadable
from web.turns import busy_seconds

log = logging.getLogger(__name__)

RETRY_SECONDS = 1


def _closed(refusal: ChatClosed) -> str:
    chat = refusal.chat
    if chat.state == State.RESOLVED:
        return _("%(name)s has resolved this chat.", name=chat.assignee.first_name)
    if chat.state == State.EXPIRED:
        return _("This chat was closed because nobody wrote for a while.")
    return _("This chat has ended.")


def _assigned(refusal: AlreadyAssigned) -> str:
    return _("%(name)s handles this chat now. Your text was not sent; it is kept here.",
             name=refusal.chat.assignee.first_name)


def _not_assignee(refusal: NotAssignee) -> str:
    if not refusal.chat.assignee:
        return _("Nobody handles this chat yet. Who writes first can resolve it.")
    return _("Only %(name)s, who handles this chat, can resolve it.", name=refusal.chat.assignee.first_name)


# Exception → (status, sentence). Texts are made when they are needed, in the reader's language.
REFUSALS: dict[type[Exception], tuple[int, Callable[[Exception], str]]] = {
    EmptyText: (422, lambda error: _("There is nothing to send yet.")),
    NotText: (422, lambda error: _("This text has characters that cannot be shown.")),
    TextTooLong: (413, lambda error: _("This is too long: at most %(limit)s characters.", limit=error.limit)),
    InvalidUuid: (422, lambda error: _("This message has no valid id.")),
    InvalidRating: (422, lambda error: _("Please choose 1 to 5 stars.")),
    AlreadyRated: (409, lambda error: _("This chat has its feedback already. Thank you.")),
    OwnersOnly: (403, lambda error: _("Only an owner can make, change or remove an owner.")),
    BeyondOwnBots: (403, lambda error: _("This goes beyond the bots that you see.")),
    # Disabled between the password and the sign-in.
    WrongCredentials: (403, lambda error: _("This is not allowed.")),
    UnknownInvite: (404, lambda error: _("There is nothing here.")),
    InvalidToken: (403, lambda error: _("This chat is no longer known here. You can start a new one.")),
    NotIntroduced: (422, lambda error: _("Please answer the questions first. Your text is kept.")),
    UnknownCustomer: (404, lambda error: _("This chat is no longer known here. You can start a new one.")),
    Unreadable: (400, lambda error: _("This request cannot be read.")),
    RemoteProtocolError: (400, lambda error: _("This request cannot be read.")),
    CSRFError: (400, lambda error: _("This page is out of date: please reload it. Your text is kept.")),
    ChatClosed: (409, _closed),
    AlreadyAssigned: (409, _assigned),
    NotAssignee: (403, _not_assignee),
    NoAccess: (403, lambda error: _("You no longer have access to this chat. Your text is kept.")),
    NotHandedOff: (409, lambda error: _("This chat is still with the bot.")),
    NotOffered: (409, lambda error: _("You can ask for a person after a few messages.")),
    BotOff: (409, lambda error: _("This chat is switched off at the moment.")),
    NothingSaid: (409, lambda error: _("You can ask for a person after a few messages.")),
    NobodyAvailable: (409, lambda error: _("Nobody is here right now.")),
    StillOpen: (409, lambda error: _("This chat is still open.")),
}

PAGES = {
    400: lambda: _("This request cannot be read."),
    403: lambda: _("This is not allowed."),
    404: lambda: _("There is nothing here."),
    405: lambda: _("This cannot be done here."),
    413: lambda: _("This is too long."),
    429: lambda: _("Too many tries. Please wait a moment."),
}


def register(app: Flask) -> None:
    """Answer every refusal of the verbs, and every error of the edge, in the place where the person looks."""
    for error in REFUSALS:
        app.register_error_handler(error, refuse)
    for error in (DBAPIError, NoConnectionLeft):
        app.register_error_handler(error, database_failed)
    app.register_error_handler(NoTurn, busy)
    app.register_error_handler(HTTPException, page)
    app.register_error_handler(500, failed)


def refuse(error: Exception) -> Response:
    """Answer a refusal that a verb, or the reading of a request, has raised."""
    status, sentence = REFUSALS[type(error)]
    if isinstance(error, ChatRefusal):
        return _with_chat(error, error.chat.id, status, sentence)
    if isinstance(error, AlreadyRated):
        return _with_chat(error, error.chat_id, status, sentence)
    if isinstance(error, NotIntroduced):
        # The bot may ask for longer than the page is open.
        return make_response(str(fragments.introduction(error.bot, True) + fragments.notice(sentence(error))), status)
    return _say(status, sentence(error))


def page(error: HTTPException) -> Response:
    """Answer an error of the edge: unknown address, too many tries, and the like."""
    if error.code is None or error.code < 400:
        return error.get_response()
    answer = _say(error.code, PAGES.get(error.code, lambda: error.name)())
    if error.code == 429:
        wait = error.retry_after or limiter.current_limit.reset_at - time.time()
        answer.headers["Retry-After"] = max(1, math.ceil(wait))
    return answer


def database_failed(error: Exception) -> Response:
    """Answer a request that the database could not serve; one that it refused is a fault of Baton's own."""
    if not is_away(error):
        raise error
    log.error("the database is away: %s", getattr(error, "orig", None) or error)
    return try_later(error)


def try_later(error: Exception) -> Response:
    """Nothing was wrong with the request, and nobody knows whether it was done: pages repeat it by themselves."""
    answer = _say(503, _("Connection lost. Your text is kept."))
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def busy(error: NoTurn) -> Response:
    """Answer a page that is one of too many: without a word, for who would read it, and it has to cost nothing."""
    g.is_expected = True
    return Response(status=503, headers={"Retry-After": str(busy_seconds() or RETRY_SECONDS)})


def failed(error: Exception) -> Response:
    """Answer a fault of Baton's own (Flask has logged it)."""
    if is_away(getattr(error, "original_exception", None)):
        return try_later(error)  # it went while another refusal was being put into words
    return _say(500, _("Something went wrong on our side. Your text is kept; please try again."))


def _with_chat(error: Exception, chat_id: int, status: int, sentence: Callable[[Exception], str]) -> Response:
    audience = CUSTOMER if (request.blueprint or "").startswith("widget") else MEMBERS
    with reading() as session:
        error.chat = fragments.load(session, chat_id)
        content = fragments.state(session, error.chat, audience) + _instead(error, sentence)
    return make_response(str(content), status)


def _instead(error: Exception, sentence: Callable[[Exception], str]) -> str:
    if isinstance(error, NobodyAvailable) and error.chat.bot.when_away == WhenAway.FORM:
        return fragments.offline_form(error.chat)
    return fragments.notice(sentence(error))


def _say(status: int, sentence: str) -> Response:
    if request.htmx or request.blueprint in ("widget_chats", "widget_reach", "widget_introduction"):
        return make_response(str(fragments.notice(sentence)), status)
    # Not render_template: that would ask the database who is signed in, which may be what has failed.
    return make_response(str(fragments.render("error.html", status=status, sentence=sentence)), status)
