"""Nobody is kept out: axe-core finds nothing to complain of, in any state of any screen, by day or by night."""

import pytest
from playwright.sync_api import Frame, Page, expect

from models import Bot, BotAccess, transaction
from tests.browser.axe import Inspection
from tests.browser.conftest import CustomerPage, MemberPage, eager
from tests.people import PASSWORD, MemberClient
from tests.web.conftest import opened, own_server

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1280, "height": 800}
LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 8


def widget_of(page: Page) -> Frame:
    """The widget's frame, which axe must be asked about by itself."""
    return next(frame for frame in page.frames if frame.parent_frame)


def test_axe_finds_nothing_from_the_set_up_link_to_the_shop(contexts):
    inspection = Inspection()
    with own_server() as server, opened(server):
        page = contexts().new_page()
        page.goto(server.prepared.split()[-1])
        inspection.look("set-up", page)
        # What the browser itself would hold back.
        page.locator("form").evaluate("form => { form.noValidate = true }")
        page.get_by_role("button", name="Create workspace").click()
        expect(page.get_by_role("alert")).to_be_visible()
        inspection.look("set-up with errors", page)
        for field, text in (("Your name", "Maya Okafor"), ("E-mail", "maya@example.com"), ("Password", PASSWORD),
                            ("Name of your organisation", "Harbor Goods"), ("Name of the first bot", "Skipper")):
            page.get_by_label(field, exact=True).fill(text)
        page.get_by_role("button", name="Create workspace").click()
        expect(page.get_by_role("heading", name="Put Skipper on your site")).to_be_visible()
        with transaction() as session:
            session.query(Bot).one().key = "demo"
        for path in ("/bots/demo/install", "/bots/demo/preview", "/bots/demo/chats", "/demo"):
            page.goto(server.url + path)
            inspection.look(path, page)
        page.set_viewport_size(PHONE)
        for path in ("/bots/demo/install", "/demo"):
            page.goto(server.url + path)
            inspection.look(f"{path} on a phone", page)
        page.context.close()
    assert not inspection.faults, inspection.report()
    print(inspection.report())


def test_axe_finds_nothing_at_the_door(contexts, server):
    inspection = Inspection()
    page = contexts().new_page()
    page.goto(f"{server.url}/sign-in")
    inspection.look("sign-in", page)
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    inspection.look("sign-in with an error", page)
    page.set_viewport_size(PHONE)
    inspection.look("sign-in with an error, on a phone", page)
    page.goto(f"{server.url}/nowhere")
    inspection.look("no such page", page)
    assert not inspection.faults, inspection.report()
    print(inspection.report())


def test_axe_finds_nothing_on_the_dashboard(server, desk, member_page, waiting_customer):
    inspection, bot = Inspection(), eager(desk).bot
    with transaction() as session:
        session.add(BotAccess(member_id=desk.maya.id, bot_id=desk.other_bot.id))
    maya, noor = (MemberClient(server, member.email) for member in (desk.maya, desk.noor))
    screen = member_page(desk.maya, f"/bots/{bot.key}/chats")
    page = screen.page
    inspection.look("nobody there", page)

    known = {"name": "Lena Fischer", "email": "lena@fischer.example", "language": "de", "time_zone": "Europe/Berlin",
             "page_url": "https://shop.example/orders", "referrer": "https://letter.example/",
             "attributes": '{"Plan": "Gold"}'}
    waiting = waiting_customer(bot, LONG_WORD)
    mine, resolved, ended = (waiting_customer(bot, "Hello", **known) for _nth in range(3))
    colleague = waiting_customer(bot, "Hello", name="June Tanaka")
    for chat in (mine, resolved, ended):
        maya.write(bot.key, chat.chat_id, "Hello, see https://shop.example/").raise_for_status()
    noor.write(bot.key, colleague.chat_id, "Hello June").raise_for_status()
    mine.write("Thank you")
    expect(screen.rows("My Chats")).to_have_count(3)
    inspection.look("rows, none open", page)

    def open_chat(customer, state: str) -> None:
        page.goto(f"{server.public_url}/bots/{bot.key}/chats/{customer.chat_id}")
        expect(screen.log).to_be_visible()
        inspection.look(state, page)

    open_chat(waiting, "an unassigned chat")
    open_chat(colleague, "a colleague's chat")
    screen.page.set_viewport_size(PHONE)
    open_chat(mine, "an own chat on a phone")
    page.get_by_role("button", name="Customer details").click()
    inspection.look("details on a phone", page)
    page.goto(f"{server.public_url}/bots/{bot.key}/chats")
    inspection.look("rows on a phone", page)
    page.set_viewport_size(LAPTOP)
    open_chat(mine, "an own chat")
    look_at_what_opens(inspection, screen)

    for customer, state in ((resolved, "a resolved chat"), (ended, "an ended chat")):
        open_chat(customer, f"{state}, before")
        screen.box.fill("A text that was on its way")
        if customer is ended:
            customer.end(rating=4, comment="Quick")
        else:
            maya.resolve(bot.key, customer.chat_id)
        expect(page.get_by_text("Your text is kept here.")).to_be_visible()
        inspection.look(f"{state}, with a text", page)
    assert not inspection.faults, inspection.report()
    print(inspection.report())


def look_at_what_opens(inspection: Inspection, screen: MemberPage) -> None:
    """The dialog, the menus, what could not be sent, and the line that was lost, over an own chat."""
    page = screen.page
    screen.button("Resolve Chat").click()
    inspection.look("asked whether to resolve", page)
    page.keyboard.press("Escape")
    for menu in ("Bot:", "You:"):
        page.get_by_role("button", name=menu).click()
        inspection.look(f"the menu of {menu[:-1].lower()}", page)
        page.keyboard.press("Escape")
    page.context.set_offline(True)
    screen.write("Not to be sent")
    expect(screen.status("Not to be sent")).to_contain_text("Not sent")
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    inspection.look("the line is lost, a message not sent", page)
    page.context.set_offline(False)
    expect(screen.status("Not to be sent")).to_have_text("Sent")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_axe_finds_nothing_in_the_widget(server, desk, customer_page, member_page, size):
    inspection = Inspection()
    customer, maya = customer_page(viewport=size), MemberClient(server, desk.maya.email)
    page = customer.page
    expect(customer.launcher("Open chat")).to_be_visible()
    inspection.look("launcher", page, place="#baton")
    customer.open()
    inspection.look("launcher of an open chat", page, place="#baton")

    def look(state: str) -> None:
        inspection.look(state, page, widget_of(page))

    look("welcome")
    customer.ask("Where is my order?", "It left our shop yesterday.")
    look("answered")
    customer.ask("How long does delivery take?", "Two days.")
    look("a person is offered")
    customer.button("Talk to a human").click()
    expect(customer.frame.get_by_text("You are next")).to_be_visible()
    look("waiting")
    screen = member_page(desk.maya)
    screen.open_first("Unassigned Chats")
    screen.write(f"Hello, see https://shop.example/ and {LONG_WORD}")
    expect(customer.log.get_by_text("Hello, see")).to_be_visible()
    screen.box.press_sequentially("And")
    expect(customer.frame.get_by_text("Maya is typing")).to_be_visible()
    look("Maya is typing")
    look_at_a_lost_line(look, customer)
    customer.button("End chat").click()
    look("asked how it was")
    page.keyboard.press("Escape")
    customer.close()
    screen.write("Are you there?")
    expect(page.get_by_role("status").get_by_text("Are you there?")).to_be_visible()
    inspection.look("launcher with an unread message", page, place="#baton")
    customer.open()
    maya.resolve(desk.bot.key, int(page.evaluate(f"localStorage.getItem('baton:{desk.bot.key}:chat')")))
    expect(customer.button("Send feedback")).to_be_visible()
    look("resolved")
    customer.frame.get_by_role("radio", name="4 stars").check()
    look("rated")
    customer.button("Send feedback").click()
    expect(customer.log.get_by_text("Thank you for your feedback")).to_be_visible()
    look("after the feedback")
    assert not inspection.faults, inspection.report()
    print(inspection.report())


def look_at_a_lost_line(look, customer: CustomerPage) -> None:
    """A message that could not be sent, under the line that says so."""
    customer.page.context.set_offline(True)
    customer.write("Not to be sent")
    expect(customer.status("Not to be sent")).to_contain_text("Not sent")
    look("the line is lost, a message not sent")
    customer.page.context.set_offline(False)
    expect(customer.status("Not to be sent")).to_have_text("Seen")
