"""Finished HTML for screens: the very templates of the first page load, wrapped to find their place.

Rendered once per audience, never per connection. Runs inside an application context, with or without a request.
"""

import json
from uuid import uuid4

from flask import current_app
from markupsafe import Markup, escape
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session, joinedload

import languages
from helpers import dom_id
from models import Author, Bot, Chat, Event, Feedback, Member, Side, State, now
from models.inbox import past_chats, waiting_before
from models.mail_server import MailServer
from models.presence import hides_human
from models.seen import seen, unread_in
from models.transcript import Entry, entries_after
from realtime.devices import device_of

CUSTOMER, MEMBERS = "customer", "members"
OTHER_SIDE = {CUSTOMER: Side.MEMBERS, MEMBERS: Side.CUSTOMER}
INNER = "innerHTML"


def load(session: Session, chat_id: int) -> Chat:
    """A chat with everything that fragments read of it, in one query."""
    return load_all(session, [chat_id])[0]


def load_all(session: Session, chat_ids: list[int]) -> list[Chat]:
    """The same for several chats."""
    parts = [joinedload(part) for part in (Chat.bot, Chat.customer, Chat.assignee)]
    return session.scalars(select(Chat).where(Chat.id.in_(chat_ids)).options(*parts)).all()


def render(template: str, **context) -> Markup:
    """A template with `context` alone: no request, no nonce, no CSRF token can slip into a push."""
    with languages.spoken(_language(template, context)):
        return Markup(current_app.jinja_env.get_template(template).render(context))


def _language(template: str, context: dict) -> str | None:
    """Whose language it is in: that of who reads it, not of who has caused it. None: that of the request."""
    if template.startswith("widget/") or context.get("audience") == CUSTOMER:
        return languages.of_chat(context["chat"]) if context.get("chat") else None
    return languages.SOURCE if template.startswith(("dashboard/", "chat/")) else None


def partial(target: str, html: str, swap: str = "outerHTML") -> Markup:
    """`html` with the selector of where it belongs and how; a page without that element skips it."""
    return Markup(f"<hx-partial hx-target='{escape(target)}' hx-swap='{swap}'>{html}</hx-partial>")


def frame(content: str | None = None, **meta) -> str:
    """A socket's frame: JSON with the fragments under `content`, and what the page needs to order it."""
    if content is not None:
        meta["content"] = str(content)
    return json.dumps(meta, separators=(",", ":"))


def own(member_id: int | None) -> str:
    """A selector for the pages of one member."""
    return f'body[data-member="{member_id}"] '


def others(member_id: int | None) -> str:
    """A selector for the pages of everybody else."""
    return f'body:not([data-member="{member_id}"]) '


def notice(sentence: str) -> Markup:
    """A plain sentence, put where the person is looking."""
    return partial("#notice", escape(sentence), INNER)


# A chat


def entries(chat: Chat, rows: list[Entry], audience: str) -> Markup:
    """Entries of the log, each put in the place of its number."""
    placed = partial(f"#{dom_id(chat, 'conversation')}", "".join(_entry(chat, row, audience) for row in rows), "place")
    if audience == CUSTOMER and any(isinstance(row, Event) or row.author == Author.BOT for row in rows):
        return placed + growing(chat, None)
    return placed


def growing(chat: Chat, text: str | None) -> Markup:
    """What the bot has of its answer so far, at the end of the log; None takes it away, for the answer has come."""
    if text is None:
        return partial(f"#{dom_id(chat, 'growing')}", "", "delete")
    html = render("widget/_growing.html", chat=chat, text=text)
    return partial(f"#{dom_id(chat, 'conversation')}", html, "place")


def _entry(chat: Chat, entry: Entry, audience: str) -> str:
    # Kept with the entry: whoever wrote it is answered with the very fragment that was pushed.
    rendered = entry.__dict__.setdefault("_rendered", {})
    if audience not in rendered:
        rendered[audience] = render("chat/_entry.html", chat=chat, entry=entry, audience=audience)
    return rendered[audience]


def typing(chat: Chat, audience: str, name: str | None, pages: str = "") -> Markup:
    """Who is typing to `audience`; None clears it. `pages` is a selector that leaves some pages out."""
    folder = "widget" if audience == CUSTOMER else "dashboard"
    return partial(f"{pages}#{dom_id(chat, 'typing')}", render(f"{folder}/_typing.html", chat=chat, name=name))


def seen_mark(chat: Chat, seq: int) -> Markup:
    """How far the other side has read."""
    return _by_id(chat, "seen", "chat/_seen.html", seen=seq)


def state_for_customer(session: Session, chat: Chat) -> Markup:
    """Everything around the log that tells the customer how the chat stands."""
    waiting = waiting_before(session, chat) if chat.is_waiting else None
    # While the bot answers, a form in which a message is being left stays as it is.
    reached = reach(chat, asks_email(chat)) if chat.state != State.BOT else ""
    return (_by_id(chat, "header", "widget/_header.html", bot=chat.bot) + queue_position(chat, waiting) + reached
            + _by_id(chat, "closing", "widget/_closing.html", bot=chat.bot, feedback=feedback_on(session, chat))
            + seen_mark(chat, seen(session, chat.id, Side.MEMBERS)))


def queue_position(chat: Chat, waiting: int | None) -> Markup:
    """How many customers wait before this one; None for a chat that does not wait."""
    return _by_id(chat, "status", "widget/_status.html", bot=chat.bot, waiting_before=waiting, **hours_of(chat.bot))


def reach(chat: Chat, asks: str | None = None, typed: dict | None = None, errors: dict | None = None) -> Markup:
    """How the customer can be reached: `asks` for an "offline" message or an "email"; the rest is of a refusal."""
    return _by_id(chat, "reach", "widget/_reach.html", bot=chat.bot, asks=asks, typed=typed or {}, errors=errors or {},
                  **hours_of(chat.bot))


def offline_form(chat: Chat) -> Markup:
    """The form in which a customer leaves a message; its id makes two presses of the button one message."""
    return reach(chat, "offline", {"name": chat.customer.name, "email": chat.customer.email, "uuid": str(uuid4())})


def introduction(bot: Bot, asks: bool, typed: dict | None = None, errors: dict | None = None) -> Markup:
    """What the customer is asked before the first message; `typed` and `errors` after a refusal."""
    html = render("widget/_introduction.html", bot=bot, asks=asks, typed=typed or {}, errors=errors or {})
    return partial("#introduction", html)


def asks_email(chat: Chat) -> str | None:
    """"email" for a customer who had better not wait here: outside of the hours, or when it takes long."""
    waits = chat.is_waiting and not chat.by_mail_at
    return "email" if waits and (chat.delayed_at or not chat.bot.is_open(now())) else None


def hours_of(bot: Bot) -> dict:
    """Whether the people of `bot` are away now, and when they are back."""
    at = now()
    return {"is_away": not bot.is_open(at), "opens_at": bot.opens_at(at)}


def missing(session: Session, chat: Chat, after: int, audience: str) -> tuple[Markup, int]:
    """Everything that a page which shows the entries up to `after` does not show yet, and the number it goes up to."""
    found = entries_after(session, chat, after)
    log = entries(chat, found, audience) if found else Markup("")
    around = state if are_moves(found) else marks
    return log + around(session, chat, audience), found[-1].seq if found else after


def are_moves(found: list[Entry]) -> bool:
    """Whether entries that a page misses have changed anything around its log.

    Mere messages do not, and after a restart every page asks. One that misses the whole log knows nothing of it.
    """
    return any(isinstance(entry, Event) or entry.seq == 1 for entry in found)


def state(session: Session, chat: Chat, audience: str) -> Markup:
    """How the chat stands, around its log."""
    return (state_for_customer if audience == CUSTOMER else state_for_members)(session, chat)


def marks(session: Session, chat: Chat, audience: str, read: int | None = None) -> Markup:
    """What moves without an entry in the log: how far the other side has read; a customer's place in the queue; and
    for members the customer's details.

    How far is looked up unless it is given as `read`.
    """
    mark = seen_mark(chat, seen(session, chat.id, OTHER_SIDE[audience]) if read is None else read)
    if audience == MEMBERS:
        return mark + details(session, chat)
    return mark + queue_position(chat, waiting_before(session, chat)) if chat.is_waiting else mark


def state_for_members(session: Session, chat: Chat) -> Markup:
    """Everything around the log that tells members how the chat stands; the assignee gets another half."""
    halves = Markup("").join(
        partial(f"{audience}#{dom_id(chat, prefix)}",
                render(template, chat=chat, bot=chat.bot, holder=holder, mails=sends_mail(session, chat)))
        for prefix, template in (("actions", "dashboard/_actions.html"),
                                 ("composer_state", "dashboard/_composer_state.html"))
        for audience, holder in ((own(chat.assignee_id), True), (others(chat.assignee_id), False)))
    return (_by_id(chat, "head", "dashboard/_head.html", bot=chat.bot) + halves + details(session, chat)
            + seen_mark(chat, seen(session, chat.id, Side.CUSTOMER)))


def details(session: Session, chat: Chat) -> Markup:
    """The customer's details."""
    html = render("dashboard/_details.html", **details_context(session, chat))
    return partial(f"#{dom_id(chat, 'details')}", html)


def details_context(session: Session, chat: Chat) -> dict:
    """What dashboard/_details.html needs."""
    return {"chat": chat, "bot": chat.bot, "past": past_chats(session, chat),
            "device": device_of(chat.customer.browser), "feedback": feedback_on(session, chat),
            "mails": sends_mail(session, chat)}


def sends_mail(session: Session, chat: Chat) -> bool:
    """Whether the customer of this chat is mailed what they miss; not looked up for one who left no address."""
    return chat.by_mail_at is not None and MailServer.current(session) is not None


def _by_id(chat: Chat, prefix: str, template: str, **context) -> Markup:
    return partial(f"#{dom_id(chat, prefix)}", render(template, **{"chat": chat, **context}))


def feedback_on(session: Session, chat: Chat) -> Feedback | None:
    """What the customer left on a chat that is over."""
    return None if chat.is_open else session.scalars(select(Feedback).where(Feedback.chat_id == chat.id)).first()


# The inbox


def rows(connection: Connection, chats: list[Chat]) -> dict[int, dict]:
    """By chat: its row in the lists, put where it belongs for each member, or taken away; and the number it is of."""
    unread = unread_in(connection, [chat.id for chat in chats])
    return {chat.id: {"version": chat.seq, "content": _row(chat, unread.get(chat.id, 0))} for chat in chats}


def _row(chat: Chat, unread: int) -> Markup:
    if chat.state != State.LIVE:
        return partial(f"#{dom_id(chat, 'row')}", "", "delete")
    html = render("dashboard/_row.html", chat=chat, bot=chat.bot, unread=unread)
    if chat.is_waiting:
        return partial("#unassigned_chats", html, "place")
    return (partial(own(chat.assignee_id) + "#my_chats", html, "place")
            + partial(others(chat.assignee_id) + "#assigned_chats", html, "place"))


def row_typing(chat: Chat, typing_now: bool) -> Markup:
    """The "is typing" of the chat's line in the lists."""
    html = render("dashboard/_row_typing.html", chat=chat, typing=typing_now)
    return partial(f"#{dom_id(chat, 'row_typing')}", html)


def waiting_count(bot_id: int, count: int) -> Markup:
    """How many chats wait, for the bot switcher."""
    return partial(f"#waiting_bot_{bot_id}", render("dashboard/_waiting.html", bot_id=bot_id, count=count))


def around_lists(bot: Bot) -> Markup:
    """What else the dashboard of a bot shows of it."""
    return bot_name(bot) + bot_off(bot) + alarm(bot)


def bot_name(bot: Bot) -> Markup:
    """What the bot is called, at the top of its dashboard."""
    return partial(f"#{dom_id(bot, 'name')}", escape(bot.name), INNER)


def bot_off(bot: Bot) -> Markup:
    """On the dashboard of a bot that was switched off: that there is nothing to do any more."""
    if bot.is_on:
        return Markup("")
    return partial("#inbox", render("dashboard/_bot_off.html", bot=bot), INNER)


def bot_menu(bots: list[Bot], waiting: dict[int, int]) -> Markup:
    """The bots of one member, in the bot switcher."""
    return partial("#bot_menu", render("dashboard/_bot_menu.html", bots=bots, waiting=waiting, bot=None), INNER)


def alarm(bot: Bot) -> Markup:
    """After what time a waiting chat calls for attention on the dashboard."""
    return partial("#alarm", render("dashboard/_alarm.html", bot=bot))


def look(session: Session, bot: Bot) -> Markup:
    """What open widgets show of their bot; of a title or a line, what their own header has."""
    spoken = [bot.widget_language] if bot.widget_language else languages.LANGUAGES
    return (partial(".bot-title", escape(bot.heading), INNER)
            + partial(".avatar--bot", render("widget/_mark.html", bot=bot), INNER)
            + Markup("").join(_look_in(language, bot, hides_human(session, bot)) for language in spoken))


def _look_in(language: str, bot: Bot, hides_human: bool) -> Markup:
    # A bot with a language of its own speaks it on pages, too, that were opened when it had none.
    pages = "" if bot.widget_language else f'html[lang="{language}"] '
    with languages.spoken(language):
        return (partial(f"{pages}#look", render("widget/_look.html", bot=bot, hides_human=hides_human))
                + partial(f"{pages}.bot-line", render("widget/_line.html", bot=bot), INNER))


def lists(inbox, bot: Bot, member: Member) -> Markup:
    """The three lists as a whole."""
    html = render("dashboard/_inbox.html", inbox=inbox, bot=bot, member=member)
    return partial("#inbox", html, INNER)
