"""The install page in a browser: the tag is copied, and the page says where it has arrived."""

from playwright.sync_api import expect

from tests.browser.axe import Inspection


def test_the_tag_is_copied_and_seen_on_the_website_without_a_reload(host_url, desk, customer_page, member_page):
    noor = member_page(desk.noor, f"/bots/{desk.bot.key}/install", viewport={"width": 360, "height": 740},
                       permissions=["clipboard-read", "clipboard-write"]).page
    noor.get_by_role("button", name="Copy").first.click()
    expect(noor.get_by_role("button", name="Copied")).to_be_visible()
    assert f'data-bot="{desk.bot.key}"' in noor.evaluate("navigator.clipboard.readText()")

    for platform in noor.locator("summary").all():
        platform.click()
    expect(noor.get_by_text("Add Custom Code")).to_be_visible()
    assert noor.evaluate("document.documentElement.scrollWidth") <= 360
    inspection = Inspection()
    inspection.look("install", noor)
    assert not inspection.faults, inspection.report()

    customer_page().open()
    expect(noor.locator("#sightings")).to_contain_text(f"Opened on {host_url}")
