"""The team: who may change whom, and what becomes of the chats of who loses access."""

from datetime import timedelta

import pytest

from models import Bot, BotAccess, Chat, Invite, Member, SignIn, now, reading, team
from models.invite import InviteRevoked
from models.member import UnknownMember, WrongCredentials
from models.refusals import NoAccess
from models.resetting import UnknownResetLink, mail_link, make_link, use_link
from models.team import BeyondOwnBots, LastOwner, NotYourself, OwnersOnly
from tests.conftest import add_member
from tests.models.chats import change, fresh, held_chat, log_of, rows, sign_in_of, waiting_chat
from tests.models.racing import Arena
from tests.people import PASSWORD, new_uuid

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def owner(local_desk) -> Member:
    """Olivia, the only owner."""
    return now_of(with_every_bot(add_member(local_desk.bot.workspace_id, "Olivia Owen", local_desk.bot, role="owner")))


def with_every_bot(member: Member) -> Member:
    change(Member, Member.id == member.id, all_bots=True)
    return now_of(member)


def now_of(member: Member) -> Member:
    with reading() as session:
        return session.get(Member, member.id)


def bots_of(member: Member) -> list[str]:
    with reading() as session:
        return [bot.name for bot in now_of(member).bots(session)]


@pytest.mark.parametrize("shut_out", [team.disable, team.remove])
def test_who_is_shut_out_is_signed_out_and_their_chats_wait_again(local_desk, heard, shut_out):
    chat, other = held_chat(local_desk), held_chat(local_desk, by=local_desk.noor)
    token = SignIn.begin_as(local_desk.maya, "Firefox", 30)
    shut_out(local_desk.maya, by=local_desk.anna)
    assert fresh(chat).is_waiting and log_of(chat)[-1] == "chat_handed_back"
    assert fresh(other).held_by(local_desk.noor)
    assert sign_in_of(token) is None
    assert set(heard[-1]) == {f"member_{shut_out.__name__}d", "member_signed_out", "chat_handed_back"}


def test_who_was_disabled_can_be_let_in_again(local_desk):
    team.disable(local_desk.maya, by=local_desk.anna)
    team.enable(local_desk.maya, by=local_desk.anna)
    assert not now_of(local_desk.maya).is_disabled
    assert SignIn.begin_as(now_of(local_desk.maya), "", 1)


def test_who_was_removed_is_gone_but_for_the_name_and_frees_the_address(local_desk):
    chat = held_chat(local_desk)
    team.remove(local_desk.maya, by=local_desk.anna)
    with reading() as session:
        assert local_desk.maya.id not in {member.id for member in team.team_of(session, local_desk.anna)}
        with pytest.raises(UnknownMember):
            Member.with_email(session, local_desk.maya.email)
    with pytest.raises(UnknownMember):
        team.enable(local_desk.maya, by=local_desk.anna)
    with pytest.raises(WrongCredentials):
        SignIn.begin_as(local_desk.maya, "", 1)
    assert rows(BotAccess, BotAccess.member_id == local_desk.maya.id) == 0
    assert (now_of(local_desk.maya).name, log_of(chat)[-2]) == ("Maya Okafor", "member: I am here.")
    Member.add(local_desk.bot.workspace_id, "Another Maya", local_desk.maya.email, "a long enough password")


def test_who_loses_a_bot_gives_back_its_chats_and_keeps_those_of_others(local_desk, owner, heard):
    maya = with_every_bot(local_desk.maya)
    kept = held_chat(local_desk, by=maya)
    change(Chat, Chat.id == kept.id, bot_id=local_desk.other_bot.id)
    lost = held_chat(local_desk, by=maya)
    team.change(maya, owner, "member", [local_desk.other_bot])
    assert fresh(lost).is_waiting and fresh(kept).held_by(maya)
    assert bots_of(maya) == ["Other bot"]
    assert set(heard[-1]) == {"member_changed", "member_access_changed", "chat_handed_back"}


def test_a_change_of_nothing_is_none(local_desk, owner, heard):
    team.change(local_desk.maya, owner, "member", [local_desk.bot])
    assert heard == []


def test_who_lost_access_meanwhile_takes_no_chat(local_desk, owner):
    chat = waiting_chat(local_desk)
    before = log_of(chat)
    for lose in (lambda: team.change(local_desk.maya, owner, "member", []), lambda: team.disable(local_desk.maya)):
        lose()
        with pytest.raises(NoAccess):
            chat.post_as_member(local_desk.maya, "I am here.", new_uuid())
    assert fresh(chat).is_waiting and log_of(chat) == before


def test_an_admin_reaches_no_owner(local_desk, owner):
    admin = with_every_bot(local_desk.anna)
    for act in (lambda: team.disable(owner, by=admin), lambda: team.remove(owner, by=admin),
                lambda: team.change(owner, admin, "member", None), lambda: team.enable(owner, by=admin),
                lambda: team.change(local_desk.maya, admin, "owner", None)):
        with pytest.raises(OwnersOnly):
            act()
    assert now_of(owner).role == "owner" and not now_of(owner).is_disabled


def test_an_admin_reaches_nobody_who_sees_more_and_gives_nothing_they_do_not_see(local_desk):
    wide = with_every_bot(local_desk.noor)
    for act in (lambda: team.disable(wide, by=local_desk.anna),
                lambda: team.remove(local_desk.olga, by=local_desk.anna),
                lambda: team.change(local_desk.maya, local_desk.anna, "member", None),
                lambda: team.change(local_desk.maya, local_desk.anna, "member", [local_desk.other_bot])):
        with pytest.raises(BeyondOwnBots):
            act()
    assert (bots_of(local_desk.maya), bots_of(local_desk.olga)) == (["Harbor bot"], ["Other bot"])


def test_the_last_owner_stays(local_desk, owner):
    for act in (lambda: team.disable(owner), lambda: team.remove(owner, by=None),
                lambda: team.change(owner, owner, "admin", None)):
        with pytest.raises(LastOwner):
            act()
    team.change(local_desk.maya, owner, "owner", [])
    assert bots_of(local_desk.maya) == ["Harbor bot", "Other bot"], "owners see every bot"
    team.change(owner, owner, "admin", None)
    assert now_of(owner).role == "admin"


def test_nobody_shuts_themselves_out(local_desk):
    for act in (team.disable, team.remove):
        with pytest.raises(NotYourself):
            act(local_desk.anna, by=local_desk.anna)


def test_of_two_owners_who_shut_each_other_out_one_stays(local_desk, owner):
    arena = Arena()
    for _turn in range(8):
        team.change(local_desk.maya, owner, "owner", None)
        maya = now_of(local_desk.maya)
        arena.at_once(lambda maya=maya: team.change(maya, owner, "member", [local_desk.bot]),
                      lambda maya=maya: team.change(owner, maya, "member", [local_desk.bot]))
        assert rows(Member, Member.role == "owner") == 1, str(arena)
        change(Member, Member.id == owner.id, role="owner", all_bots=True)
        change(Member, Member.id == maya.id, role="member", all_bots=False)


def test_a_chat_taken_while_its_member_is_shut_out_waits_in_the_end(local_desk):
    arena = Arena()
    for _turn in range(8):
        chat = waiting_chat(local_desk)
        arena.at_once(lambda chat=chat: chat.post_as_member(local_desk.maya, "I am here.", new_uuid()),
                      lambda: team.disable(local_desk.maya))
        assert fresh(chat).is_waiting, str(arena)
        change(Member, Member.id == local_desk.maya.id, disabled_at=None)


def test_a_deleted_bot_among_those_of_a_member_bothers_nobody(local_desk, owner):
    change(Bot, Bot.id == local_desk.bot.id, deleted_at=now())
    team.change(local_desk.maya, owner, "admin", [])
    assert bots_of(local_desk.maya) == []


def test_a_deleted_bot_that_an_admin_did_not_see_keeps_them_from_nobody(local_desk, owner):
    team.change(local_desk.maya, owner, "member", [local_desk.bot, local_desk.other_bot])
    change(Bot, Bot.id == local_desk.other_bot.id, deleted_at=now())
    team.change(local_desk.maya, local_desk.anna, "admin", [local_desk.bot])
    assert now_of(local_desk.maya).role == "admin"


# Links that somebody has made


def demote(member, by) -> None:
    team.change(member, by, "member", [])


@pytest.mark.parametrize("lose_power", [demote, team.disable, team.remove])
def test_links_go_with_the_power_of_who_made_them(local_desk, owner, lose_power):
    invite = Invite.make(local_desk.anna, "pia@example.com", "admin", [local_desk.bot])[1]
    password = make_link(local_desk.maya, by=local_desk.anna)
    others = make_link(local_desk.noor, by=owner)
    lose_power(local_desk.anna, by=owner)
    with pytest.raises(InviteRevoked):
        Invite.accept(invite, "Pia", PASSWORD)
    with pytest.raises(UnknownResetLink):
        use_link(password, PASSWORD)
    assert use_link(others, PASSWORD).id == local_desk.noor.id


def test_an_invite_that_is_made_anew_has_the_power_of_who_did_that(local_desk, owner):
    invite = Invite.make(local_desk.anna, "pia@example.com", "admin", [local_desk.bot])[0]
    team.disable(local_desk.anna, by=owner)
    assert Invite.accept(invite.renew(by=owner), "Pia", PASSWORD).role == "admin"


def test_an_old_link_does_not_let_in_who_was_disabled_and_enabled(local_desk, owner):
    link = make_link(local_desk.maya, by=owner)
    team.disable(local_desk.maya, by=owner)
    team.enable(local_desk.maya, by=owner)
    with pytest.raises(UnknownResetLink):
        use_link(link, PASSWORD)


def test_a_stranger_who_asks_for_a_mail_spoils_no_link_of_an_administrator(local_desk, monkeypatch):
    monkeypatch.setattr("models.resetting.MAILED_AFTER", timedelta(0))
    link = make_link(local_desk.maya, by=local_desk.anna)
    mail_link(local_desk.maya.email, lambda token: ("A new password", token))
    assert use_link(link, PASSWORD).id == local_desk.maya.id
