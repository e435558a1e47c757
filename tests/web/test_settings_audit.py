"""The audit: every change reads like something, and administrators find it, though not what is beyond their bots."""

import html
import re

import pytest

from models import Action, Bot, Event, Member, now, reading, transaction
from models.audit import KINDS, PAGE, Audit, actions_of
from models.event import track
from tests.web.edge import edge, nothing_changes
from tests.web.test_sentences import OF_A_CHAT
from web.settings.deeds import SENTENCES, sentence

AUDIT = "/settings/audit"
OF_NO_CHAT = set(Action) - OF_A_CHAT


def deeds_in(page: str) -> list[str]:
    """The sentences of a page, newest first."""
    return [html.unescape(found) for found in re.findall(r'<li class="deed"><span dir="auto">(.*?)</span>', page)]


def test_every_action_that_belongs_to_no_chat_has_its_sentence_and_its_kind():
    assert set(SENTENCES) == OF_NO_CHAT
    kinds = [action for kind in KINDS for action in actions_of(kind)]
    assert sorted(kinds) == sorted(OF_NO_CHAT), "one kind for each"


@pytest.mark.parametrize("action", sorted(OF_NO_CHAT))
def test_a_sentence_says_who_and_leaves_no_gap(action):
    told = {"bot": 1, "member": 2, "name": "Skipper", "before": "Mate", "question": "Where?", "source": "help.pdf",
            "engine": "knowledge", "host": "smtp.example.com", "sender": "a@example.com", "workspace": "Harbor Goods",
            "email": "lena@example.com", "role": "admin", "bots": [1], "changed": ["quick_replies"]}
    event = Event(action=action, particulars=told, created_at=now())
    event.member = Member(name="Maya Okafor")
    with edge().test_request_context():
        said = sentence(event, Audit([event], {1: "Harbor bot"}, {2: "Noor Haddad"}, None))
        bare = Event(action=action, particulars={}, created_at=now())
        assert sentence(bare, Audit([], {}, {}, None)), "an older event may say less"
    assert "Maya Okafor" in said or action == Action.MEMBER_RENAMED
    assert "%" not in said and "()" not in said and not said.endswith((":", " ")), said


def test_who_changed_what_is_found_by_member_and_by_kind(desk, anna, noor):
    said = {"name": "Skipper", "welcome": "Ahoy!", "fallback": "Pardon?"}
    anna.http.post(f"/settings/bots/{desk.bot.key}", data=said)
    noor.http.post("/settings/profile", data={"name": "Nour Haddad"})
    of_anna, of_noor = (deeds_in(anna.http.get(AUDIT, params={"by": who.id}).text) for who in (desk.anna, desk.noor))
    assert of_anna[0].startswith("Anna Silva changed Skipper: name, ") and "quick replies" in of_anna[0]
    assert of_anna[1:] == ["Anna Silva signed in"]
    assert of_noor == ["Noor Haddad is called Nour Haddad now", "Nour Haddad signed in"]
    page = anna.http.get(AUDIT, params={"by": desk.anna.id, "kind": "sign_ins"}).text
    assert deeds_in(page) == ["Anna Silva signed in"]
    assert 'value="sign_ins" selected' in page


def test_what_happens_to_other_bots_is_not_told(desk, anna):
    for bot in (desk.bot, desk.other_bot):
        fresh(bot).change(desk.maya, name=f"New {bot.name}")
    deeds = deeds_in(anna.http.get(AUDIT, params={"by": desk.maya.id}).text)
    assert deeds == ["Maya Okafor changed New Harbor bot: name"]


def fresh(bot: Bot) -> Bot:
    with reading() as session:
        return session.get(Bot, bot.id)


def test_pages_follow_one_another_without_a_gap_even_while_things_happen(desk, anna):
    with transaction() as session:
        for _nth in range(PAGE + 5):
            track(session, Action.MEMBER_DISABLED, by=desk.maya, member=desk.noor.id)
    first = anna.http.get(AUDIT, params={"by": desk.maya.id}).text
    older = re.search(r'href="([^"]+before=\d+[^"]*)">Older<', first)[1]
    fresh(desk.bot).change(desk.maya, name="Another")
    second = anna.http.get(html.unescape(older)).text
    assert (len(deeds_in(first)), len(deeds_in(second))) == (PAGE, 5)
    assert "Older" not in second and "Newest" in second


@pytest.mark.parametrize("query", ["by=x", "by=-1", "before=1.5", "before=" + "9" * 16])
def test_a_number_that_is_none_is_refused(desk, anna, query):
    with nothing_changes():
        assert anna.http.get(f"{AUDIT}?{query}").status_code == 400


def test_an_unknown_kind_filters_nothing(desk, anna):
    assert deeds_in(anna.http.get(AUDIT, params={"by": desk.anna.id, "kind": "x\0"}).text) == ["Anna Silva signed in"]
