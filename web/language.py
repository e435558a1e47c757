"""The language of an answer: the customer's below /widget, English anywhere else."""

from flask import has_request_context, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from languages import SOURCE, chosen
from models import Bot, Customer, reading
from models.customer import InvalidToken, UnknownCustomer
from web.access import bearer


def of_request() -> str:
    """Asked for once, when a text is needed that no chat has a language for; most answers never do."""
    if not has_request_context() or not request.path.startswith("/widget/"):
        return SOURCE
    try:
        with reading() as session:
            return _of_visitor(session, (request.view_args or {}).get("key", ""))
    except SQLAlchemyError:
        return chosen(request.accept_languages.best)


def of_page(bot: Bot) -> str:
    """The language of the widget's page: the bot's own, the one that the website asks for, or the browser's."""
    return chosen(bot.widget_language, request.args.get("language"), request.accept_languages.best)


def _of_visitor(session: Session, key: str) -> str:
    bot = Bot.with_key(session, key, switched_off=True)
    if bot is None:
        return chosen(request.accept_languages.best)
    try:
        said = Customer.with_token(session, bot, bearer()).language
    except (InvalidToken, UnknownCustomer):
        said = None
    return chosen(bot.widget_language, said, request.accept_languages.best)
