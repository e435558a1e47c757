"""Founding: one link, used once, makes the workspace, its owner and the first bot."""

import contextlib

import pytest

from demo import load_demo
from models import Bot, Event, KnowledgeEntry, Member, SetupLink, SignIn, Workspace, reading
from models.founding import AlreadyFounded, UnknownSetupLink, found
from models.member import InvalidEmail, InvalidPassword
from models.text import EmptyText
from tests.models.chats import rows
from tests.models.racing import Arena

PASSWORD = "a long enough password"

pytestmark = pytest.mark.usefixtures("database", "quick_hashes")


def set_up(token, workspace="Harbor Goods", name="Maya Okafor", email="maya@example.com", password=PASSWORD) -> Member:
    return found(token, workspace, name, email, password, Bot(name="Harbor bot", welcome="Ahoy!", fallback="Pardon?"))


def is_open(token: str) -> bool:
    with reading() as session:
        return SetupLink.is_open(session, token)


def stored() -> tuple[int, int, int]:
    return rows(Workspace), rows(Member), rows(Bot)


def test_the_link_makes_the_workspace_its_owner_and_the_first_bot(heard):
    owner = set_up(SetupLink.issue())
    with reading() as session:
        workspace = Workspace.founded(session)
        (bot,) = owner.bots(session)
    assert (workspace.name, owner.role, owner.workspace_id) == ("Harbor Goods", "owner", workspace.id)
    assert not workspace.is_demo
    assert (bot.name, bot.handoff_after, len(bot.key)) == ("Harbor bot", 2, 12)
    assert heard == [["workspace_founded"]]
    assert SignIn.begin("maya@example.com", PASSWORD, "", 1)


def test_an_empty_database_is_not_founded():
    with reading() as session:
        assert Workspace.founded(session) is None


def test_the_link_works_once():
    token = SetupLink.issue()
    set_up(token)
    assert not is_open(token)
    with pytest.raises(UnknownSetupLink):
        set_up(token, email="mallory@example.com")
    assert stored() == (1, 1, 1)


def test_a_newer_link_replaces_the_older_one():
    older, newer = SetupLink.issue(), SetupLink.issue()
    assert (is_open(older), is_open(newer)) == (False, True)
    with pytest.raises(UnknownSetupLink):
        set_up(older)
    assert stored() == (0, 0, 0)
    set_up(newer)


def test_of_links_that_are_made_at_once_one_is_open():
    for _turn in range(5):
        tokens = Arena().at_once(*[SetupLink.issue] * 4)
        assert [is_open(token) for token in tokens].count(True) == 1


def test_a_link_that_is_made_while_another_is_used_founds_nothing_more():
    token = SetupLink.issue()
    outcomes = Arena().at_once(lambda: set_up(token), SetupLink.issue, lambda: set_up(token, email="b@example.com"))
    later = [outcome for outcome in outcomes if isinstance(outcome, str)]
    for link in (token, *later):
        with contextlib.suppress(UnknownSetupLink):
            set_up(link, email="mallory@example.com")
    assert stored() == (1, 1, 1)


@pytest.mark.parametrize("token", ["", "x", "forged" * 7 + "x"])
def test_a_forged_link_makes_nothing(token):
    SetupLink.issue()
    assert not is_open(token)
    with pytest.raises(UnknownSetupLink):
        set_up(token)
    assert (stored(), rows(Event)) == ((0, 0, 0), 0)


@pytest.mark.parametrize("wrong, refusal", [
    ({"workspace": " "}, EmptyText), ({"name": ""}, EmptyText), ({"email": "maya"}, InvalidEmail),
    ({"password": "short"}, InvalidPassword),
])
def test_what_cannot_be_stored_leaves_the_link_open(wrong, refusal):
    token = SetupLink.issue()
    with pytest.raises(refusal):
        set_up(token, **wrong)
    assert (stored(), is_open(token)) == ((0, 0, 0), True)


def test_what_is_founded_gets_no_second_link():
    set_up(SetupLink.issue())
    with pytest.raises(AlreadyFounded):
        SetupLink.issue()


def test_the_demo_fills_an_empty_database_with_two_bots_and_three_people():
    load_demo()
    with reading() as session:
        bots = {member.email: [bot.key for bot in member.bots(session)] for member in session.query(Member)}
        demo = Bot.with_key(session, "demo")
        assert KnowledgeEntry.of(session, demo)
        assert Workspace.founded(session).is_demo
    assert sorted(bots.pop("maya@example.com")) == ["demo", "demo-two"]
    assert bots == {"noor@example.com": ["demo"], "sam@example.com": ["demo"]}
    assert SignIn.begin("sam@example.com", "demo-password", "", 1)
