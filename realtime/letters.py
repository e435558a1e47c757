"""What the mails about chats say: (subject, text). Runs inside an application context, where texts are translated."""

from flask_babel import gettext as _

import languages
from helpers import customer_name
from models import Author, Bot, Chat, Customer, Message, reading
from models.transcript import last_said


def to_members(chat: Chat, address: str) -> tuple[str, str]:
    """That a customer waits, or has left a message; `address` is what links begin with."""
    with reading() as session:
        bot, customer = session.get(Bot, chat.bot_id), session.get(Customer, chat.customer_id)
        said = last_said(session, chat, Author.CUSTOMER)
    asked = {"customer": customer_name(customer), "bot": bot.name}
    subject = (_("%(customer)s left a message for %(bot)s", **asked) if chat.left_message_at
               else _("%(customer)s waits for somebody at %(bot)s", **asked))
    link = f"{address}/bots/{bot.key}/chats/{chat.id}"
    last = [_("The last message:") + "\n" + quoted(said)] if said else []
    return subject, "\n\n".join([_("Nobody has answered yet."), *last, link])


def to_customer(chat: Chat, missed: list[Message]) -> tuple[str, str]:
    """What members wrote while the customer was not there."""
    with reading() as session:
        bot, customer = session.get(Bot, chat.bot_id), session.get(Customer, chat.customer_id)
        asked = last_said(session, chat, Author.CUSTOMER, before=missed[0].seq)
    with languages.spoken(languages.chosen(bot.widget_language or customer.language)):
        return _to_customer(bot, customer, asked, missed)


def _to_customer(bot: Bot, customer: Customer, asked: str, missed: list[Message]) -> tuple[str, str]:
    said = [_("%(member)s wrote:", member=message.member.first_name) + "\n" + quoted(message.text)
            for message in missed]
    before = [_("You wrote:") + "\n" + quoted(asked)] if asked else []
    back = [_("Go on in the chat on the page where you began: %(page)s", page=customer.page_url)]
    # What a browser says of its page is not proven: only what is a web address becomes a link.
    is_page = customer.page_url.startswith(("https://", "http://"))
    return _("An answer from %(bot)s", bot=bot.name), "\n\n".join(said + before + (back if is_page else []))


def quoted(text: str) -> str:
    """A text as mail quotes it."""
    return "\n".join(f"> {line}" for line in text.splitlines())
