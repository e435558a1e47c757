"""What a bot says first: kept, refused beside its field, in the loader, and the welcome of who comes by it."""

import json
import re

import httpx
import pytest

from models import Bot, Event, Invitation, Message, reading, transaction
from tests.people import Customer
from tests.running import eventually
from tests.web.edge import assert_refused, nothing_changes
from tests.web.test_customer_refusals import NOTHING_HERE

GOOD = {"text": "Need a hand?", "pages": "/shop/*", "seconds": "5", "scroll": "40", "returning_only": "1"}


def add(anna, bot, **fields) -> int:
    """The id of a new invitation."""
    answer = anna.http.post(f"/settings/bots/{bot.key}/invitations", data={**GOOD, **fields})
    assert "Saved." in answer.text
    return stored(bot)[-1].id


def stored(bot: Bot) -> list[Invitation]:
    """The invitations of a bot, in order."""
    with reading() as session:
        return Invitation.of(session, bot)


def in_loader(server, bot: Bot) -> dict:
    """What the loader knows of a bot."""
    script = httpx.get(f"{server.url}/widget.js").text
    return json.JSONDecoder().raw_decode(script, script.index("})(") + 3)[0].get(bot.key, {})


def test_every_field_is_kept_and_is_in_the_loader_at_once(server, desk, anna):
    first = add(anna, desk.bot)
    kept, = stored(desk.bot)
    assert (kept.text, kept.pages, kept.seconds, kept.scroll, kept.returning_only) == (
        "Need a hand?", "/shop/*", 5, 40, True)
    rule, = eventually(lambda: in_loader(server, desk.bot).get("invitations"))
    assert rule == {"id": first, "text": "Need a hand?", "author": "Harbor bot", "dismiss": "Dismiss",
                    "path": r"^/shop/.*$", "seconds": 5, "scroll": 40, "returning": True}
    assert in_loader(server, desk.other_bot) == {}


def test_the_launcher_of_a_bot_with_a_language_of_its_own_speaks_it(server, desk, anna):
    add(anna, desk.bot)
    desk.bot.change(desk.anna, widget_language="de", open_label="Frag uns")
    known = eventually(lambda: "openLabel" in in_loader(server, desk.bot) and in_loader(server, desk.bot))
    assert (known["openLabel"], known["closeLabel"]) == ("Frag uns", "Chat schließen")
    assert known["invitations"][0]["dismiss"] == "Ausblenden"


@pytest.mark.parametrize(("pages", "matches", "misses"), [
    ("", ["/", "/a/b"], []),
    ("/pricing", ["/pricing"], ["/pricing/b", "/a/pricing", "/pricing2"]),
    ("/shop/*", ["/shop/", "/shop/a/b"], ["/shop", "/a/shop/b"]),
    ("*.html", ["/a.html"], ["/a-html", "/a.html5"]),
    ("/a+b(c", ["/a+b(c"], ["/aab(c"]),
])
def test_a_star_stands_for_anything_and_everything_else_for_itself(server, desk, anna, pages, matches, misses):
    add(anna, desk.bot, pages=pages)
    path = eventually(lambda: in_loader(server, desk.bot).get("invitations"))[0]["path"]
    assert [one for one in matches if not re.search(path, one)] == []
    assert [one for one in misses if re.search(path, one)] == []


def test_they_are_changed_moved_and_removed(desk, anna):
    first, second = add(anna, desk.bot), add(anna, desk.bot, text="Second")
    address = f"/settings/bots/{desk.bot.key}/invitations"
    anna.http.post(f"{address}/{second}/rise")
    assert [each.text for each in stored(desk.bot)] == ["Second", "Need a hand?"]
    anna.http.post(f"{address}/{second}/rise")
    assert [each.id for each in stored(desk.bot)] == [second, first]
    anna.http.post(f"{address}/{first}", data={**GOOD, "text": "Anything else?", "seconds": ""})
    assert [(each.text, each.seconds) for each in stored(desk.bot)] == [("Second", 5), ("Anything else?", 0)]
    anna.http.post(f"{address}/{second}/removal")
    assert [each.id for each in stored(desk.bot)] == [first]
    with reading() as session:
        events = session.query(Event).filter(Event.member_id == desk.anna.id).order_by(Event.id)
        assert [event.action for event in events if event.action.startswith("invitation")] == [
            "invitation_added", "invitation_added", "invitation_moved", "invitation_changed", "invitation_removed"]


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("text", " ", "Please fill this in."),
    ("text", "x" * 301, "At most 300 characters."),
    ("pages", "pricing", "Please begin with a slash, as in /pricing."),
    ("pages", "https://shop.example/", "Please begin with a slash, as in /pricing."),
    ("pages", "/" + "x" * 300, "At most 300 characters."),
    ("seconds", "soon", "Please write a whole number, 0 or more."),
    ("seconds", "3601", "At most 3600."),
    ("scroll", "101", "At most 100."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, anna, field, typed, sentence):
    invitation = add(anna, desk.bot)
    with nothing_changes():
        for address in ("", f"/{invitation}"):
            answer = anna.http.post(f"/settings/bots/{desk.bot.key}/invitations{address}", data={**GOOD, field: typed})
            assert answer.status_code == 422
            assert f'<span class="field__error" id="{field}_error">{sentence}</span>' in answer.text


def test_a_bot_has_twenty_at_most(desk, anna):
    with transaction() as session:
        session.add_all(Invitation(bot_id=desk.bot.id, place=place, text="Hello?") for place in range(20))
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/invitations", data=GOOD)
    assert answer.status_code == 422 and "A bot has at most 20 invitations." in answer.text


def test_those_of_another_bot_are_not_found(desk, anna, maya):
    with transaction() as session:
        theirs = Invitation(bot_id=desk.other_bot.id, place=1, text="Of another bot")
        session.add(theirs)
    address = f"/settings/bots/{desk.bot.key}/invitations/{theirs.id}"
    with nothing_changes():
        assert_refused(anna.http.get(address), 404, NOTHING_HERE)
        for action in ("", "/removal", "/rise"):
            assert_refused(anna.http.post(address + action, data=GOOD), 404, NOTHING_HERE)


def test_a_chat_begins_with_the_invitation_that_brought_it(server, desk, anna):
    invitation = add(anna, desk.bot)

    def begins_with(given: str) -> str:
        customer = Customer(server, desk.bot.key)
        page = httpx.get(f"{server.url}/widget/{desk.bot.key}", params={"invitation": given})
        assert page.status_code == 200
        assert customer.start("Yes", invitation=given).status_code == 201
        with reading() as session:
            first = session.query(Message).filter_by(chat_id=customer.chat_id, seq=1).one().text
        assert f'<div class="entry__body">{first}</div>' in page.text
        return first

    assert begins_with(str(invitation)) == "Need a hand?"
    with transaction() as session:
        theirs = Invitation(bot_id=desk.other_bot.id, place=1, text="Of another bot")
        session.add(theirs)
    for unknown in (str(theirs.id), "0", "-1", "x", "9" * 40, ""):
        assert begins_with(unknown) == "Ahoy!"
