"""What a bot knows: its entries, a box to try them, and the questions that it could not answer."""

from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from models import Bot, KnowledgeEntry, UnansweredQuestion, reading
from models.knowledge import (
    ALTERNATIVES_AT_MOST,
    ANSWER_LIMIT,
    ENTRIES_AT_MOST,
    QUESTION_LIMIT,
    QUICK_REPLIES_AT_MOST,
    QUICK_REPLY_LIMIT,
    Draft,
    TooMuchKnowledge,
    remove_document,
)
from models.text import clipped
from web.access import member
from web.forms import field, number
from web.settings.forms import Cleaned, Lines, SettingsForm
from web.settings.pages import find_bot, page, refused, resource, saved

bp = resource("knowledge")

ON_A_PAGE = 50


class EntryForm(SettingsForm):
    """One question with its answer."""

    question = StringField(_l("Question"), [Cleaned(QUESTION_LIMIT)])
    alternatives = Lines(_l("Other ways to ask it"), most=ALTERNATIVES_AT_MOST, limit=QUESTION_LIMIT,
                         description=_l("One in a line. Typing errors and other word endings are found anyway."))
    answer = TextAreaField(_l("Answer"), [Cleaned(ANSWER_LIMIT)])
    quick_replies = Lines(_l("Quick replies"), most=QUICK_REPLIES_AT_MOST, limit=QUICK_REPLY_LIMIT,
                          description=_l("Buttons under the answer, one in a line."))

    def draft(self) -> Draft:
        """What was typed, as an entry."""
        return Draft(**self.values())


@bp.get("/bots/<key>/knowledge")
def index(key: str):
    """The entries, those that hold `q` if it is asked for; and what the bot would answer to `ask`."""
    bot, wanted, asked = find_bot(key), _typed("q"), _typed("ask")
    with reading() as session:
        entries = [entry for entry in KnowledgeEntry.of(session, bot) if _holds(entry, wanted)]
        unanswered = UnansweredQuestion.of(session, bot)
    current = max(1, number(request.args.get("page", "1")))
    return page("knowledge.html", bot=bot, entries=entries[(current - 1) * ON_A_PAGE:current * ON_A_PAGE],
                count=len(entries), unanswered=unanswered, wanted=wanted, asked=asked, current=current,
                pages=-(-len(entries) // ON_A_PAGE), tried=asked and _try(bot, asked))


@bp.get("/bots/<key>/knowledge/new")
def new(key: str):
    """A new entry, perhaps for a question that was asked in vain."""
    bot, form = find_bot(key), EntryForm()
    asked = request.args.get("unanswered", "")
    if asked:
        form.question.data = _unanswered(bot, number(asked)).text
    return page("entry.html", bot=bot, form=form, entry=None)


@bp.post("/bots/<key>/knowledge/new")
def create(key: str):
    """Add it."""
    bot, form = find_bot(key), EntryForm()
    if not form.validate():
        return refused("entry.html", bot=bot, form=form, entry=None)
    try:
        KnowledgeEntry.add(bot, member(), form.draft())
    except TooMuchKnowledge:
        form.question.errors = [_("A bot can have at most %(most)s entries.", most=ENTRIES_AT_MOST)]
        return refused("entry.html", bot=bot, form=form, entry=None)
    return saved(url_for(".index", key=bot.key))


@bp.get("/bots/<key>/knowledge/<id:entry_id>")
def edit(key: str, entry_id: int):
    """One entry."""
    bot = find_bot(key)
    entry = _entry(bot, entry_id)
    return page("entry.html", bot=bot, form=EntryForm(obj=entry), entry=entry)


@bp.post("/bots/<key>/knowledge/<id:entry_id>")
def update(key: str, entry_id: int):
    """Change it."""
    bot, form = find_bot(key), EntryForm()
    entry = _entry(bot, entry_id)
    if not form.validate():
        return refused("entry.html", bot=bot, form=form, entry=entry)
    entry.change(bot, member(), form.draft())
    return saved(url_for(".index", key=bot.key))


@bp.post("/bots/<key>/knowledge/<id:entry_id>/removal")
def remove(key: str, entry_id: int):
    """Delete it."""
    bot = find_bot(key)
    _entry(bot, entry_id).remove(bot, member())
    return saved(url_for(".index", key=bot.key))


@bp.post("/bots/<key>/knowledge/documents/removal")
def remove_passages(key: str):
    """Delete every passage of a document."""
    bot = find_bot(key)
    remove_document(bot, member(), field("source") or abort(404)) or abort(404)
    return saved(url_for("settings_imports.new", key=bot.key))


@bp.post("/bots/<key>/unanswered/<id:question_id>/removal")
def dismiss(key: str, question_id: int):
    """Take a question that needs no answer off the list."""
    bot = find_bot(key)
    _unanswered(bot, question_id).dismiss(member())
    return saved(url_for(".index", key=bot.key))


def _typed(name: str) -> str:
    return clipped(request.args.get(name, ""), QUESTION_LIMIT)


def _holds(entry: KnowledgeEntry, wanted: str) -> bool:
    texts = (entry.question, entry.answer, entry.source, *entry.alternatives)
    return wanted.casefold() in "\n".join(texts).casefold()


def _try(bot: Bot, asked: str):
    return current_app.extensions["baton"].runner.search(bot, asked)


def _entry(bot: Bot, entry_id: int) -> KnowledgeEntry:
    with reading() as session:
        return KnowledgeEntry.find(session, bot, entry_id) or abort(404)


def _unanswered(bot: Bot, question_id: int) -> UnansweredQuestion:
    with reading() as session:
        return UnansweredQuestion.find(session, bot, question_id) or abort(404)
