"""The customer's own chat. Every request names their token; nothing here reads a cookie."""

from flask import Blueprint, current_app, make_response, request
from sqlalchemy.orm import Session

from models import Bot, Chat, Invitation, Side, reading
from models.feedback import check_feedback
from models.inbox import waiting_before
from models.own_chat import say_in_own_chat
from models.refusals import NobodyAvailable
from models.secret import digest
from models.seen import mark_seen, seen
from models.transcript import PAGE, last_entries
from realtime import fragments
from realtime.fragments import CUSTOMER
from web import answers, forms, refusals
from web.access import bearer, bot_of_website, chat_of_customer, customer_of_website, find_chat, own
from web.extensions import limiter
from web.forms import field, number
from web.turns import in_turn

bp = Blueprint("widget_chats", __name__, url_prefix="/widget/<key>")


def count_message() -> None:
    """Limits count per customer, not per address: a whole office may share one."""
    current_app.extensions["baton"].message_limit.spend(digest(bearer()))


@bp.get("/chat")
def show(key: str):
    """The customer's open chat, else their last one."""
    with reading() as session:
        customer = customer_of_website(session, key)
        chat = Chat.last_of(session, customer)
        if chat is None:
            bot = session.get(Bot, customer.bot_id)
            return str(fragments.introduction(bot, customer.is_asked(bot))), 404
        return _whole(session, chat.id)


@bp.post("/chats")
@limiter.limit(lambda: current_app.config["BATON"].chat_limit)
def create(key: str):
    """Start a chat with its first message; or before any, by asking for a person or by ending it with feedback."""
    count_message()
    with reading() as session:
        bot = bot_of_website(session, key)
        invitation = Invitation.find(session, bot, forms.id_in(field("invitation")))
    bot = invitation.said_by(bot) if invitation else bot
    if "text" in request.form:
        chat_id = Chat.start(bot, bearer(), forms.visit(), field("text"), field("uuid")).chat_id
    elif "handoff" in request.form:
        return _hand_off_unsaid(bot)
    else:
        chat_id = _rate_unstarted(bot).id
    with reading() as session:
        return _whole(session, chat_id, 201)


@bp.get("/chats/<id:chat_id>/entries")
@in_turn
def entries(key: str, chat_id: int):
    """What a page that shows the log up to `after` misses; or a page of the log before `before`."""
    with reading() as session:
        chat = chat_of_customer(session.connection(), key, chat_id)
        if "before" in request.args:
            return answers.earlier(session, chat, number(request.args["before"]), CUSTOMER)
        return answers.missing(session, chat, number(request.args.get("after", "0")), CUSTOMER)


@bp.post("/chats/<id:chat_id>/messages")
def post_message(key: str, chat_id: int):
    """Write to the bot, or to whoever handles the chat."""
    count_message()
    said, uuid = field("text"), field("uuid")
    message = say_in_own_chat(own(key, chat_id), said, uuid) or find_chat(key, chat_id).post_as_customer(said, uuid)
    return answers.message(message, CUSTOMER)


@bp.post("/chats/<id:chat_id>/handoff")
def hand_off(key: str, chat_id: int):
    """Talk to a human."""
    return answers.now(find_chat(key, chat_id).hand_off(), CUSTOMER)


@bp.post("/chats/<id:chat_id>/closure")
def end(key: str, chat_id: int):
    """End the chat, with feedback or without."""
    chat = find_chat(key, chat_id)
    return answers.now(chat.end(forms.rating(), field("comment")), CUSTOMER, after=chat.seq)


@bp.post("/chats/<id:chat_id>/feedback")
def leave_feedback(key: str, chat_id: int):
    """Rate a chat that is over."""
    return answers.now(find_chat(key, chat_id).leave_feedback(forms.rating(), field("comment")), CUSTOMER)


@bp.post("/chats/<id:chat_id>/seen")
def note_seen(key: str, chat_id: int):
    """Note how far the customer has read."""
    mark_seen(find_chat(key, chat_id), Side.CUSTOMER, number(field("seq")))
    return "", 204


@bp.post("/chats/<id:chat_id>/visit")
def visit(key: str, chat_id: int):
    """Note the page of the website that the customer is on."""
    find_chat(key, chat_id).visit(forms.visit())
    return "", 204


def _rate_unstarted(bot: Bot) -> Chat:
    rating, comment = forms.rating(), field("comment")
    check_feedback(rating, comment)
    return Chat.open_unsaid(bot, bearer(), forms.visit()).end(rating, comment)


def _hand_off_unsaid(bot: Bot):
    try:
        chat_id, status, instead = Chat.ask_for_human(bot, bearer(), forms.visit()).id, 201, b""
    except NobodyAvailable as refusal:
        chat_id, status, instead = refusal.chat.id, 409, refusals.refuse(refusal).get_data()
    with reading() as session:
        answer = _whole(session, chat_id, status)
    answer.set_data(answer.get_data() + instead)
    return answer


def _whole(session: Session, chat_id: int, status: int = 200):
    chat = fragments.load(session, chat_id)
    rows = last_entries(session, chat)
    html = fragments.render(
        "widget/_chat.html", bot=chat.bot, chat=chat, entries=rows, audience=CUSTOMER,
        earlier=len(rows) == PAGE and rows[0].seq > 1, seen=seen(session, chat_id, Side.MEMBERS),
        waiting_before=waiting_before(session, chat) if chat.is_waiting else None,
        feedback=fragments.feedback_on(session, chat), asks=fragments.asks_email(chat), typed={}, errors={},
        **fragments.hours_of(chat.bot))
    answer = make_response(str(fragments.partial("#chat", html, "innerHTML")), status)
    answer.headers["Baton-Chat"] = chat_id
    return answer
