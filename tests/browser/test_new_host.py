"""Somebody who has never seen Baton: from an empty database to a branded, answering, staffed chat on their site."""

import re
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import CustomerPage, MemberPage, website_with
from tests.people import PASSWORD
from tests.web.conftest import own_server

VIOLET = "rgb(109, 40, 217)"


def fill(page: Page, button: str, **fields: str) -> None:
    """Fill in a form by its labels ("_" stands for a space), and press its button."""
    for label, text in fields.items():
        page.get_by_role("main").get_by_label(label.replace("_", " "), exact=True).fill(text)
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def set_up(page: Page, link: str) -> str:
    """Follow the printed link to the page with the tag; returns the tag."""
    page.goto(link)
    fill(page, "Create workspace", Your_name="Maya Okafor", **{"E-mail": "maya@example.com"}, Password=PASSWORD,
         Name_of_your_organisation="Harbor Goods", Name_of_the_first_bot="Skipper")
    return page.get_by_label("Script tag").inner_text()


def make_it_theirs(page: Page) -> str:
    """Colour, an answer and a colleague, from the links under the tag; returns the colleague's invitation."""
    page.get_by_role("link", name="Give it your colours").click()
    page.get_by_role("textbox", name="Colour", exact=True).fill("#6d28d9")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.get_by_role("link", name="What it knows").click()
    page.get_by_role("link", name="New entry").click()
    fill(page, "Save", Question="When are you open?", Answer="From nine to six, Monday to Saturday.")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Every bot, also later ones").check()
    fill(page, "Invite", **{"E-mail": "noor@example.com"})
    return page.get_by_label("Link", exact=True).inner_text()


def test_from_an_empty_database_to_the_first_answered_chat(contexts):
    with own_server() as server, website_with(server.public_url) as site:
        began = time.monotonic()
        owner = contexts().new_page()
        tag = set_up(owner, server.prepared.split()[-1])
        invitation = make_it_theirs(owner)

        noor = contexts().new_page()
        noor.goto(invitation)
        fill(noor, "Join", Your_name="Noor Haddad", Password=PASSWORD)
        expect(noor.get_by_role("region", name="Unassigned Chats")).to_be_visible()

        shop = contexts().new_page()
        key = re.search('data-bot="([^"]+)"', tag)[1]
        shop.goto(f"{site}/{key}")
        customer = CustomerPage(shop).open()
        expect(customer.frame.locator(".header")).to_have_css("background-color", VIOLET)
        customer.ask("when do you open", "From nine to six")
        print(f"\nfrom the set-up link to the first answer on a foreign page: {time.monotonic() - began:.0f} s")

        customer.write("agent")
        customer.button("Talk to a human").click()
        colleague = MemberPage(noor)
        colleague.open_first("Unassigned Chats")
        colleague.write("Noor here. How can I help?")
        expect(customer.entry("Noor here.")).to_be_visible()
        for page in (owner, noor, shop):
            page.context.close()
