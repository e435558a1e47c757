"""The dashboard of a bot: its lists, its chats, and what members do in them."""

from flask import Blueprint, make_response, render_template, request
from flask_login import login_required

from models import Chat, Side, asking, reading
from models.inbox import inbox_of, waiting_counts
from models.seen import mark_seen, seen
from models.transcript import PAGE, last_entries
from realtime import fragments
from realtime.fragments import MEMBERS
from web import answers
from web.access import bot_of_member, chat_of_member, member, note_presence
from web.forms import field, number
from web.turns import in_turn

bp = Blueprint("chats", __name__, url_prefix="/bots/<key>")


@bp.before_request
@login_required
def members_only():
    """Everything here needs a sign-in, and shows that somebody is there."""
    note_presence()


@bp.get("/chats")
def index(key: str):
    """The dashboard with no chat open."""
    with reading() as session:
        bot = bot_of_member(session, key)
        if _wants_middle():
            return render_template("dashboard/_chat.html", bot=bot, member=member(), chat=None)
        return _page(session, bot=bot, chat=None)


@bp.get("/chats/<id:chat_id>")
def show(key: str, chat_id: int):
    """The dashboard with one chat open; only the middle and right columns for a page that is there already."""
    with reading() as session:
        chat = chat_of_member(session, key, chat_id)
        context = _chat_context(session, chat)
        if _wants_middle():
            return render_template("dashboard/_chat.html", **context)
        return _page(session, **context)


@bp.get("/inbox")
@in_turn
def inbox(key: str):
    """The left column, for a page that missed a push."""
    with reading() as session:
        bot = bot_of_member(session, key)
        bots = member().bots(session)
        content = fragments.lists(inbox_of(session, bot, member()), bot, member()) + fragments.around_lists(bot)
        content += fragments.bot_menu(bots, waiting_counts(session, bots))
    return make_response(str(content))


@bp.get("/chats/<id:chat_id>/entries")
@in_turn
def entries(key: str, chat_id: int):
    """What a page that shows the log up to `after` misses; or a page of the log before `before`."""
    with reading() as session:
        chat = chat_of_member(session, key, chat_id)
        if "before" in request.args:
            return answers.earlier(session, chat, number(request.args["before"]), MEMBERS)
        return answers.missing(session, chat, number(request.args.get("after", "0")), MEMBERS)


@bp.post("/chats/<id:chat_id>/messages")
def post_message(key: str, chat_id: int):
    """Write to the customer; the first message assigns the chat."""
    chat = _find(key, chat_id)
    return answers.message(chat.post_as_member(member(), field("text"), field("uuid")), MEMBERS)


@bp.post("/chats/<id:chat_id>/closure")
def resolve(key: str, chat_id: int):
    """Resolve the chat."""
    return answers.now(_find(key, chat_id).resolve(by=member()), MEMBERS)


@bp.post("/chats/<id:chat_id>/seen")
def note_seen(key: str, chat_id: int):
    """Note how far the team has read."""
    mark_seen(_find(key, chat_id), Side.MEMBERS, number(field("seq")))
    return "", 204


def _find(key: str, chat_id: int) -> Chat:
    with asking() as session:
        return chat_of_member(session, key, chat_id)


def _wants_middle() -> bool:
    return request.headers.get("HX-Request-Type") == "partial" and not request.htmx.history_restore_request


def _page(session, bot, **context):
    bots = member().bots(session)
    context |= {"bots": bots, "waiting": waiting_counts(session, bots), "inbox": inbox_of(session, bot, member())}
    return render_template("dashboard/page.html", **{"member": member(), "bot": bot, **context})


def _chat_context(session, chat: Chat) -> dict:
    rows = last_entries(session, chat)
    return {
        **fragments.details_context(session, chat), "member": member(), "entries": rows,
        "earlier": len(rows) == PAGE and rows[0].seq > 1, "seen": seen(session, chat.id, Side.CUSTOMER),
        "audience": MEMBERS,
    }
