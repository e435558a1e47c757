"""Hours, as the host sets them and a customer meets them: from the settings page to a message in Unassigned."""

from playwright.sync_api import expect

from tests.browser.axe import Inspection


def test_outside_of_the_hours_a_message_is_left_and_waits_with_a_mark(server, desk, member_page, customer_page):
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/hours").page
    noor = member_page(desk.noor)
    anna.get_by_label("Closed now").check()
    anna.get_by_label("asks for an e-mail address").check()
    anna.get_by_label("Monday").fill("9-17, 16-18")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_text("These hours overlap.")).to_be_visible()
    anna.get_by_label("Monday").fill("9-17")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("status")).to_have_text("Saved.")

    lena = customer_page().open()
    lena.write("I want to talk to a human")
    lena.button("Talk to a human").click()
    letter = lena.frame.get_by_role("textbox", name="Your message")
    expect(lena.frame.get_by_role("textbox", name="Name")).to_be_focused()
    expect(lena.button("Talk to a human")).to_be_hidden()
    letter.fill("Please call me back.")
    lena.button("Leave this message").click()
    expect(lena.frame.get_by_text("Please write an e-mail address like lena@example.com.")).to_be_visible()
    expect(letter).to_have_value("Please call me back.")
    inspection = Inspection()
    inspection.look("a message that is left", lena.page, lena.page.frames[1])
    lena.frame.get_by_role("textbox", name="E-mail").fill("lena@example.com")
    lena.button("Leave this message").click()

    expect(lena.log.get_by_text("You left a message")).to_be_visible()
    expect(lena.frame.get_by_text("We answer to lena@example.com.")).to_be_visible()
    expect(noor.rows("Unassigned Chats")).to_contain_text("Left a message")
    noor.open_first("Unassigned Chats")
    expect(noor.log.get_by_text("Please call me back.")).to_be_visible()
    assert not inspection.faults, inspection.report()
