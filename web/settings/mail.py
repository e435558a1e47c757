"""The server that sends Baton's mail, a test of it, and the mail that waits."""

import re

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import StopValidation

from mailer import NotSent, hand_over, letter
from models import Mail, Workspace, now, reading
from models.mail_server import MailServer, of_environment, stop_mail
from models.member import InvalidEmail, clean_email
from web.access import member, owners_only
from web.extensions import limiter
from web.settings.forms import Cleaned, SettingsForm, UpTo, WholeNumber
from web.settings.pages import page, refused, resource, saved
from web.setup import origin

# Whoever chooses the server can read all that is mailed, also what leads to an owner's new password.
bp = resource("mail", owners_only)

GOES_WITH_PASSWORD = ("host", "port", "security", "username")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:]+\]?")


class MailForm(SettingsForm):
    """How to hand mail over."""

    host = StringField(_l("Server"), [Cleaned(253)], description=_l("For instance smtp.example.com"))
    port = WholeNumber(_l("Port"), [UpTo(65535, required=True)], description=_l("Usually 587, with TLS 465."))
    security = RadioField(_l("Encryption"), choices=[("starttls", _l("STARTTLS")), ("tls", _l("TLS")),
                                                     ("none", _l("None"))], default="starttls")
    username = StringField(_l("User"), [Cleaned(254, required=False)],
                           description=_l("Empty, if the server asks for none."))
    password = PasswordField(_l("Password"), description=_l("Empty: the one that is stored stays."))
    sender = StringField(_l("From"), [Cleaned(254)], description=_l("The address that mail comes from."))

    def validate_host(self, field) -> None:
        """A name or an address."""
        if not _HOST.fullmatch(field.data):
            raise StopValidation(_("This is no name of a server."))

    def validate_sender(self, field) -> None:
        """An e-mail address."""
        try:
            field.data = clean_email(field.data)
        except InvalidEmail:
            raise StopValidation(_("This is no e-mail address.")) from None

    def validate_password(self, field) -> None:
        """Left empty it stays what it is, but it goes to no other server, and no plainer, than it was meant."""
        if field.data or not self.username.data:
            return
        with reading() as session:
            stored, current = MailServer.stored(session), MailServer.current(session)
        if stored is None:
            return
        if any(getattr(stored, column) != self[column].data for column in GOES_WITH_PASSWORD):
            raise StopValidation(_("Please enter the password again, for this is another way to the server."))
        if current is None:
            raise StopValidation(_("Please enter the password again: it was sealed with another secret key."))
        field.data = current.password

    def server(self) -> MailServer:
        """What was typed."""
        return MailServer(**self.values(), address=origin())


@bp.get("/mail")
def show():
    """The form."""
    return page("mail.html", form=_form(), **_state())


@bp.post("/mail")
def update():
    """Use another server."""
    form = MailForm()
    if of_environment() or not form.validate():
        return refused("mail.html", form=form, **_state())
    form.server().keep(member())
    Mail.try_again()
    return saved(url_for(".show"))


@bp.post("/mail/removal")
def destroy():
    """Send no mail any more."""
    stop_mail(member())
    return saved(url_for(".show"))


@bp.post("/mail/test")
@limiter.limit("10 per minute")
def test():
    """Send a mail to who asks, now, and show what the server says."""
    with reading() as session:
        server, workspace = MailServer.current(session), Workspace.founded(session)
    if server is None:
        return refused("mail.html", form=_form(), failure=_("There is no mail server yet."), **_state())
    mail = Mail(id=0, recipient=member().email, subject=_("A test from Baton"), created_at=now(),
                text=_("Mail from Baton arrives here.") + "\n\n" + server.address + "\n")
    try:
        hand_over(server, letter(server, workspace.name, mail), mail.recipient)
    except NotSent as error:
        return refused("mail.html", form=_form(), failure=str(error), **_state())
    flash(_("The server has taken a test mail to %(email)s.", email=mail.recipient))
    return redirect(url_for(".show"), 303)


@bp.post("/mail/attempt")
def retry():
    """Try everything that is not sent once more, now."""
    Mail.try_again()
    flash(_("What is not sent is tried again now."))
    return redirect(url_for(".show"), 303)


def _form() -> MailForm:
    with reading() as session:
        return MailForm(formdata=None, obj=MailServer.stored(session))


def _state() -> dict:
    with reading() as session:
        return {"server": MailServer.current(session), "stored": MailServer.stored(session),
                "fixed": of_environment(), "not_sent": Mail.not_sent(session)}
