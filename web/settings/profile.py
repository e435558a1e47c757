"""What each member says of themselves: their name, their password, and where they are signed in."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required
from wtforms import PasswordField, StringField

from models import SignIn, reading
from models.member import InvalidPassword, WrongCredentials
from realtime.devices import device_of
from web.access import member
from web.extensions import limiter
from web.settings.forms import Cleaned, SettingsForm
from web.settings.pages import page, saved

bp = Blueprint("settings_profile", __name__, url_prefix="/settings/profile")


class NameForm(SettingsForm):
    """What colleagues and customers read."""

    name = StringField(_l("Your name"), [Cleaned(120)], description=_l("Customers see the first name."),
                       render_kw={"autocomplete": "name"})


class PasswordForm(SettingsForm):
    """A new password, for who knows the old one."""

    current = PasswordField(_l("Current password"), render_kw={"autocomplete": "current-password"})
    new = PasswordField(_l("New password"), description=_l("At least 10 characters."),
                        render_kw={"autocomplete": "new-password"})


@bp.before_request
@login_required
def members_only():
    """For every member, not only for administrators."""


@bp.get("")
def show():
    """The forms, and where the member is signed in."""
    return _page()


@bp.post("")
def update():
    """Take another name."""
    form = NameForm()
    if not form.validate():
        return _page(422, name_form=form)
    member().rename(form.name.data)
    return saved(url_for(".show"))


@bp.post("/password")
@limiter.limit("10 per minute")
def change_password():
    """Take another password; other browsers are signed out."""
    form = PasswordForm()
    form.validate()
    try:
        member().change_own_password(form.current.data or "", form.new.data or "", current_user.sign_in)
    except WrongCredentials:
        form.current.errors = [_("This is not your current password.")]
    except InvalidPassword:
        form.new.errors = [_("A password has 10 to 200 characters.")]
    if form.errors:
        return _page(422, password_form=form)
    flash(_("Your password is changed. Other browsers are signed out."))
    return redirect(url_for(".show"), 303)


@bp.post("/sign-outs")
def sign_out_others():
    """Sign every other browser out."""
    current_user.sign_in.revoke_all_others(by=member())
    flash(_("Other browsers are signed out."))
    return redirect(url_for(".show"), 303)


def _page(status: int = 200, name_form: NameForm | None = None, password_form: PasswordForm | None = None):
    with reading() as session:
        sign_ins = [(one, device_of(one.browser)) for one in SignIn.living_of(session, member())]
    return page("profile.html", status, name_form=name_form or NameForm(formdata=None, obj=member()),
                password_form=password_form or PasswordForm(formdata=None), sign_ins=sign_ins,
                here=current_user.sign_in.id)
