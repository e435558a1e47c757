"""How a customer can be reached when nobody is there: a message that is left, an e-mail address, no more waiting."""

from flask import Blueprint, Response, make_response

from models import Chat
from models.member import clean_email
from models.text import clean, clean_optional
from realtime import fragments
from realtime.fragments import CUSTOMER
from web import answers
from web.access import find_chat
from web.forms import field, wrong_with
from web.widget_chats import count_message

bp = Blueprint("widget_reach", __name__, url_prefix="/widget/<key>/chats/<id:chat_id>")


@bp.post("/offline-message")
def leave_message(key: str, chat_id: int):
    """Leave a message, to be answered by mail."""
    count_message()
    chat, typed = find_chat(key, chat_id), {name: field(name) for name in ("name", "email", "text", "uuid")}
    errors = {name: sentence for name, sentence in (
        ("name", wrong_with(lambda: clean_optional(typed["name"], 120))),
        ("email", wrong_with(lambda: clean_email(typed["email"]))),
        ("text", wrong_with(lambda: clean(typed["text"])))) if sentence}
    if errors:
        return _ask_again(chat, "offline", typed, errors)
    chat.leave_message(typed["name"], typed["email"], typed["text"], typed["uuid"])
    return answers.now(chat, CUSTOMER, after=chat.seq)


@bp.post("/email")
def leave_email(key: str, chat_id: int):
    """Leave an e-mail address, and keep the place in the queue."""
    count_message()
    chat, email = find_chat(key, chat_id), field("email")
    error = wrong_with(lambda: clean_email(email))
    if error:
        return _ask_again(chat, "email", {"email": email}, {"email": error})
    return answers.now(chat.leave_email(email), CUSTOMER)


def _ask_again(chat: Chat, asks: str, typed: dict, errors: dict) -> Response:
    return make_response(str(fragments.reach(chat, asks, typed, errors)), 422)
