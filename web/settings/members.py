"""The people of the team: who they are, what they may see, who may join, and who leaves."""

from collections.abc import Callable

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import RadioField, StringField
from wtforms.validators import StopValidation

from models import Bot, Invite, Member, Workspace, now, reading, team
from models.invite import AlreadyInvited, Letter
from models.mail_server import MailServer
from models.member import EmailTaken, InvalidEmail, UnknownMember, clean_email
from models.presence import is_online
from models.resetting import make_link
from web.access import member
from web.settings.forms import Choices, Cleaned, SettingsForm
from web.settings.pages import page, refused, resource, saved
from web.setup import origin

bp = resource("members")

EVERY_BOT = "all"
ROLES = [("member", _l("Member: answers chats")), ("admin", _l("Admin: changes the settings, too")),
         ("owner", _l("Owner: changes everything and everybody"))]


class AccessForm(SettingsForm):
    """What somebody may do, and the bots they may see."""

    role = RadioField(_l("Role"), choices=ROLES, default="member")
    bots = Choices(_l("Bots they see"))

    def __init__(self, bots: list[Bot], **options):
        super().__init__(**options)
        self._known = bots
        every = [(EVERY_BOT, _l("Every bot, also later ones"))] if member().all_bots else []
        self.bots.choices = every + [(bot.key, bot.name) for bot in bots]
        if not member().is_owner:
            self.role.choices = ROLES[:2]

    def validate_bots(self, field) -> None:
        """One at least, where there is any."""
        if not field.data and field.choices and self.role.data != "owner":
            raise StopValidation(_("Please choose at least one bot."))

    def chosen(self) -> list[Bot] | None:
        """The bots, or None for every one."""
        if EVERY_BOT in self.bots.data or self.role.data == "owner":
            return None
        return [bot for bot in self._known if bot.key in self.bots.data]


class InviteForm(AccessForm):
    """Somebody who is to join."""

    email = StringField(_l("E-mail"), [Cleaned(254)], render_kw={"inputmode": "email", "spellcheck": "false"})

    def validate_email(self, field) -> None:
        """An e-mail address."""
        try:
            field.data = clean_email(field.data)
        except InvalidEmail:
            raise StopValidation(_("This is no e-mail address.")) from None


@bp.get("/members")
def index():
    """Everybody, who may join, and a place to invite."""
    return page("members.html", form=InviteForm(_own_bots()), **_everybody())


@bp.post("/members")
def invite():
    """Invite somebody, by mail where there is a mail server, and by a link to pass on."""
    form = InviteForm(_own_bots())
    if form.validate():
        try:
            made, token = Invite.make(member(), form.email.data, form.role.data, form.chosen(), _letter())
            return _shown(made, token)
        except (EmailTaken, AlreadyInvited) as refusal:
            form.email.errors = [_SENTENCES[type(refusal)]()]
    return refused("members.html", form=form, **_everybody())


@bp.post("/members/invites/<id:invite_id>/link")
def renew(invite_id: int):
    """Another link for an invite."""
    invite = _invite(invite_id)
    return _shown(invite, invite.renew(member(), _letter()))


@bp.post("/members/invites/<id:invite_id>/removal")
def revoke(invite_id: int):
    """Take an invite back."""
    _invite(invite_id).revoke(member())
    return saved(url_for(".index"))


@bp.get("/members/<id:member_id>")
def edit(member_id: int):
    """One member."""
    who = _colleague(member_id)
    return _one(who, _access_form(who))


@bp.post("/members/<id:member_id>")
def update(member_id: int):
    """Give a member another role, or other bots."""
    who, form = _colleague(member_id), AccessForm(_own_bots())
    if not form.validate():
        return _one(who, form, 422)
    try:
        team.change(who, member(), form.role.data, form.chosen())
    except team.LastOwner as refusal:
        form.role.errors = [_SENTENCES[type(refusal)]()]
        return _one(who, form, 422)
    except REFUSALS as refusal:
        return _refused(who, refusal)
    return saved(url_for(".edit", member_id=who.id))


@bp.post("/members/<id:member_id>/link")
def make_reset_link(member_id: int):
    """A link to a new password, to pass on."""
    who = _colleague(member_id)
    try:
        link = origin() + url_for("passwords.edit", token=make_link(who, member()))
    except REFUSALS as refusal:
        return _refused(who, refusal)
    return _one(who, _access_form(who), link=link)


@bp.post("/members/<id:member_id>/pause")
def disable(member_id: int):
    """Keep a member out for now."""
    return _changed(member_id, team.disable)


@bp.post("/members/<id:member_id>/return")
def enable(member_id: int):
    """Let a member in again."""
    return _changed(member_id, team.enable)


@bp.post("/members/<id:member_id>/removal")
def remove(member_id: int):
    """Take a member out of the team."""
    who = _colleague(member_id)
    try:
        team.remove(who, member())
    except REFUSALS as refusal:
        return _refused(who, refusal)
    flash(_("%(name)s is no longer in the team.", name=who.name))
    return redirect(url_for(".index"), 303)


def _changed(member_id: int, verb: Callable[[Member, Member], None]):
    who = _colleague(member_id)
    try:
        verb(who, member())
    except REFUSALS as refusal:
        return _refused(who, refusal)
    return saved(url_for(".edit", member_id=who.id))


def _refused(who: Member, refusal: Exception):
    return _one(who, _access_form(who), 422, failure=_SENTENCES[type(refusal)]())


# What is found


def _own_bots() -> list[Bot]:
    with reading() as session:
        return member().bots(session, switched_off=True)


def _colleague(member_id: int) -> Member:
    with reading() as session:
        return team.colleague(session, member(), member_id) or abort(404)


def _invite(invite_id: int) -> Invite:
    with reading() as session:
        waiting = Invite.waiting(session, member())
    return next((invite for invite in waiting if invite.id == invite_id), None) or abort(404)


def _bots_of(session: Session, who: Member) -> list[Bot]:
    return who.bots(session, switched_off=True)


# What is shown


def _access_form(who: Member) -> AccessForm:
    with reading() as session:
        keys = [EVERY_BOT] if who.all_bots else [bot.key for bot in _bots_of(session, who)]
    return AccessForm(_own_bots(), formdata=None, data={"role": who.role, "bots": keys})


def _everybody() -> dict:
    with reading() as session:
        people = [(one, _bots_of(session, one), is_online(one)) for one in team.team_of(session, member())]
        return {"people": people, "invites": Invite.waiting(session, member()), "now": now()}


def _shown(invite: Invite, token: str):
    link = origin() + url_for("invites.show", token=token)
    return page("members.html", form=InviteForm(_own_bots(), formdata=None), link=link, invited=invite,
                mailed=_letter() is not None, **_everybody())


def _one(who: Member, form: AccessForm, status: int = 200, **context):
    with reading() as session:
        reachable = team.may_change(session, member(), who)
        bots = _bots_of(session, who)
    return page("member.html", status, who=who, form=form, reachable=reachable, their_bots=bots,
                online=is_online(who), now=now(), **context)


def _letter() -> Letter:
    """What is mailed with a link, if there is a mail server."""
    with reading() as session:
        server, workspace = MailServer.current(session), Workspace.founded(session)
    if server is None:
        return None
    return lambda token: (
        _("%(name)s invites you to %(workspace)s", name=member().name, workspace=workspace.name),
        _("With this link you join the team that answers the chats of %(workspace)s. It is good for one use, for a"
          " week:", workspace=workspace.name) + f"\n\n{server.address}{url_for('invites.show', token=token)}\n")


REFUSALS = (team.OwnersOnly, team.BeyondOwnBots, UnknownMember, team.LastOwner, team.NotYourself)

# Texts are made when they are needed, in the reader's language.
_SENTENCES = {
    EmailTaken: lambda: _("Somebody with this address is in the team already."),
    AlreadyInvited: lambda: _("This address is invited already: make a new link below."),
    UnknownMember: lambda: _("This member was removed meanwhile."),
    team.OwnersOnly: lambda: _("Only an owner can make, change or remove an owner."),
    team.LastOwner: lambda: _("This is the only owner. Make somebody else an owner first."),
    team.BeyondOwnBots: lambda: _("This member sees bots that you do not see: ask somebody who sees them all."),
    team.NotYourself: lambda: _("You cannot shut yourself out."),
}
