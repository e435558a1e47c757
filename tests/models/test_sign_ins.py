"""Sign-ins: a browser that proved who it is, until it is revoked or out of date."""

from datetime import timedelta

import pytest

import models.member
from models import Event, SignIn, now, reading, team
from models.member import WrongCredentials, hash_password, password_matches
from models.secret import digest, new_token
from tests.models.chats import change, rows, sign_in_of
from tests.people import PASSWORD


def sign_in(member, password=PASSWORD) -> str:
    """With the password: its hash takes its time by design."""
    return SignIn.begin(member.email, password, "Firefox", 30)


def signed_in(member, browser="Firefox", days=30) -> str:
    return SignIn.begin_as(member, browser, days)


def holder(token: str) -> str | None:
    with reading() as session:
        found = SignIn.holder(session, token)
    return found and found[1].name


def test_who_knows_the_password_is_signed_in(local_desk, heard):
    token = sign_in(local_desk.maya)
    assert holder(token) == "Maya Okafor"
    with reading() as session:
        (event,) = session.query(Event).filter_by(action="signed_in")
    assert (event.member_id, heard) == (local_desk.maya.id, [["signed_in"]])


def test_the_email_may_be_written_in_any_way(local_desk):
    assert holder(SignIn.begin(f" {local_desk.maya.email.upper()} ", PASSWORD, "", 30)) == "Maya Okafor"


def test_of_the_token_only_its_digest_is_stored(local_desk):
    token = signed_in(local_desk.maya)
    stored = sign_in_of(token)
    assert stored.token_hash == digest(token)
    assert token not in str(vars(stored))
    assert holder(stored.token_hash) is None


@pytest.mark.parametrize("password", ["", PASSWORD + " ", PASSWORD.upper(), "x" * 10_000])
def test_a_wrong_password_signs_nobody_in(local_desk, heard, password):
    with pytest.raises(WrongCredentials):
        sign_in(local_desk.maya, password)
    assert (rows(SignIn), heard) == (0, [])


def test_an_unknown_email_is_refused_like_a_wrong_password_and_takes_as_long(database, monkeypatch):
    checked = []
    monkeypatch.setattr(models.member, "password_matches", lambda *pair: checked.append(pair))
    with pytest.raises(WrongCredentials):
        SignIn.begin("nobody@example.com", PASSWORD, "", 30)
    ((password, hashed),) = checked
    assert (password, hashed.split("$")[1:4]) == (PASSWORD, hash_password("a member's").split("$")[1:4])


def test_a_disabled_member_cannot_sign_in(local_desk):
    team.disable(local_desk.maya)
    with pytest.raises(WrongCredentials):
        sign_in(local_desk.maya)
    assert rows(SignIn) == 0


def test_disabling_ends_every_sign_in_of_that_member_and_of_nobody_else(local_desk):
    hers, also_hers, his = (signed_in(member) for member in (local_desk.maya, local_desk.maya, local_desk.noor))
    team.disable(local_desk.maya)
    assert [holder(token) for token in (hers, also_hers, his)] == [None, None, "Noor Haddad"]


def test_a_sign_in_that_began_just_before_the_member_was_disabled_is_refused(local_desk):
    team.disable(local_desk.maya)
    with pytest.raises(WrongCredentials):
        SignIn.begin_as(local_desk.maya, "", 30)
    assert rows(SignIn) == 0


def test_a_password_that_changes_while_the_old_one_is_checked_keeps_that_sign_in_out(local_desk, monkeypatch):
    def change_meanwhile(password, hashed):
        local_desk.maya.change_password("another long password")
        return password_matches(password, hashed)

    monkeypatch.setattr(models.member, "password_matches", change_meanwhile)
    with pytest.raises(WrongCredentials):
        sign_in(local_desk.maya)
    assert rows(SignIn) == 0


def test_a_new_password_ends_every_sign_in_made_with_the_old_one(local_desk):
    old, his = sign_in(local_desk.maya), signed_in(local_desk.noor)
    local_desk.maya.change_password("another long password")
    assert (holder(old), holder(his)) == (None, "Noor Haddad")
    with pytest.raises(WrongCredentials):
        sign_in(local_desk.maya)
    assert holder(sign_in(local_desk.maya, "another long password")) == "Maya Okafor"


def test_signing_out_ends_this_browser_alone(local_desk, heard):
    here, there = signed_in(local_desk.maya), signed_in(local_desk.maya)
    sign_in_of(here).revoke(by=local_desk.maya)
    assert (holder(here), holder(there)) == (None, "Maya Okafor")
    assert heard[-1] == ["signed_out", "sign_in_revoked"]


def test_a_sign_in_ends_after_its_days(local_desk):
    token = signed_in(local_desk.maya, days=7)
    left = sign_in_of(token).expires_at - now()
    assert timedelta(days=7) - timedelta(minutes=1) < left <= timedelta(days=7)
    change(SignIn, expires_at=now() - timedelta(seconds=1))
    assert holder(token) is None


@pytest.mark.parametrize("token", ["", "x" * 43, "' OR 1=1", "x" * 10_000])
def test_a_forged_token_opens_nothing(local_desk, token):
    signed_in(local_desk.maya)
    assert holder(token) is None
    assert holder(new_token()) is None


def test_what_the_browser_says_of_itself_is_cut(local_desk):
    assert sign_in_of(signed_in(local_desk.maya, browser="B\0" * 900)).browser == "B" * 300
