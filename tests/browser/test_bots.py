"""Bots in a browser: made, switched off and on, deleted; and the person who is there from the beginning."""

from playwright.sync_api import expect

from models import Bot, reading
from tests.browser.conftest import CustomerPage, MemberPage, eager


def test_a_bot_is_made_switched_off_and_on_and_deleted(server, host_url, desk, contexts, member_page):
    anna = member_page(desk.anna, "/settings/bots").page
    anna.get_by_role("textbox", name="Name of the new bot").fill("Sales bot")
    anna.get_by_role("button", name="Create bot").click()
    expect(anna.get_by_role("heading", name="What it says")).to_be_visible()
    with reading() as session:
        key = session.query(Bot.key).filter_by(name="Sales bot", workspace_id=desk.bot.workspace_id).order_by(
            Bot.id.desc()).first()[0]
    website = contexts().new_page()
    website.goto(f"{host_url}/{key}")
    customer = CustomerPage(website).open()
    customer.write("Hello")
    expect(customer.status("Hello")).to_have_text("Sent")
    dashboard = MemberPage(anna.context.new_page())
    dashboard.page.goto(f"{server.public_url}/bots/{key}/chats")
    expect(dashboard.page.locator("body"), "it hears what is pushed").to_have_attribute("data-line", "ok")

    anna.get_by_role("button", name="Switch off").click()
    expect(customer.frame.get_by_text("This chat is switched off at the moment.")).to_be_visible()
    expect(customer.box).to_be_hidden()
    expect(dashboard.page.get_by_text("Sales bot is switched off.")).to_be_visible()
    anna.get_by_role("button", name="Switch on").click()
    expect(customer.box).to_be_visible()
    expect(dashboard.list("My Chats")).to_be_visible()

    anna.get_by_role("button", name="Delete…").click()
    dialog = anna.get_by_role("dialog", name="Delete Sales bot?")
    expect(dialog).to_contain_text("1 chat is open.")
    dialog.get_by_role("button", name="Delete").click()
    expect(anna.get_by_role("status")).to_have_text("Sales bot is deleted.")
    expect(customer.log.get_by_text("Closed, because this chat is no longer offered")).to_be_visible()
    expect(customer.box).to_be_hidden()


def test_a_person_is_there_before_the_first_message_where_the_bot_says_so(desk, customer_page, member_page):
    eager(desk)
    maya = member_page(desk.maya)
    customer = customer_page().open()
    customer.button("Talk to a human").click()
    expect(customer.log.get_by_text("You asked for a person")).to_be_visible()
    maya.open_first("Unassigned Chats")
    maya.write("How can I help?")
    expect(customer.log.get_by_text("How can I help?")).to_be_visible()
    expect(maya.page.get_by_role("region", name="Customer details")).to_contain_text("Shop")
