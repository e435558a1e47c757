"""What a customer is asked before the first message."""

from flask import Blueprint, current_app, make_response, request
from werkzeug.wrappers import Response

from models import Bot, Customer, reading
from models.customer import UnknownCustomer
from models.introduction import introduce, read_answer
from realtime import fragments
from web.access import bearer, bot_of_website
from web.extensions import limiter
from web.forms import field, wrong_with

bp = Blueprint("widget_introduction", __name__, url_prefix="/widget/<key>")


@bp.get("/introduction")
def show(key: str):
    """The questions; nothing for a customer who has answered them, or need not."""
    with reading() as session:
        bot = bot_of_website(session, key)
        try:
            asks = Customer.with_token(session, bot, bearer()).is_asked(bot)
        except UnknownCustomer:
            asks = bool(bot.introduction)
    return _answered(bot, asks)


@bp.post("/introduction")
@limiter.limit(lambda: current_app.config["BATON"].chat_limit)
def create(key: str):
    """Answer them."""
    with reading() as session:
        bot = bot_of_website(session, key)
    typed = {name: field(name) for name in request.form}
    answers, errors = [], {}
    for number, question in enumerate(bot.introduction):
        name = f"answer_{number}"
        error = wrong_with(lambda question=question, name=name: answers.append(read_answer(question, field(name))))
        if error:
            errors[name] = error
    if errors:
        return _answered(bot, True, 422, typed, errors)
    introduce(bot, bearer(), answers)
    return _answered(bot, False)


def _answered(bot: Bot, asks: bool, status: int = 200, typed=None, errors=None) -> Response:
    return make_response(str(fragments.introduction(bot, asks, typed, errors)), status)
