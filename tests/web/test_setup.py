"""The one-time set-up link of a first start."""

import html
import re

import httpx
import pytest

from models import Bot, Member, Workspace, reading
from tests.people import PASSWORD, token_in
from tests.web.edge import nothing_changes

GOOD = {"workspace": "Harbor Goods", "name": "Maya Okafor", "email": "maya@example.com", "password": PASSWORD,
        "bot": "Skipper"}
FILL = "Please fill this in."
BAD = {
    "workspace": [("", FILL), (" ", FILL), ("x" * 121, "At most 120 characters.")],
    "name": [("", FILL), ("x" * 121, "At most 120 characters."),
             ("A\x07", "This text has characters that cannot be shown.")],
    "email": [("", "This is no e-mail address."), ("maya", "This is no e-mail address.")],
    "password": [(text, "A password has 10 to 200 characters.") for text in ("", "short", "x" * 201)],
    "bot": [("", FILL), ("x" * 121, "At most 120 characters.")],
}


def link_in(printed: str, server) -> str:
    """The path of the link that a command printed."""
    address, token = re.search(r"(http://\S+)/setup/([\w-]{43})$", printed.strip()).groups()
    assert address == server.url
    return f"/setup/{token}"


def fill_in(browser: httpx.Client, link: str, **form: str) -> httpx.Response:
    return browser.post(link, data={**GOOD, "csrf_token": token_in(browser.get(link).text), **form})


def beside(page: str, field: str) -> str:
    """The error that stands by a field, and is read out with it."""
    found = re.search(rf'<span class="field__error" id="{field}_error">(.*?)</span>', page)
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="{field}_error', page, re.DOTALL)
    return html.unescape(found[1])


@pytest.fixture
def browser(fresh):
    """A browser on it."""
    with httpx.Client(base_url=fresh.url, timeout=20, verify=False) as browser:
        yield browser


def test_a_first_start_is_set_up_by_a_link_that_works_once(fresh, browser):
    link = link_in(fresh.prepared, fresh)
    with nothing_changes():
        for field, cases in BAD.items():
            for value, sentence in cases:
                page = fill_in(browser, link, **{field: value})
                assert (page.status_code, beside(page.text, field)) == (422, sentence)
                kept = {name: text for name, text in GOOD.items() if name not in (field, "password")}
                for name, text in kept.items():
                    assert re.search(rf'name="{name}"[^>]*value="{text}"', page.text), f"{name} is lost"
                assert PASSWORD not in page.text
        every = fill_in(browser, link, **{field: "" for field in BAD})
        assert every.text.count('class="field__error"') == 5

    done = fill_in(browser, link)
    assert done.status_code == 302
    install = browser.get(done.headers["Location"])
    with reading() as session:
        bot, owner = session.query(Bot).one(), session.query(Member).one()
        assert (session.query(Workspace).one().name, bot.name) == ("Harbor Goods", "Skipper")
    assert (owner.name, owner.role, owner.all_bots) == ("Maya Okafor", "owner", True)
    assert f'<script src="{fresh.url}/widget.js" data-bot="{bot.key}" async></script>' in html.unescape(install.text)

    with nothing_changes(), httpx.Client(base_url=fresh.url) as somebody:
        for answer in (somebody.get(link), browser.get(link)):
            assert answer.status_code == 404 and "There is nothing here." in answer.text
        csrf = {"X-CSRFToken": token_in(somebody.get("/sign-in").text)}
        assert somebody.post(link, data=GOOD, headers=csrf).status_code == 404
        assert fresh.baton("setup-link").returncode == 1


def test_until_then_all_is_closed_and_only_the_newest_link_works(fresh, browser):
    old = link_in(fresh.prepared, fresh)
    assert browser.get("/").headers["Location"] == "/sign-in"
    assert browser.get("/demo").status_code == 404
    assert "set up" in fresh.baton("member", "add", "a@example.com", "--name", "A", "--password", PASSWORD).stderr
    assert browser.get(old).status_code == 200
    csrf = {"X-CSRFToken": token_in(browser.get(old).text)}
    new = link_in(fresh.baton("setup-link").stdout, fresh)
    with nothing_changes():
        for wrong in (old, f"/setup/{'x' * 43}", "/setup/x", "/setup/%00", "/setup/" + "x" * 3000):
            assert browser.get(wrong).status_code == 404
            assert browser.post(wrong, data=GOOD, headers=csrf).status_code == 404
        assert browser.get(new).status_code == 200
    assert fill_in(browser, new).status_code == 302
