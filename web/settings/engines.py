"""How a bot answers: from its knowledge, with a language model, or with the host's own bot."""

import re
from decimal import Decimal, InvalidOperation

import httpx
from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField, StringField, TextAreaField
from wtforms.validators import StopValidation

from bots.model import PROMPT
from bots.outward import InsideNetwork, NotThere, addresses_of
from models import Bot, EngineSetup, reading
from models.engine_setup import choose_engine
from models.knowledge import QUESTION_LIMIT
from web.access import member
from web.extensions import limiter
from web.forms import field
from web.settings.forms import Cleaned, SettingsForm, UpTo, WholeNumber
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("engines")

SECRET_LIMIT, SHORTEST_SIGNING_SECRET = 500, 16
LONGEST_SECONDS = 60

_HOST = re.compile(r"[\w.-]+|[0-9a-fA-F:.]+")


class OtherServer:
    """Validates the address of a server that Baton may ask."""

    def __call__(self, form: SettingsForm, field: Field) -> None:
        try:
            url = httpx.URL(field.data)
            port = url.port or {"http": 80, "https": 443}[url.scheme]
            if not _HOST.fullmatch(url.host) or url.userinfo:
                raise ValueError
            addresses_of(url.host, port, current_app.config["BATON"].engine_hosts)
        except NotThere:
            return  # it may be there tomorrow; the test says what is the matter
        except InsideNetwork:
            raise StopValidation(_("This address is inside the server's own network. ENGINE_HOSTS can allow "
                                   "it.")) from None
        except (httpx.InvalidURL, KeyError, ValueError):
            raise StopValidation(_("Please write a whole address, such as https://api.example.com/v1.")) from None


class Temperature(StringField):
    """A number from 0 to 2, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """'' is None; anything else that is no such number is refused."""
        text = valuelist[0].strip().replace(",", ".") if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            number = Decimal(text[:10])
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not 0 <= number <= 2:
            raise ValueError(_("Please write a number from 0 to 2."))
        self.data = float(number)

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "" if self.data is None else f"{self.data:g}"


class EngineForm(SettingsForm):
    """What an engine needs. A secret that is left empty stays what it is, for the server that it was meant for."""

    stored: EngineSetup

    def validate_secret(self, field: Field) -> None:
        """Another server gets no secret that was meant for this one."""
        if not field.data and self.stored.sealed_secret and _origin(self.url.data) != _origin(
                self.stored.options.get("url", "")):
            raise StopValidation(_("Please enter it again, for the server is another one."))

    def options(self) -> dict:
        """What was typed, without the secret."""
        return {name: value for name, value in self.values().items() if name != "secret"}


class ModelForm(EngineForm):
    """A language model."""

    url = StringField(_l("Address"), [Cleaned(500), OtherServer()],
                      description=_l("Where its API begins, for instance https://api.openai.example/v1"))
    model = StringField(_l("Model"), [Cleaned(120)])
    secret = PasswordField(_l("Key"), [Cleaned(SECRET_LIMIT, required=False)])
    prompt = TextAreaField(_l("Instructions"), [Cleaned(4_000, required=False)], description=_l(
        "Who it is and how it speaks. Baton adds the passages that fit the question, and that it answers from these "
        "alone. Empty: friendly and brief."))
    temperature = Temperature(_l("Temperature"), description=_l("From 0 to 2; empty: as the model has it."))
    seconds = WholeNumber(_l("Seconds an answer may take"), [UpTo(LONGEST_SECONDS, required=True, least=1)],
                          default=30)
    turns = WholeNumber(_l("Answers per chat"), [UpTo(1_000, least=1)], default=30,
                        description=_l("Then a person is offered. Empty: no limit; so below."))
    chat_tokens = WholeNumber(_l("Tokens per chat"), [UpTo(100_000_000, least=1)], default=50_000)
    day_tokens = WholeNumber(_l("Tokens per day"), [UpTo(999_999_999, least=1)], default=1_000_000, description=_l(
        "In all chats of this bot, by the day in UTC. Chats that are answered at the same moment may go a little "
        "over it."))


class WebhookForm(EngineForm):
    """The host's own bot."""

    url = StringField(_l("Address"), [Cleaned(500), OtherServer()])
    secret = PasswordField(_l("Secret"), [Cleaned(SECRET_LIMIT, required=False)], description=_l(
        "At least 16 characters, for instance from “openssl rand -hex 32”. Each request is signed with it."))
    seconds = WholeNumber(_l("Seconds an answer may take"), [UpTo(LONGEST_SECONDS, required=True, least=1)],
                          default=10)

    def validate_secret(self, field: Field) -> None:
        """There has to be one, and nobody should guess it."""
        super().validate_secret(field)
        if not field.data and not self.stored.sealed_secret:
            raise StopValidation(_("Please fill this in."))
        if field.data and len(field.data) < SHORTEST_SIGNING_SECRET:
            raise StopValidation(_("At least %(least)s characters.", least=SHORTEST_SIGNING_SECRET))


FORMS = {"model": ModelForm, "webhook": WebhookForm}


@bp.get("/bots/<key>/engine")
def edit(key: str):
    """The three engines, and which one answers."""
    return page("engines.html", **_context(find_bot(key)))


@bp.post("/bots/<key>/engine")
def update(key: str):
    """Choose one, set up as typed."""
    bot, engine = find_bot(key), field("engine") if field("engine") in FORMS else "knowledge"
    if engine == "knowledge":
        choose_engine(bot, member(), engine)
        return saved(url_for(".edit", key=bot.key))
    form = _form(bot, engine)
    if not form.validate():
        return refused("engines.html", **_context(bot, **{engine: form}))
    choose_engine(bot, member(), engine, form.options(), form.secret.data or "")
    return saved(url_for(".edit", key=bot.key))


@bp.post("/bots/<key>/engine/test")
@limiter.limit("60 per minute")
def test(key: str):
    """Ask the engine once, and show what it answers or what is wrong."""
    bot, asked = find_bot(key), field("ask").strip()[:QUESTION_LIMIT]
    if not asked:
        return refused("engines.html", **_context(bot), asked="", tried=None, empty=True)
    tried = current_app.extensions["baton"].runner.try_out(bot, asked)
    return page("engines.html", **_context(bot), asked=asked, tried=tried)


def _context(bot: Bot, **typed: EngineForm) -> dict:
    forms = {engine: typed.get(engine) or _form(bot, engine, typed=False) for engine in FORMS}
    forms["model"].prompt.render_kw = {"placeholder": PROMPT.format(name=bot.name)}
    return {"bot": bot, "forms": forms}


def _form(bot: Bot, engine: str, typed: bool = True) -> EngineForm:
    """The form of an engine with what was typed, or with what is stored."""
    with reading() as session:
        stored = EngineSetup.of(session, bot, engine)
    form = FORMS[engine]() if typed else FORMS[engine](formdata=None, data=stored.options)
    form.stored = stored
    for each in form:  # two forms on one page have fields of the same name
        each.id = f"{engine}_{each.id}"
    return form


def _origin(url: str) -> tuple:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return ()
    return parsed.scheme, parsed.host, parsed.port
