"""What a bot asks its customers before their first message."""

import re

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, FieldList, Form, FormField, SelectField, StringField
from wtforms.validators import StopValidation

from models import Bot
from models.introduction import MOST_QUESTIONS, Kind
from web.access import member
from web.forms import Unreadable
from web.settings.forms import Cleaned, Lines, SettingsForm
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("introduction")

MOST_CHOICES = 20
_FIELD = re.compile(r"questions-[0-9]{1,3}-[a-z]+")
# Of these a customer has one.
ONCE = (Kind.NAME, Kind.EMAIL)


class QuestionForm(Form):
    """One question."""

    label = StringField(_l("Question"), [Cleaned(120)])
    kind = SelectField(_l("Answer"), choices=[
        (Kind.NAME.value, _l("Name")), (Kind.EMAIL.value, _l("E-mail")), (Kind.TEXT.value, _l("Text")),
        (Kind.NUMBER.value, _l("Number")), (Kind.CHOICE.value, _l("Choice")), (Kind.CHECKBOX.value, _l("Checkbox"))])
    required = BooleanField(_l("Must be answered"))
    choices = Lines(_l("Choices"), most=MOST_CHOICES, limit=60, description=_l("For a choice: one in a line."))

    def validate_choices(self, field: Lines) -> None:
        """A choice needs something to choose from."""
        if self.kind.data == Kind.CHOICE and len(field.data) < 2:
            raise StopValidation(_l("Please write at least two choices."))


class IntroductionForm(SettingsForm):
    """The questions in their order."""

    questions = FieldList(FormField(QuestionForm), max_entries=MOST_QUESTIONS)

    def validate_questions(self, field: FieldList) -> None:
        """No question comes twice."""
        labels, kinds = set(), set()
        for question in field:
            label, kind = question["label"], question["kind"]
            if label.data.casefold() in labels:
                label.errors = [_l("This question is there twice.")]
            if kind.data in kinds and kind.data in ONCE:
                kind.errors = [_l("This is asked twice.")]
            if label.errors or kind.errors:
                raise StopValidation((*label.errors, *kind.errors)[0])
            labels.add(label.data.casefold())
            kinds.add(kind.data)

    def values(self) -> dict:
        """The column of a bot that it changes."""
        return {"introduction": [question if question["kind"] == Kind.CHOICE else question | {"choices": []}
                                 for question in self.questions.data]}


def form_with(questions: list[dict]) -> IntroductionForm:
    """A form that shows `questions`, whatever the request says."""
    return IntroductionForm(formdata=None, data={"questions": questions})


@bp.get("/bots/<key>/forms")
def edit(key: str):
    """The questions of one bot."""
    bot = find_bot(key)
    return page("introduction.html", bot=bot, most=MOST_QUESTIONS, form=form_with(bot.introduction))


@bp.post("/bots/<key>/forms")
def update(key: str):
    """Change them; or, with one of the buttons beside the questions, only what the page shows."""
    bot = find_bot(key)
    _refuse_unknown_fields()
    form = IntroductionForm()
    do, _dash, number = request.form.get("do", "").partition("-")
    if do not in MOVES:
        return _save(bot, form)
    shown = form_with(MOVES[do](form.questions.data, _number(number)))
    return page("introduction.html", bot=bot, most=MOST_QUESTIONS, form=shown)


def _refuse_unknown_fields() -> None:
    # WTForms makes a number of whatever Unicode calls digits.
    if any(name.startswith("questions-") and not _FIELD.fullmatch(name) for name in request.form):
        raise Unreadable


def _number(text: str) -> int:
    return min(int(text), MOST_QUESTIONS) if text.isascii() and text.isdigit() and len(text) < 3 else MOST_QUESTIONS


def _save(bot: Bot, form: IntroductionForm) -> Response | tuple[str, int]:
    if not form.validate():
        return refused("introduction.html", bot=bot, most=MOST_QUESTIONS, form=form)
    bot.change(member(), **form.values())
    return saved(url_for(".edit", key=bot.key))


def _moved_up(questions: list[dict], number: int) -> list[dict]:
    before, moved, after = questions[:max(0, number - 1)], questions[number:number + 1], questions[number + 1:]
    return before + moved + questions[max(0, number - 1):number] + after


MOVES = {
    "add": lambda questions, _number: [*questions, {}][:MOST_QUESTIONS],
    "up": _moved_up,
    "down": lambda questions, number: _moved_up(questions, number + 1) if number + 1 < len(questions) else questions,
    "remove": lambda questions, number: questions[:number] + questions[number + 1:],
}
