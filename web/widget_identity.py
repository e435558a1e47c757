"""Who the customer is, as the host's server has signed it. A refusal is told to the host's page, not to customers."""

from flask import Blueprint, Response, current_app, request

from models import reading
from models.identity import identify, leave
from web.access import bearer, bot_of_website
from web.forms import field
from web.signed import Refused, read_signed

bp = Blueprint("widget_identity", __name__, url_prefix="/widget/<key>/identity")


@bp.errorhandler(Refused)
def refuse(refused: Refused) -> Response:
    """One sentence."""
    return Response(str(refused), 403, mimetype="text/plain")


@bp.post("")
def create(key: str):
    """Know the browser as the customer of a signed token: 201 when it goes by its new token from now on."""
    with reading() as session:
        bot = bot_of_website(session, key)
    identity = read_signed(bot, field("signed"))
    current_app.extensions["baton"].message_limit.spend(f"{bot.id} {identity.user_id}")
    token = bearer() if "Authorization" in request.headers else None
    return "", 201 if identify(bot, identity, token, field("token")) else 204


@bp.delete("")
def destroy(key: str):
    """The browser is nobody's any more."""
    with reading() as session:
        bot = bot_of_website(session, key)
    leave(bot, bearer())
    return "", 204
