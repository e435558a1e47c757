"""How the chat gets onto a website, and how the host sees that it did."""

import httpx
import pytest

from models import Bot, Sighting, reading
from models.sighting import KEPT
from tests.web.edge import nothing_changes


def visit(server, path: str, website: str | bytes, browser=httpx) -> httpx.Response:
    """A browser on a page of `website` loads something of Baton."""
    return browser.get(server.url + path, headers={"Referer": website})


def listed(member, desk) -> str:
    """What the install page says of where the chat was seen."""
    return member.http.get(f"/bots/{desk.bot.key}/install/sightings").text


def test_the_page_has_the_tag_for_pages_and_another_for_tag_managers(server, desk, maya):
    page = maya.http.get(f"/bots/{desk.bot.key}/install").text
    assert f"{server.url}/widget.js&#34; data-bot=&#34;{desk.bot.key}&#34;" in page
    assert f"tag.dataset.bot = &#34;{desk.bot.key}&#34;;" in page
    assert "Change" not in page, "websites are for administrators"


def test_a_website_that_opens_the_chat_is_seen(server, desk, maya):
    assert "Not seen on any website yet." in listed(maya, desk) or "The tag was loaded" in listed(maya, desk)
    visit(server, f"/widget/{desk.bot.key}", f"https://{desk.bot.key}.example/products?secret=1")
    assert f"Opened on https://{desk.bot.key}.example" in listed(maya, desk)
    assert "secret" not in listed(maya, desk)


def test_a_website_that_only_has_the_tag_is_seen_too(server, desk, maya):
    visit(server, "/widget.js", f"https://tag-{desk.bot.key}.example/")
    assert f"The tag was loaded on https://tag-{desk.bot.key}.example" in listed(maya, desk)


def test_within_a_minute_a_website_is_noted_once(server, desk):
    # Each process notes for itself; a browser that keeps its connection stays with one.
    with httpx.Client() as browser:
        visit(server, f"/widget/{desk.bot.key}", "https://busy.example/", browser)
        with nothing_changes():
            answers = [visit(server, f"/widget/{desk.bot.key}", f"https://busy.example/{page}", browser)
                       for page in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5


@pytest.mark.parametrize("website", ["", "about:blank", "https://a b/", "x" * 5000, "https://\xe9.example/", "http://[x",
                                     "own"])
def test_what_is_no_other_website_is_not_noted(server, desk, website):
    website = f"{server.url}/demo" if website == "own" else website
    with nothing_changes():
        for path in ("/widget.js", f"/widget/{desk.bot.key}"):
            assert visit(server, path, website.encode("latin-1")).status_code == 200


def test_made_up_websites_do_not_fill_the_database(desk):
    for number in range(KEPT + 5):
        Sighting.note(desk.bot, f"https://{number}.example")
    Sighting.note(desk.bot, f"https://{KEPT}.example")
    with reading() as session:
        seen = [site.origin for site in Sighting.of(session, desk.bot) if site.opened]
    assert len(seen) == KEPT and seen[0] == f"https://{KEPT}.example" and "https://0.example" not in seen


def test_the_page_of_websites_says_which_may_show_the_chat(desk, anna):
    address = f"/settings/bots/{desk.bot.key}/websites"
    assert "Every website may show this chat." in anna.http.get(address).text
    assert "on these websites only" in anna.http.post(address, data={"allowed_origins": "shop.example"}).text


def test_allowed_websites_are_kept_as_browsers_spell_them_and_followed(server, desk, anna):
    answer = anna.http.post(f"/settings/bots/{desk.bot.key}/websites", data={
        "allowed_origins": "Shop.example\nhttps://*.shop.example/\n\nhttps://shop.example:443"})
    assert "Saved." in answer.text
    with reading() as session:
        assert session.get(Bot, desk.bot.id).allowed_origins == ["https://shop.example", "https://*.shop.example"]
    policy = httpx.get(f"{server.url}/widget/{desk.bot.key}").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://shop.example https://*.shop.example")
    assert "https://*.shop.example" in anna.http.get(f"/bots/{desk.bot.key}/install").text


@pytest.mark.parametrize(("typed", "wrong"), [
    ("https://fine.example\nhttps://shop.example/path", "https://shop.example/path"),
    ("https://shop.example; script-src *", "https://shop.example; script-src *"),
    ("*", "*")])
def test_an_origin_that_is_no_origin_is_refused_beside_the_field(desk, anna, typed, wrong):
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/websites", data={"allowed_origins": typed})
    assert answer.status_code == 422
    assert f"“{wrong}” is no website. Write it like https://shop.example.com, without a path." in answer.text
    assert f">{typed}</textarea>" in answer.text
