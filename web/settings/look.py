"""How a bot looks: colours, words and logo of the chat, and its launcher; with the real widget beside it."""

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import StopValidation

from languages import LANGUAGES, chosen
from models import Bot, Logo
from models.bot import LAUNCHER_ICONS, SIDES, THEMES
from models.colour import ENOUGH, InvalidColour, clean_colour, contrast, readable_on, readable_under
from web.access import member
from web.forms import accepts_upload
from web.headers import allow_own_framing
from web.pictures import LARGEST_BYTES, InvalidPicture, small_picture
from web.settings.forms import Cleaned, SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved
from web.widget import empty_page

bp = resource("look")

# A picture that is too large is refused beside its field; only one that is far too large, by the server.
LARGEST_REQUEST_BYTES = 8 * 1024 * 1024

THEME_NAMES = (_l("As the customer's device"), _l("Always light"), _l("Always dark"))
SIDE_NAMES = (_l("Right"), _l("Left"))
ICON_NAMES = (_l("Speech bubble"), _l("Two bubbles"), _l("Headset"), _l("Question mark"), _l("Sparkles"))


class Colour:
    """Validates a colour, and keeps it as "#rrggbb"."""

    def __init__(self, required: bool = True):
        self.required = required
        self.field_flags = {"required": True} if required else {}

    def __call__(self, form, field) -> None:
        if not self.required and not (field.data or "").strip():
            field.data = ""
            return
        try:
            field.data = clean_colour(field.data or "")
        except InvalidColour:
            raise StopValidation(_("This is no colour. Write it like #0f766e.")) from None


class LookForm(SettingsForm):
    """The look of a bot."""

    accent = StringField(_l("Colour"), [Colour()])
    on_accent = StringField(_l("Text on it"), [Colour(required=False)], description=_l(
        "Empty: white or black, whichever reads better."))
    widget_language = SelectField(_l("Language of buttons and lines"), description=_l(
        "What you write yourself, such as the welcome, stays in your own words."),
        choices=[("", _l("As the customer's browser")), *LANGUAGES.items()])
    theme = RadioField(_l("Light or dark"), choices=list(zip(THEMES, THEME_NAMES, strict=True)))
    title = StringField(_l("Title"), [Cleaned(60, required=False)], description=_l(
        "At the top of the chat. Empty: the bot's name."))
    subtitle = StringField(_l("Line under the title"), [Cleaned(80, required=False)], description=_l(
        "Empty: “Answers at once”, in the customer's language."))
    launcher_icon = RadioField(_l("Icon"), choices=list(zip(LAUNCHER_ICONS, ICON_NAMES, strict=True)))
    launcher_side = RadioField(_l("Corner"), choices=list(zip(SIDES, SIDE_NAMES, strict=True)))
    launcher_gap = WholeNumber(_l("Distance from the corner"), [UpTo(200, required=True)], description=_l("Pixels."))
    open_label = StringField(_l("Name of the button"), [Cleaned(60, required=False)], description=_l(
        "What screen readers say. Empty: “Open chat”, in the customer's language."))
    close_label = StringField(_l("Its name while the chat is open"), [Cleaned(60, required=False)], description=_l(
        "Empty: “Close chat”, in the customer's language."))

    def validate_on_accent(self, field) -> None:
        """Text on the colour has to be readable."""
        if field.data and not self.accent.errors and contrast(self.accent.data, field.data) < ENOUGH:
            raise StopValidation(_unreadable(self.accent.data, field.data))


class LogoForm(SettingsForm):
    """A picture for the top of the chat."""

    logo = FileField(_l("Logo"), description=_l("PNG, JPEG or WebP, at most 256 kB. A square one looks best."),
                     render_kw={"data-largest": LARGEST_BYTES, "data-too-large": _l(
                         "This is too large: a logo has at most 256 kB.")})


@bp.get("/bots/<key>/look")
def edit(key: str):
    """The form, with the widget beside it."""
    bot = find_bot(key)
    return _page(bot, LookForm(obj=bot))


@bp.post("/bots/<key>/look")
def update(key: str):
    """Change it; open widgets are painted anew."""
    bot, form = find_bot(key), LookForm()
    if not form.validate():
        return refused("look.html", bot=bot, form=form, logo_form=LogoForm(formdata=None), said=_contrast_of(form))
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/logo")
@accepts_upload(LARGEST_REQUEST_BYTES)
def put_logo(key: str):
    """Take an uploaded picture as the logo."""
    bot, form = find_bot(key), LogoForm()
    content = form.logo.data.read(LARGEST_BYTES + 1) if form.logo.data else b""
    try:
        if len(content) > LARGEST_BYTES:
            raise InvalidPicture
        Logo.put(bot, small_picture(content), by=member())
    except InvalidPicture:
        form.logo.errors = [_("This is no picture that can be used: PNG, JPEG or WebP, at most 256 kB.")]
        form_of_look = LookForm(formdata=None, obj=bot)
        return refused("look.html", bot=bot, form=form_of_look, logo_form=form, said=_contrast_of(form_of_look))
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/logo/removal")
def remove_logo(key: str):
    """Take the logo away."""
    bot = find_bot(key)
    Logo.remove(bot, by=member())
    return saved(url_for(".edit", key=bot.key))


@bp.get("/bots/<key>/look/preview")
def preview(key: str):
    """The widget as it would look with the values in the address; those that cannot be are left as they are."""
    bot = find_bot(key)
    allow_own_framing()
    typed = _as_typed(bot)
    return empty_page(typed, chosen(typed.widget_language, request.accept_languages.best), preview=True)


@bp.get("/bots/<key>/look/contrast")
def show_contrast(key: str):
    """How well text on the colour in the address reads, in one sentence."""
    find_bot(key)
    form = LookForm(formdata=request.args)
    form.validate()
    return Response(_contrast_of(form), mimetype="text/plain")


def _page(bot: Bot, form: LookForm):
    return page("look.html", bot=bot, form=form, logo_form=LogoForm(formdata=None), said=_contrast_of(form))


def _as_typed(bot: Bot) -> Bot:
    if not request.args:
        return bot
    form = LookForm(formdata=request.args)
    form.validate()
    return bot.copy_with(**{name: value for name, value in form.values().items() if not form[name].errors})


def _contrast_of(form: LookForm) -> str:
    """What the page says beside the colours."""
    try:
        background = clean_colour(form.accent.data or "")
        text = form.on_accent.data and clean_colour(form.on_accent.data)
    except InvalidColour:
        return ""
    if text and contrast(background, text) < ENOUGH:
        return _unreadable(background, text)
    text = text or readable_on(background)
    return _("Text on it reads well: %(ratio)s to 1.", ratio=_ratio(background, text))


def _unreadable(background: str, text: str) -> str:
    return _("This text cannot be read on the colour: %(ratio)s to 1, and 4.5 is needed. %(text)s would do, or the "
             "colour %(colour)s.", ratio=_ratio(background, text), text=readable_on(background),
             colour=readable_under(text, background))


def _ratio(one: str, other: str) -> str:
    # Cut, not rounded: 4.49 is not enough, and must not read as 4.5.
    return f"{int(contrast(one, other) * 10) / 10:.1f}"
