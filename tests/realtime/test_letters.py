"""What mails about chats say: they quote the customer, not what the bot said to it."""

from models import Author, Bot, Chat, Message, Visit, reading
from models.secret import new_token
from realtime.letters import to_customer, to_members
from tests.models.chats import change, held_chat, waiting_chat

ADDRESS = "https://chat.example.com"


def test_members_read_what_the_customer_wrote_last(local_desk):
    chat = waiting_chat(local_desk)
    subject, text = to_members(chat, ADDRESS)
    assert subject.endswith("waits for somebody at Harbor bot")
    assert text == ("Nobody has answered yet.\n\nThe last message:\n> Hello\n\n"
                    f"{ADDRESS}/bots/{local_desk.bot.key}/chats/{chat.id}")


def test_nothing_is_quoted_of_a_customer_who_asked_without_a_word(local_desk):
    change(Bot, Bot.id == local_desk.bot.id, handoff_after=0)
    with reading() as session:
        bot = session.get(Bot, local_desk.bot.id)
    chat = Chat.ask_for_human(bot, new_token(), Visit())
    assert to_members(chat, ADDRESS)[1].startswith(f"Nobody has answered yet.\n\n{ADDRESS}/bots/")


def test_customers_read_their_own_question_below_the_answer(local_desk):
    chat = held_chat(local_desk)
    with reading() as session:
        missed = session.query(Message).filter_by(chat_id=chat.id, author=Author.MEMBER).all()
    assert to_customer(chat, missed) == ("An answer from Harbor bot",
                                         "Maya wrote:\n> I am here.\n\nYou wrote:\n> Hello")
