"""What a bot knows and how it answers, from the settings to the customer's screen."""

import re

from playwright.sync_api import expect

from models.engine_setup import choose_engine
from models.sealing import seal_with
from tests.bots.servers import fake_server, stream


def test_a_host_teaches_the_bot_and_the_next_customer_reads_it(server, desk, member_page, customer_page):
    lena = customer_page().open()
    lena.ask("Do you rent out kayaks?", "Pardon?")

    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/knowledge").page
    anna.get_by_role("link", name="Answer “Do you rent out kayaks?”").click()
    expect(anna.get_by_role("textbox", name="Question")).to_have_value("Do you rent out kayaks?")
    anna.get_by_role("textbox", name="Answer").fill("From May to September.")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("status")).to_have_text("Saved.")
    expect(anna.get_by_text("Questions that the bot cannot answer are collected here.")).to_be_visible()

    anna.get_by_role("textbox", name="Ask as a customer would").fill("renting a kayak")
    anna.get_by_role("button", name="Try").click()
    nearest = anna.get_by_role("listitem").filter(has=anna.get_by_role("link", name="Do you rent out kayaks?"))
    expect(anna.get_by_role("status").filter(has_text="The bot answers:")).to_contain_text("From May to September.")
    expect(nearest.filter(has_text="%")).to_have_count(1)
    lena.ask("I'd like to rent a kayak", "From May to September.")

    anna.get_by_role("link", name="Import").click()
    anna.get_by_label("Files").set_input_files({"name": "care.md", "mimeType": "text/markdown",
                                                "buffer": b"# Paddles\n\nRinse the salt off a paddle after each trip."})
    anna.get_by_role("region", name="Documents").get_by_role("button", name="Import").click()
    expect(anna.get_by_text("1 passage imported.")).to_be_visible()
    lena.ask("how do I get the salt off a paddle?", "Rinse the salt off a paddle after each trip.")
    expect(lena.entry("Rinse the salt")).to_contain_text("Source: care.md, Paddles")


def test_a_file_that_is_too_large_is_refused_beside_its_field_and_never_sent(desk, member_page, tmp_path):
    anna = member_page(desk.anna, f"/settings/bots/{desk.bot.key}/knowledge/import").page
    documents, sent = anna.get_by_role("region", name="Documents"), []
    files, line = documents.get_by_label("Files"), documents.get_by_role("alert")
    anna.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    for sizes, sentence in (([5_300_000], "This is too large: a file has at most 5 MB."),
                            ([5_000_000] * 6, "Together this is too much: please import the files one after another.")):
        # From the disk, as people's do: through the driver so many bytes would take half a minute.
        chosen = [tmp_path / f"{number}.md" for number in range(len(sizes))]
        for path, size in zip(chosen, sizes, strict=True):
            path.write_bytes(b"a word " * (size // 7))
        files.set_input_files(chosen)
        expect(line).to_have_text(sentence)
        documents.get_by_role("button", name="Import").click()
        expect(files).to_be_focused()
        expect(files).to_have_accessible_description(re.compile(re.escape(sentence)))
    assert not sent
    files.set_input_files({"name": "care.md", "mimeType": "text/markdown", "buffer": b"# Paddles\n\nRinse them."})
    expect(line).to_be_empty()
    documents.get_by_role("button", name="Import").click()
    expect(anna.get_by_text("1 passage imported.")).to_be_visible()


def test_what_a_model_says_grows_in_the_widget_and_the_stored_answer_takes_its_place(server, desk, customer_page):
    # As the server seals: with the key in its folder.
    seal_with((server.data_dir / "secret_key").read_text().strip())
    with fake_server(stream("It left", " our shop yesterday.", pause=True)) as model:
        choose_engine(desk.bot, desk.anna, "model", {"url": model.url, "model": "tiny"}, "sesame")
        lena = customer_page().open()
        lena.write("Where is my order?")
        growing = lena.log.locator("[data-growing]")
        expect(growing).to_have_text("It left")
        expect(lena.entries_of("bot")).to_have_count(1)
        model.go_on.set()
        expect(lena.said_by("bot").last).to_have_text("It left our shop yesterday.")
        expect(lena.entries_of("bot")).to_have_count(2)
        expect(growing).to_have_count(0)


def test_an_answer_that_grows_is_gone_when_the_customer_asks_for_a_person(server, desk, customer_page):
    seal_with((server.data_dir / "secret_key").read_text().strip())
    with fake_server(stream("Yes.",), stream("It left", " our shop yesterday.", pause=True)) as model:
        choose_engine(desk.bot, desk.anna, "model", {"url": model.url, "model": "tiny"}, "sesame")
        lena = customer_page().open()
        lena.ask("Are you there?", "Yes.")
        lena.ask("agent", "Of course.")
        lena.write("Where is my order?")
        growing = lena.log.locator("[data-growing]")
        expect(growing).to_have_text("It left")
        lena.button("Talk to a human").click()
        expect(lena.log.get_by_text("You asked for a person")).to_be_visible()
        expect(growing).to_have_count(0)
        model.go_on.set()
        lena.write("Hello?")
        expect(lena.status("Hello?")).to_have_text("Sent")
        expect(lena.log.get_by_text("It left")).to_have_count(0)
