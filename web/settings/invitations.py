"""What a bot says first, and to whom."""

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import StopValidation

from models import Bot, Invitation, reading
from models.invitation import TooMany
from web.access import member
from web.settings.forms import Cleaned, SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("invitations")


class InvitationForm(SettingsForm):
    """A text and its rule."""

    text = TextAreaField(_l("Text"), [Cleaned(300)], description=_l(
        "Shows beside the button. Pressing it opens the chat, which then begins with it."))
    pages = StringField(_l("Pages"), [Cleaned(300, required=False)], description=_l(
        "The path of a page, for instance /pricing or /shop/*. Empty: every page."))
    seconds = WholeNumber(_l("Seconds on the page"), [UpTo(3600)], default=10)
    scroll = WholeNumber(_l("Seen of the page, in percent"), [UpTo(100)], description=_l(
        "How far down the customer has come. Short pages are seen as a whole at once."))
    returning_only = BooleanField(_l("Only for customers who have written before"))

    def validate_pages(self, field) -> None:
        """A path, without the website's name."""
        if field.data and not field.data.startswith(("/", "*")):
            raise StopValidation(_("Please begin with a slash, as in /pricing."))

    def values(self) -> dict:
        """Nothing in a number is 0."""
        return {name: value or 0 if name in ("seconds", "scroll") else value for name, value in self.data.items()}


@bp.get("/bots/<key>/invitations")
def index(key: str):
    """Every invitation, and a form for one more."""
    bot = find_bot(key)
    return page("invitations.html", bot=bot, form=InvitationForm(formdata=None), invitations=_of(bot))


@bp.post("/bots/<key>/invitations")
def create(key: str):
    """One more."""
    bot, form = find_bot(key), InvitationForm()
    if not form.validate():
        return refused("invitations.html", bot=bot, form=form, invitations=_of(bot))
    try:
        Invitation.add(bot, member(), **form.values())
    except TooMany:
        form.text.errors = [_("A bot has at most 20 invitations.")]
        return refused("invitations.html", bot=bot, form=form, invitations=_of(bot))
    return saved(url_for(".index", key=key))


@bp.get("/bots/<key>/invitations/<id:invitation_id>")
def edit(key: str, invitation_id: int):
    """One of them."""
    bot, invitation = _find(key, invitation_id)
    return page("invitation.html", bot=bot, form=InvitationForm(formdata=None, obj=invitation), invitation=invitation)


@bp.post("/bots/<key>/invitations/<id:invitation_id>")
def update(key: str, invitation_id: int):
    """Change it."""
    (bot, invitation), form = _find(key, invitation_id), InvitationForm()
    if not form.validate():
        return refused("invitation.html", bot=bot, form=form, invitation=invitation)
    invitation.change(member(), **form.values())
    return saved(url_for(".index", key=key))


@bp.post("/bots/<key>/invitations/<id:invitation_id>/removal")
def destroy(key: str, invitation_id: int):
    """Remove it."""
    _find(key, invitation_id)[1].remove(member())
    return saved(url_for(".index", key=key))


@bp.post("/bots/<key>/invitations/<id:invitation_id>/rise")
def rise(key: str, invitation_id: int):
    """Try it before the one above it."""
    _find(key, invitation_id)[1].move_up(member())
    return saved(url_for(".index", key=key))


def _of(bot: Bot) -> list[Invitation]:
    with reading() as session:
        return Invitation.of(session, bot)


def _find(key: str, invitation_id: int) -> tuple[Bot, Invitation]:
    bot = find_bot(key)
    with reading() as session:
        return bot, Invitation.find(session, bot, invitation_id) or abort(404)
