"""Words that ask for a person are told from words that only mention one."""

import pytest

from bots import asks_for_human


@pytest.mark.parametrize(
    "text",
    [
        "agent", "Agent!", "human", "HUMAN PLEASE", "a real person", "real person please", "live agent",
        "representative", "operator", "customer service", "customer support please", "supervisor",
        "speak to a human", "I want to speak to a human", "I want a real person", "Talk to a human",
        "can i talk to someone", "Can I talk to a person about my order?", "let me speak with your manager",
        "connect me to an agent", "transfer me to customer support", "put me through to somebody",
        "I'd like to chat with a real human being", "could you hand me over to a colleague",
        "get me a human", "give me an agent now", "I need a human", "I need an operator",
        "is there a real person I can talk to?", "is there a human there", "Is anyone there?",
        "This is useless. Agent!", "where is my order?? i want a person",
        "can I speak to one of your staff", "I don't want to talk to a bot",
        "I do not want a robot, give me a person", "no bots please", "I don’t want to talk to a machine",
        "speek to a humen", "i want to speak to an agnet", "talk to a persom please",
        "someone from the team please", "are there real people I can write to",
        "I don't understand. Can I talk to a person?", "why can't I talk to a human",
    ],
)
def test_a_wish_for_a_person_is_heard(text):
    assert asks_for_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "???", "Where is my order?", "human resources", "Who works in human resources?",
        "I am a travel agent", "I need a travel agent", "is that made for humans or dolphins",
        "jacket for a person of 1.90 m", "I want a jacket for a tall person", "are you a human?",
        "are you a real person", "Am I a good person?", "How many people work for you?",
        "cleaning agent for my jacket", "does the cleaning agent hurt?", "can someone wear it twice",
        "I don't want to talk to a human", "no need to talk to a person",
        "what is your customer service number", "customer service phone number",
        "I want to talk about my order", "do you have an estate agent", "I need someone to repair my zip",
        "speak louder", "human rights policy", "is it a personal shopper", "Can I call you?",
        "I bought a human size bag", "person-sized bag", "I talk to my dog", "have you got it in stock",
        "the parcel was given to another person",
    ],
)
def test_a_mention_of_people_is_not_a_wish(text):
    assert not asks_for_human(text)


def test_a_long_text_is_read_in_passing():
    assert asks_for_human("why does nobody answer me " * 150 + ". agent")
    assert not asks_for_human("want to talk to " * 250)
