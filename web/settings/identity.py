"""The secret with which a host's server signs who its customers are."""

from flask import url_for

from models.identity import drop_secret, make_secret, secret_of
from web.access import member
from web.settings.pages import find_bot, page, resource, saved

bp = resource("identity")


@bp.get("/bots/<key>/identity")
def show(key: str):
    """Whether there is a secret, and how to sign with it."""
    return _page(key)


@bp.post("/bots/<key>/identity")
def create(key: str):
    """Make a secret, or another one; this answer is the only one that shows it."""
    return _page(key, made=make_secret(find_bot(key), member()))


@bp.post("/bots/<key>/identity/removal")
def destroy(key: str):
    """Believe no signature any more."""
    drop_secret(find_bot(key), member())
    return saved(url_for(".show", key=key))


def _page(key: str, made: str = ""):
    bot = find_bot(key)
    return page("identity.html", bot=bot, made=made, is_on=secret_of(bot) is not None)
