"""How members who forgot their password come to a new one: with a link, mailed or passed on."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import now
from models.database import transaction
from models.event import Action, track
from models.invite import Letter
from models.mail import Mail
from models.member import Member, UnknownMember, hash_password, set_password
from models.reset_link import ResetLink
from models.secret import digest
from models.team import could_make, refuse_change

# Nobody's mailbox is to be filled by strangers.
MAILED_AFTER = timedelta(minutes=2)


class UnknownResetLink(LookupError):
    """No such link, or one that was used, replaced, or is too old."""


def mail_link(email: str, letter: Letter) -> None:
    """Mail a link to the member with this address. What happens for an unknown one looks the same: nothing."""
    with transaction() as session:
        try:
            member = Member.with_email(session, email)
        except UnknownMember:
            return
        if member.is_disabled or _mailed_just_now(session, member):
            return
        Mail.queue(session, member.email, *letter(ResetLink.new(session, member.id)), "password")


def make_link(member: Member, by: Member) -> str:
    """The token of a link for an administrator to pass on. Raises OwnersOnly or BeyondOwnBots."""
    with transaction() as session:
        # Locked: a link that is made while the member is promoted would outlive that.
        refuse_change(session, session.get(Member, by.id), session.get(Member, member.id, with_for_update=True))
        token = ResetLink.new(session, member.id, by.id)
        track(session, Action.RESET_LINK_MADE, by=by, member=member.id)
    return token


def holder_of_link(session: Session, token: str) -> Member:
    """Who may choose a new password with this link; raises UnknownResetLink, also when its maker lost that power."""
    good = (ResetLink.token_hash == digest(token), ResetLink.used_at.is_(None), ResetLink.expires_at > now())
    found = select(Member, ResetLink.made_by_id).join(ResetLink, ResetLink.member_id == Member.id)
    member, maker_id = session.execute(found.where(*good, Member.disabled_at.is_(None))).first() or (None, None)
    if member is None or not could_make(session, maker_id, lambda maker: refuse_change(session, maker, member)):
        raise UnknownResetLink
    return member


def use_link(token: str, password: str) -> Member:
    """Spend the link on a new password: every sign-in ends. Raises UnknownResetLink or InvalidPassword."""
    hashed = hash_password(password)
    with transaction() as session:
        member = holder_of_link(session, token)
        # The member first, as for who changes their access; that may have spent the link meanwhile.
        session.refresh(member, with_for_update=True)
        if ResetLink.spend(session, ResetLink.token_hash == digest(token)) != 1:  # pressed twice
            raise UnknownResetLink
        set_password(session, member, hashed, by=member)
    member.password_hash = hashed
    return member


def _mailed_just_now(session: Session, member: Member) -> bool:
    mine = select(ResetLink.id).where(ResetLink.member_id == member.id, ResetLink.created_at > now() - MAILED_AFTER)
    return session.scalars(mine).first() is not None
