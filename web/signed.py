"""Reading who a customer is from a token that the host's server has signed (docs/javascript.md)."""

import time

import jwt
from flask_babel import gettext as _

from models import Bot
from models.identity import USER_ID_LIMIT, Identity, secret_of
from models.text import InvalidText, clean

LONGEST_AHEAD_SECONDS = 24 * 3600
# Clocks of two servers differ.
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 8_000


class Refused(Exception):
    """A token that proves nothing. Its text is one sentence for the host's developer, and holds no secret."""


SENTENCES = {
    jwt.ExpiredSignatureError: lambda: _("The token has expired."),
    jwt.ImmatureSignatureError: lambda: _("The token is not valid yet: is the clock of your server right?"),
    jwt.InvalidAudienceError: lambda: _("The token is for another bot: “aud” must be the key in your tag."),
    jwt.MissingRequiredClaimError: lambda: _("The token needs “sub”, “aud” and “exp”."),
    jwt.exceptions.InvalidSubjectError: lambda: _("“sub” must be a text."),
    jwt.InvalidAlgorithmError: lambda: _("The token must be signed with HS256."),
    jwt.InvalidSignatureError: lambda: _("The token was signed with another secret."),
    jwt.PyJWTError: lambda: _("This is no token."),
}


def read_signed(bot: Bot, token: str) -> Identity:
    """Who `token` says that the customer is; raises Refused."""
    secret = secret_of(bot)
    if secret is None:
        raise Refused(_("This bot has no secret to check tokens with: make one in its settings."))
    if len(token) > LONGEST_TOKEN:
        raise Refused(_("The token is too long."))
    return _identity(_claims(token, secret, bot.key))


def _claims(token: str, secret: str, audience: str) -> dict:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], audience=audience, leeway=LEEWAY_SECONDS,
                            options={"require": ["sub", "aud", "exp"], "strict_aud": True})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        said = next((SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES), SENTENCES[jwt.PyJWTError])
        raise Refused(said()) from None
    if not isinstance(claims["exp"], int | float):  # PyJWT reads a text with digits, too
        raise Refused(SENTENCES[jwt.PyJWTError]())
    if claims["exp"] > time.time() + LONGEST_AHEAD_SECONDS + LEEWAY_SECONDS:
        raise Refused(_("“exp” must be at most one day ahead."))
    return claims


def _identity(claims: dict) -> Identity:
    try:
        user_id = clean(claims["sub"], USER_ID_LIMIT)
    except InvalidText:
        raise Refused(_("“sub” must be a text of 1 to 120 characters.")) from None
    name, email, attributes = (claims.get(claim) for claim in ("name", "email", "attributes"))
    if not all(isinstance(text, str | None) for text in (name, email)):
        raise Refused(_("“name” and “email” must be texts."))
    if not isinstance(attributes, dict | None):
        raise Refused(_("“attributes” must be an object."))
    return Identity(user_id, name or "", email or "", attributes or {})
