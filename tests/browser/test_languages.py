"""A customer reads the chat in the language of the browser, also what is pushed, while members read English."""

from playwright.sync_api import expect

from tests.browser.conftest import eager


def test_a_chat_in_german_with_members_who_read_english(desk, customer_page, member_page):
    eager(desk)
    customer = customer_page(locale="de-AT")
    customer.launcher("Chat öffnen").click()
    box = customer.frame.get_by_role("textbox", name="Nachricht", exact=True)
    box.fill("Guten Tag")
    box.press("Enter")
    log = customer.frame.get_by_role("log", name="Unterhaltung")
    expect(log.locator("[data-status]").first).to_have_text("Gesendet")
    customer.button("Mit einem Menschen sprechen").click()
    expect(log.get_by_text("Sie haben nach einem Menschen gefragt")).to_be_visible()

    maya = member_page(desk.maya)
    maya.open_first("Unassigned Chats")
    maya.write("Hallo, wie kann ich helfen?")
    expect(maya.log.get_by_text("Maya joined")).to_be_visible()
    expect(log.get_by_text("Maya ist jetzt dabei")).to_be_visible()
    maya.resolve()
    expect(log.get_by_text("Maya hat diesen Chat abgeschlossen")).to_be_visible()
    expect(customer.button("Neuen Chat beginnen")).to_be_visible()
