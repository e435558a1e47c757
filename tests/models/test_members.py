"""Members: who they are, and which bots are theirs to see."""

import pytest

from models import Bot, BotAccess, Event, Member, Workspace, now, reading, team, transaction
from models.member import EmailTaken, InvalidEmail, InvalidPassword, UnknownMember, password_matches
from models.text import EmptyText, TextTooLong
from tests.models.chats import change, rows

PASSWORD = "a long enough password"
# Python's own mail cannot put them into a letter.
UNWRITABLE = ("a@[b.c", "a@[.b", ":;@b.c", "=?utf-8?q?=0A?=@b.c", '"a@b.c', "a\\@b.c", "a,b@c.d", "(a@b.c", "<a@b.c>")

pytestmark = pytest.mark.usefixtures("quick_hashes")


def add(desk, email="ada@example.com", name="Ada Lovelace", password=PASSWORD, **options) -> Member:
    return Member.add(desk.bot.workspace_id, name, email, password, **options)


def bots_of(member) -> list[str]:
    with reading() as session:
        return [bot.name for bot in member.bots(session)]


def fresh(member) -> Member:
    with reading() as session:
        return session.get(Member, member.id)


def events(action: str) -> list[Event]:
    with reading() as session:
        return session.query(Event).filter_by(action=action).all()


def test_a_member_is_added_with_their_bots(local_desk, heard):
    ada = add(local_desk, " Ada@Example.COM ", "  Ada Lovelace ", bots=[local_desk.bot], by=local_desk.maya)
    assert (ada.email, ada.name, ada.first_name, ada.role) == ("ada@example.com", "Ada Lovelace", "Ada", "member")
    assert (bots_of(ada), heard) == (["Harbor bot"], [["member_added"]])
    (added,) = events("member_added")
    assert (added.member_id, added.particulars["member"]) == (local_desk.maya.id, ada.id)


def test_of_a_password_only_its_hash_is_stored(local_desk):
    ada = add(local_desk)
    assert fresh(ada).password_hash.startswith("$argon2id$")
    assert PASSWORD not in str(vars(fresh(ada)))
    assert password_matches(PASSWORD, ada.password_hash)
    assert not password_matches(PASSWORD + "x", ada.password_hash)
    assert not password_matches(PASSWORD, "no hash")


@pytest.mark.parametrize("wrong, refusal", [
    ({"email": "ada"}, InvalidEmail), ({"email": "a b@example.com"}, InvalidEmail), ({"email": ""}, InvalidEmail),
    ({"email": "x" * 250 + "@example.com"}, InvalidEmail), ({"email": "a@b@example.com"}, InvalidEmail),
    *(({"email": email}, InvalidEmail) for email in UNWRITABLE),
    ({"password": "x" * 9}, InvalidPassword), ({"password": "x" * 201}, InvalidPassword),
    ({"name": " "}, EmptyText), ({"name": "x" * 121}, TextTooLong), ({"role": "emperor"}, ValueError),
])
def test_a_member_that_cannot_be_is_not_stored(local_desk, wrong, refusal):
    before = rows(Member)
    with pytest.raises(refusal):
        add(local_desk, **wrong)
    assert (rows(Member), events("member_added")) == (before, [])


@pytest.mark.parametrize("password", ["x" * 10, "x" * 200])
def test_passwords_at_the_limits_are_fine(local_desk, password):
    assert password_matches(password, add(local_desk, password=password).password_hash)


def test_an_email_belongs_to_one_member_in_any_spelling(local_desk, heard):
    add(local_desk)
    told = len(heard)
    with pytest.raises(EmailTaken):
        add(local_desk, "ADA@example.com", bots=[local_desk.bot])
    assert rows(Member, Member.email == "ada@example.com") == 1
    assert (rows(BotAccess), len(heard)) == (4, told)


def test_a_member_is_found_by_email_in_any_spelling(local_desk):
    ada = add(local_desk)
    with reading() as session:
        assert Member.with_email(session, " ADA@example.com").id == ada.id
        with pytest.raises(UnknownMember):
            Member.with_email(session, "nobody@example.com")


def test_a_member_sees_the_bots_they_were_given_and_no_other(local_desk):
    assert (bots_of(local_desk.maya), bots_of(local_desk.olga)) == (["Harbor bot"], ["Other bot"])
    with reading() as session:
        assert local_desk.maya.bot(session, local_desk.bot.key).id == local_desk.bot.id
        assert local_desk.maya.bot(session, local_desk.other_bot.key) is None
        assert local_desk.olga.bot(session, local_desk.bot.key) is None
        assert local_desk.maya.bot(session, "no such key") is None


def test_a_member_without_bots_sees_none(local_desk):
    assert bots_of(add(local_desk, bots=[])) == []


def test_a_member_with_every_bot_sees_them_all_by_name(local_desk):
    assert bots_of(add(local_desk)) == ["Harbor bot", "Other bot"]


def test_a_bot_of_another_workspace_is_nobodys_even_with_a_row_that_says_so(local_desk):
    with transaction() as session:
        session.add(elsewhere := Workspace(name="Elsewhere"))
        session.flush()
        session.add(foreign := Bot(workspace_id=elsewhere.id, name="Foreign bot", welcome="", fallback=""))
        session.flush()
        session.add(BotAccess(member_id=local_desk.maya.id, bot_id=foreign.id))
    assert bots_of(local_desk.maya) == ["Harbor bot"]
    assert bots_of(add(local_desk)) == ["Harbor bot", "Other bot"]


def test_a_bot_that_is_switched_off_is_nobodys_and_answers_nowhere(local_desk):
    with reading() as session:
        assert Bot.with_key(session, local_desk.bot.key).id == local_desk.bot.id
    change(Bot, Bot.id == local_desk.bot.id, switched_off_at=now())
    assert bots_of(local_desk.maya) == []
    with reading() as session:
        assert local_desk.maya.bot(session, local_desk.bot.key) is None
        assert Bot.with_key(session, local_desk.bot.key) is None


def test_a_member_is_disabled_once(local_desk, heard):
    assert not local_desk.maya.is_disabled
    team.disable(local_desk.maya, by=local_desk.noor)
    disabled_at = fresh(local_desk.maya).disabled_at
    team.disable(local_desk.maya)
    assert fresh(local_desk.maya).is_disabled and fresh(local_desk.maya).disabled_at == disabled_at
    (disabled,) = events("member_disabled")
    assert disabled.member_id == local_desk.noor.id
    assert heard == [["member_disabled", "member_signed_out"], ["member_signed_out"]]


def test_a_new_password_replaces_the_old_one(local_desk, heard):
    ada = add(local_desk)
    ada.change_password("another long password", by=local_desk.maya)
    assert password_matches("another long password", fresh(ada).password_hash)
    assert not password_matches(PASSWORD, fresh(ada).password_hash)
    assert heard[-1] == ["password_changed", "member_signed_out"]


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_that_cannot_be_leaves_the_old_one(local_desk, password):
    ada = add(local_desk)
    with pytest.raises(InvalidPassword):
        ada.change_password(password)
    assert (fresh(ada).password_hash, events("password_changed")) == (ada.password_hash, [])
