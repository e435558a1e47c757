"""What a customer is asked before the first message: questions of the host's, each with a kind of answer."""

import re
from enum import StrEnum

from sqlalchemy import update

from models.base import now
from models.bot import Bot
from models.customer import Customer, Visit, meet
from models.database import transaction
from models.member import clean_email
from models.text import EmptyText, clean

MOST_QUESTIONS = 8
ANSWER_LIMIT = 200
NAME_LIMIT = 120

_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,6})?")


class Kind(StrEnum):
    """What an answer is; name and e-mail become the customer's own."""

    NAME = "name"
    EMAIL = "email"
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    CHECKBOX = "checkbox"


class NotNumber(ValueError):
    """An answer that is no number."""


class NotTicked(ValueError):
    """A box that has to be ticked and is not."""


class UnknownChoice(ValueError):
    """An answer that is none of the choices."""


def read_answer(question: dict, typed: str) -> str | bool:
    """The answer to a question of `Bot.introduction`, from what was typed; "" or False for one that may be left out.

    Raises EmptyText, InvalidText, InvalidEmail, NotNumber, NotTicked or UnknownChoice.
    """
    typed = typed.strip()
    if question["kind"] == Kind.CHECKBOX:
        if question["required"] and not typed:
            raise NotTicked
        return bool(typed)
    if not typed:
        if question["required"]:
            raise UnknownChoice(typed) if question["kind"] == Kind.CHOICE else EmptyText
        return ""
    return _READERS[question["kind"]](question, typed)


def _read_number(_question: dict, typed: str) -> str:
    if not _NUMBER.fullmatch(typed):
        raise NotNumber(typed)
    return typed


def _read_choice(question: dict, typed: str) -> str:
    if typed not in question["choices"]:
        raise UnknownChoice(typed)
    return typed


_READERS = {
    Kind.NAME: lambda _question, typed: clean(typed, NAME_LIMIT),
    Kind.EMAIL: lambda _question, typed: clean_email(typed),
    Kind.TEXT: lambda _question, typed: clean(typed, ANSWER_LIMIT),
    Kind.NUMBER: _read_number,
    Kind.CHOICE: _read_choice,
}


def introduce(bot: Bot, token: str, answers: list[str | bool]) -> None:
    """Keep the answers to the questions of `bot`, in their order, with the customer behind `token`.

    Raises InvalidToken.
    """
    known, told = {}, {}
    for question, answer in zip(bot.introduction, answers, strict=True):
        if question["kind"] in (Kind.NAME, Kind.EMAIL):
            known |= {str(question["kind"]): answer} if answer else {}
        elif answer != "":
            told[question["label"]] = answer
    with transaction() as session:
        customer = meet(session, bot, token, Visit(**known))
        introduced = update(Customer).where(Customer.id == customer.id)
        session.execute(introduced.values(introduction=told, introduced_at=now()))
