"""What a customer is asked before the chat, from the settings page to the member's screen."""

from playwright.sync_api import expect

from tests.browser.axe import Inspection


def test_a_customer_is_asked_once_before_the_chat(server, desk, member_page, customer_page):
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/forms").page
    for number, (label, kind) in enumerate([("Order number", "number"), ("Your e-mail", "email")], start=1):
        anna.get_by_role("button", name="Add a question").click()
        question = anna.get_by_role("group", name=f"Question {number}")
        question.get_by_role("textbox", name="Question").fill(label)
        question.get_by_label("Answer", exact=True).select_option(kind)
    anna.get_by_label("Must be answered").last.check()
    anna.get_by_role("button", name="Move question 2 up").click()
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("status")).to_have_text("Saved.")

    lena = customer_page()
    lena.launcher("Open chat").click()
    email = lena.frame.get_by_role("textbox", name="Your e-mail")
    expect(email).to_be_focused()
    expect(lena.box).to_be_hidden()
    lena.frame.get_by_role("textbox", name="Order number").fill("4711")
    lena.button("Start the chat").click()
    expect(lena.frame.get_by_text("Please fill this in.")).to_be_visible()
    expect(lena.frame.get_by_role("textbox", name="Order number")).to_have_value("4711")
    inspection = Inspection()
    inspection.look("questions before the chat", lena.page, lena.page.frames[1])
    email.fill("lena@example.com")
    lena.button("Start the chat").click()
    expect(lena.box).to_be_focused()

    lena.page.reload()
    lena.open()
    lena.ask("Where is my order?", "It left our shop yesterday.")
    lena.button("End chat").click()
    lena.button("Skip").click()
    lena.button("Start a new chat").click()
    expect(lena.box).to_be_visible()
    lena.write("I want to talk to a human")
    lena.button("Talk to a human").click()
    noor = member_page(desk.noor)
    noor.open_first("Unassigned Chats")
    details = noor.page.get_by_role("region", name="Customer details")
    expect(details).to_contain_text("lena@example.com")
    expect(details).to_contain_text("4711")
    assert not inspection.faults, inspection.report()
