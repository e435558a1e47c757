"""The process, line by line (P1 to P9), with a customer and two members in three browsers at once."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import box_of

pytestmark = pytest.mark.browser


def test_p1_the_bot_greets_and_answers_each_message(customer_page):
    customer = customer_page().open()
    expect(customer.log.get_by_text("Ahoy!")).to_be_visible()

    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.ask("how long does delivry take", "Two days.")

    expect(customer.log.get_by_text("Ahoy!")).to_have_count(1)
    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(1)


def test_p2_talk_to_a_human_appears_after_two_answers(customer_page):
    customer = customer_page().open()
    expect(customer.button("End chat")).to_be_visible()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    expect(customer.button("Talk to a human")).to_have_count(0)

    customer.ask("How long does delivery take?", "Two days.")

    expect(customer.button("Talk to a human")).to_be_visible()
    human, end = (box_of(customer.button(name)) for name in ("Talk to a human", "End chat"))
    assert human["x"] < end["x"], "it stands beside the cross"


def test_p2_asking_in_words_brings_the_button_at_once(customer_page):
    customer = customer_page().open()
    customer.write("I want to speak to a human")
    expect(customer.button("Talk to a human")).to_be_visible()


def test_p3_the_chat_shows_at_once_to_the_members_of_that_bot_alone(customer_page, member_page, desk):
    maya, noor = member_page(desk.maya), member_page(desk.noor)
    olga = member_page(desk.olga)
    expect(maya.page.get_by_text("No chats waiting")).to_be_visible()
    customer = customer_page().open()

    customer.talk_to_human()

    for member in (maya, noor):
        expect(member.rows("Unassigned Chats")).to_have_count(1)
    expect(olga.rows("Unassigned Chats")).to_have_count(0)
    expect(customer.frame.get_by_text("You are next")).to_be_visible()
    customer.write("Anybody there?")
    expect(maya.rows("Unassigned Chats").get_by_text("Anybody there?")).to_be_visible()
    expect(customer.log.get_by_text("Pardon?")).to_have_count(0)


def test_p3_the_customer_sees_how_many_wait_before(customer_page, member_page, desk):
    first, second = customer_page().open(), customer_page().open()
    first.talk_to_human()
    second.talk_to_human()
    expect(second.frame.get_by_text("1 customer before you")).to_be_visible()

    maya = member_page(desk.maya)
    maya.open_first("Unassigned Chats")
    maya.write("Hello, Maya here")

    expect(second.frame.get_by_text("You are next")).to_be_visible()


def test_p3_two_tabs_are_one_handoff(customer_page, member_page, desk):
    tab = customer_page().open()
    tab.ask("Where is my order?", "It left our shop yesterday.")
    tab.ask("How long does delivery take?", "Two days.")
    other = tab.page.context.new_page()
    other.goto(tab.page.url)
    other_tab = type(tab)(other).open()
    expect(other_tab.button("Talk to a human")).to_be_visible()

    tab.button("Talk to a human").click()
    expect(other_tab.button("Talk to a human")).to_have_count(0)

    expect(other_tab.log.get_by_text("You asked for a person")).to_have_count(1)
    maya = member_page(desk.maya)
    expect(maya.rows("Unassigned Chats")).to_have_count(1)


def test_p4_the_customer_ends_the_chat_with_feedback(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    maya.box.fill("I was about to say")

    customer.button("End chat").click()
    customer.dialog.get_by_role("radio", name="4 stars").check()
    customer.dialog.get_by_role("textbox", name="Comment").fill("Quick enough")
    customer.dialog.get_by_role("button", name="Send feedback").click()

    expect(customer.button("Start a new chat")).to_be_visible()
    expect(customer.box).to_be_hidden()
    expect(maya.rows("Unassigned Chats")).to_have_count(0)
    expect(maya.log.get_by_text("The customer ended this chat")).to_be_visible()
    expect(maya.log.get_by_text("The customer rated this chat 4 of 5")).to_be_visible()
    expect(maya.box).to_have_value("I was about to say")


def test_p4_escape_goes_back_and_skip_ends(customer_page):
    customer = customer_page().open()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.button("End chat").click()
    expect(customer.dialog).to_be_visible()
    customer.page.keyboard.press("Escape")
    expect(customer.dialog).to_be_hidden()
    expect(customer.box).to_be_visible()

    customer.button("End chat").click()
    customer.dialog.get_by_role("button", name="Skip").click()

    expect(customer.button("Start a new chat")).to_be_visible()
    customer.button("Start a new chat").click()
    customer.ask("Do you ship abroad?", "Yes, all over Europe.")
    expect(customer.log.get_by_text("Where is my order?", exact=True)).to_have_count(0)


def test_p5_looking_does_not_assign(customer_page, member_page, desk):
    customer, maya, noor = customer_page().open(), member_page(desk.maya), member_page(desk.noor)
    customer.talk_to_human()

    maya.open_first("Unassigned Chats")

    expect(maya.log.get_by_text("It left our shop yesterday.")).to_be_visible()
    details = maya.page.get_by_role("region", name="Customer details")
    expect(details.get_by_text("Chrome")).to_be_visible()
    expect(details.get_by_text(f"/{desk.bot.key}")).to_be_visible()
    expect(maya.rows("Unassigned Chats")).to_have_count(1)
    expect(noor.rows("Unassigned Chats")).to_have_count(1)


def test_p6_the_first_message_assigns(customer_page, member_page, desk):
    customer, maya, noor = customer_page().open(), member_page(desk.maya), member_page(desk.noor)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    noor.open_first("Unassigned Chats")

    maya.write("Hello, Maya here")

    expect(customer.log.get_by_text("Hello, Maya here")).to_be_visible()
    expect(customer.log.get_by_text("Maya joined")).to_be_visible()
    expect(maya.rows("My Chats")).to_have_count(1)
    expect(maya.rows("Unassigned Chats")).to_have_count(0)
    expect(noor.rows("Assigned Chats")).to_have_count(1)
    expect(noor.rows("Assigned Chats").get_by_text("Maya", exact=True)).to_be_visible()
    expect(noor.page.get_by_text("Maya is handling this chat")).to_be_visible()
    expect(noor.log.get_by_text("Hello, Maya here")).to_be_visible()
    expect(noor.button("Send")).to_have_count(0)


def test_p6_two_members_write_at_once(customer_page, member_page, desk):
    customer, maya, noor = customer_page().open(), member_page(desk.maya), member_page(desk.noor)
    customer.talk_to_human()
    for member in (maya, noor):
        member.open_first("Unassigned Chats")
        member.box.fill(f"From {member.page.context}")
    maya.box.fill("Maya's text")
    noor.box.fill("Noor's text")
    # Held back until both are under way, so that they collide.
    for member in (maya, noor):
        member.page.context.set_offline(True)
        member.box.press("Enter")
        expect(member.log.get_by_text("Not sent")).to_be_visible()
    for member in (maya, noor):
        member.page.context.set_offline(False)

    expect(customer.log.get_by_text("'s text")).to_have_count(1)
    winner_text = customer.log.get_by_text("'s text").inner_text()
    winner, loser, name = (maya, noor, "Maya") if "Maya" in winner_text else (noor, maya, "Noor")
    expect(winner.rows("My Chats")).to_have_count(1)
    expect(loser.rows("Assigned Chats")).to_have_count(1)
    expect(loser.box).to_have_value("Noor's text" if loser is noor else "Maya's text")
    expect(loser.page.get_by_role("alert").get_by_text(f"{name} handles this chat now")).to_be_visible()
    expect(loser.log.get_by_text("Not sent")).to_have_count(0)


def test_p7_only_the_assignee_resolves_behind_a_confirmation(customer_page, member_page, desk):
    customer, maya, noor = customer_page().open(), member_page(desk.maya), member_page(desk.noor)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    expect(maya.button("Resolve Chat")).to_have_count(0)
    maya.write("Solved, I think")
    noor.open_first("Assigned Chats")
    expect(noor.button("Resolve Chat")).to_have_count(0)

    maya.button("Resolve Chat").click()
    maya.dialog.get_by_role("button", name="Cancel").click()
    expect(maya.dialog).to_be_hidden()
    expect(maya.rows("My Chats")).to_have_count(1)
    maya.resolve()

    expect(customer.log.get_by_text("Maya has resolved this chat")).to_be_visible()
    expect(customer.box).to_be_hidden()
    expect(maya.rows("My Chats")).to_have_count(0)
    expect(noor.rows("Assigned Chats")).to_have_count(0)
    customer.frame.get_by_role("radio", name="5 stars").check()
    customer.button("Send feedback").click()
    expect(maya.log.get_by_text("The customer rated this chat 5 of 5")).to_be_visible()
    customer.button("Start a new chat").click()
    customer.ask("Do you ship abroad?", "Yes, all over Europe.")


def test_p8_resolving_meets_ending(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    maya.write("One moment")
    expect(maya.button("Resolve Chat")).to_be_visible()
    maya.button("Resolve Chat").click()
    customer.button("End chat").click()
    customer.dialog.get_by_role("button", name="Skip").click()
    expect(customer.button("Start a new chat")).to_be_visible()

    maya.dialog.get_by_role("button", name="Resolve", exact=True).click()

    expect(maya.dialog).to_be_hidden()
    expect(maya.page.get_by_role("alert").get_by_text("This chat has ended")).to_be_visible()
    expect(maya.log.get_by_text("has resolved this chat")).to_have_count(0)
    expect(maya.log.get_by_text("The customer ended this chat")).to_have_count(1)


def test_p8_a_message_meets_a_closing(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    maya.write("One moment")
    expect(customer.log.get_by_text("One moment")).to_be_visible()
    customer.page.context.set_offline(True)
    customer.write("But wait")
    expect(customer.log.get_by_text("Not sent")).to_be_visible()
    maya.resolve()
    expect(maya.rows("My Chats")).to_have_count(0)

    customer.page.context.set_offline(False)

    expect(customer.log.get_by_text("Maya has resolved this chat")).to_be_visible()
    expect(customer.log.get_by_text("But wait")).to_have_count(0)
    expect(maya.log.get_by_text("But wait")).to_have_count(0)
    customer.button("Start a new chat").click()
    expect(customer.box).to_have_value("But wait")
