"""The websites on which a bot may be shown."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from models.origin import LONGEST, InvalidOrigin, clean_origin
from web.access import member
from web.settings.forms import Lines, SettingsForm
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("websites")


class WebsitesForm(SettingsForm):
    """Origins, one in a line."""

    allowed_origins = Lines(_l("Allowed websites"), most=50, limit=LONGEST, description=_l(
        "One in a line, like https://shop.example.com or https://*.example.com. Empty: every website."))

    def validate_allowed_origins(self, field) -> None:
        """Each line is an origin; they are kept as browsers spell them."""
        try:
            field.data = list(dict.fromkeys(clean_origin(line, wildcard=True) for line in field.data))
        except InvalidOrigin as wrong:
            raise StopValidation(_("“%(line)s” is no website. Write it like https://shop.example.com, without a path.",
                                   line=str(wrong))) from None


@bp.get("/bots/<key>/websites")
def edit(key: str):
    """The form."""
    bot = find_bot(key)
    return page("websites.html", bot=bot, form=WebsitesForm(obj=bot))


@bp.post("/bots/<key>/websites")
def update(key: str):
    """Change it: browsers show the chat on no other website from then on."""
    bot, form = find_bot(key), WebsitesForm()
    if not form.validate():
        return refused("websites.html", bot=bot, form=form)
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))
