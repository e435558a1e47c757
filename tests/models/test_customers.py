"""A customer is who holds the token: of this bot, within 30 days."""

from datetime import timedelta

import pytest

from models import Chat, Customer, Visit, now, reading
from models.customer import ATTRIBUTES_LIMIT, REMEMBERED, InvalidToken, UnknownCustomer
from models.secret import new_token
from tests.models.chats import (
    change,
    chat_of,
    chat_with_bot,
    closed_chat,
    fresh,
    log_of,
    rows,
    write_first,
)


def holder(bot, token: str) -> Customer:
    with reading() as session:
        return Customer.with_token(session, bot, token)


def customer_who_says(desk, **visit) -> Customer:
    token = new_token()
    write_first(desk, token=token, visit=Visit(**visit))
    return holder(desk.bot, token)


def seen_ago(customer_id: int, age: timedelta) -> None:
    change(Customer, Customer.id == customer_id, last_seen_at=now() - age)


def test_the_token_finds_its_customer(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    assert holder(local_desk.bot, token).id == chat.customer_id


def test_a_forged_token_finds_nobody(local_desk):
    chat_with_bot(local_desk)
    with pytest.raises(UnknownCustomer):
        holder(local_desk.bot, new_token())


@pytest.mark.parametrize("token", ["", "' OR 1=1 --", "x" * 44])
def test_a_token_of_another_form_is_refused(local_desk, token):
    with pytest.raises(InvalidToken):
        holder(local_desk.bot, token)


def test_the_digest_that_the_database_holds_is_no_token(local_desk):
    token = new_token()
    chat_with_bot(local_desk, token)
    stolen = holder(local_desk.bot, token).token_hash
    with pytest.raises(InvalidToken):
        holder(local_desk.bot, stolen)
    with pytest.raises(UnknownCustomer):
        holder(local_desk.bot, stolen[:43])


def test_a_token_opens_nothing_with_another_bot(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    with pytest.raises(UnknownCustomer):
        holder(local_desk.other_bot, token)
    local_desk.bot, own_bot = local_desk.other_bot, local_desk.bot
    elsewhere = chat_of(write_first(local_desk, "Hello other bot", token))
    assert (elsewhere.id != chat.id, elsewhere.customer_id != chat.customer_id) == (True, True)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello"]
    assert holder(own_bot, token).id == chat.customer_id


def test_a_customer_is_remembered_for_30_days(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    seen_ago(chat.customer_id, timedelta(days=30) - timedelta(minutes=1))
    assert holder(local_desk.bot, token).id == chat.customer_id
    assert timedelta(days=30) == REMEMBERED


def test_after_30_days_a_token_is_refused_for_reading_and_writing(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    seen_ago(chat.customer_id, timedelta(days=30, minutes=1))
    with pytest.raises(InvalidToken):
        holder(local_desk.bot, token)
    with pytest.raises(InvalidToken):
        write_first(local_desk, token=token)
    with pytest.raises(InvalidToken):
        Chat.open_unsaid(local_desk.bot, token, Visit())
    assert (rows(Chat), rows(Customer), log_of(chat)) == (1, 1, ["bot: Ahoy!", "customer: Hello"])


def test_each_visit_begins_the_30_days_anew(local_desk):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    seen_ago(chat.customer_id, timedelta(days=29))
    chat.visit(Visit(page_url="https://shop.example/jackets"))
    assert now() - holder(local_desk.bot, token).last_seen_at < timedelta(minutes=1)


def test_members_hear_which_page_the_customer_is_on(local_desk, heard):
    token = new_token()
    chat = chat_with_bot(local_desk, token)
    chat.visit(Visit(page_url="https://shop.example/jackets", page_title="Jackets"))
    customer = holder(local_desk.bot, token)
    assert (customer.page_url, customer.page_title) == ("https://shop.example/jackets", "Jackets")
    assert heard[-1] == ["customer_visited"]
    assert fresh(chat).seq == chat.seq


def test_what_a_visit_does_not_say_stays_as_it_was(local_desk):
    token = new_token()
    said = Visit(name="Ada", email="ada@example.com", language="en-GB", attributes={"plan": "gold"})
    chat = chat_of(write_first(local_desk, token=token, visit=said))
    chat.visit(Visit(page_url="https://shop.example/", language="fr"))
    customer = holder(local_desk.bot, token)
    assert (customer.name, customer.email, customer.language) == ("Ada", "ada@example.com", "fr")
    assert customer.attributes == {"plan": "gold"}


def test_what_a_browser_says_is_cut_and_loses_its_control_characters(local_desk):
    customer = customer_who_says(local_desk, name="A\0da" + "x" * 500, browser="B" * 9000)
    assert (customer.name, customer.browser) == ("Ada" + "x" * 117, "B" * 400)


def test_attributes_are_bounded_texts(local_desk):
    customer = customer_who_says(local_desk, attributes={
        "open orders": 0, "vip": False, "note": None, "nested": {"a": "ä"}, "long": "x" * 900, "k" * 90: "cut",
        **{f"more {number}": number for number in range(50)},
    })
    told = {**customer.attributes}
    assert (told["open orders"], told["vip"], told["note"], told["nested"]) == ("0", "false", "", '{"a": "ä"}')
    assert (told["long"], told["k" * 60], len(told)) == ("x" * 200, "cut", ATTRIBUTES_LIMIT)


def test_an_attribute_that_is_nested_without_end_is_empty(local_desk):
    deep = []
    for _level in range(5000):
        deep = [deep]
    assert customer_who_says(local_desk, attributes={"deep": deep}).attributes == {"deep": ""}


def test_half_characters_that_json_can_spell_never_reach_a_page(local_desk):
    customer = customer_who_says(local_desk, attributes={"na\ud800me": "Ada \udfff"})
    assert customer.attributes == {"name": "Ada"}


def test_a_customer_without_a_name_is_told_apart_by_four_characters(local_desk):
    assert customer_who_says(local_desk, name="Ada").label == "Ada"
    nameless = customer_who_says(local_desk)
    assert nameless.label == nameless.code == nameless.token_hash[:4].upper()


def test_a_customer_comes_back_to_the_open_chat_else_to_the_newest(local_desk):
    token = new_token()
    closed = [closed_chat(local_desk, "ended", token), closed_chat(local_desk, "resolved", token)]

    def last():
        with reading() as session:
            return Chat.last_of(session, Customer.with_token(session, local_desk.bot, token)).id

    assert last() == closed[1].id
    assert last() != chat_with_bot(local_desk).id
    assert last() == closed[1].id
    assert chat_with_bot(local_desk, token).id == last()
