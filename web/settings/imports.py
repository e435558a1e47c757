"""Bringing knowledge in: from a table, from pasted text, from documents. All of it or nothing."""

from pathlib import PurePath

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import FileField, StringField, TextAreaField

import documents
from documents import DocumentError, passages_in, passages_of
from documents.formats import FORMATS
from documents.table import MissingColumn, Row, TooManyRows, rows_of
from models import Bot
from models.knowledge import (
    ALTERNATIVES_AT_MOST,
    ENTRIES_AT_MOST,
    QUESTION_LIMIT,
    QUICK_REPLIES_AT_MOST,
    SOURCE_LIMIT,
    Draft,
    TooManyTexts,
    TooMuchKnowledge,
    add_entries,
    documents_of,
    replace_documents,
)
from models.text import EmptyText, InvalidText, TextTooLong, clipped
from web.access import member
from web.forms import accepts_upload, field
from web.settings.forms import Cleaned, SettingsForm
from web.settings.pages import find_bot, page, refused, resource

bp = resource("imports")

FILES_AT_MOST = 10
# Beyond this a request is not even read; what is above the limit of a file is refused beside its field.
LARGEST_UPLOAD = 5 * documents.LARGEST_FILE
PASTED_LIMIT = 100_000
ROWS_TOLD = 10
# For static/js/settings/uploads.js.
SIZES = {"data-largest": documents.LARGEST_FILE, "data-too-large": _l("This is too large: a file has at most 5 MB."),
         "data-together": LARGEST_UPLOAD - 1024 * 1024,
         "data-too-much": _l("Together this is too much: please import the files one after another.")}
ENDINGS = ",".join(ending for endings in FORMATS.values() for ending in endings)


class TableForm(SettingsForm):
    """A table of entries."""

    table = FileField(_l("CSV file"), render_kw={"accept": ".csv,text/csv", **SIZES}, description=_l(
        "The first line names the columns: question, answer, and if you like alternatives and quick replies, several "
        "of them with | between. A question that is known gets the new answer."))


class TextForm(SettingsForm):
    """A text that somebody pastes."""

    title = StringField(_l("Name"), [Cleaned(SOURCE_LIMIT)], description=_l("Customers read it below the answer."))
    text = TextAreaField(_l("Text"), [Cleaned(PASTED_LIMIT)], description=_l(
        "Lines that begin with # are headings; a paragraph that is a question is one, too."))


class FilesForm(SettingsForm):
    """Documents."""

    files = MultipleFileField(_l("Files"), render_kw={"accept": ENDINGS, "multiple": True, **SIZES}, description=_l(
        "Markdown, text, HTML, PDF or Word (.docx), each up to 5 MB. A file of the same name takes the place of the "
        "earlier one."))


FORMS = {"table": TableForm, "text": TextForm, "files": FilesForm}


@bp.get("/bots/<key>/knowledge/import")
def new(key: str):
    """The three ways, and which documents are there."""
    bot = find_bot(key)
    return page("import.html", **_context(bot))


@bp.post("/bots/<key>/knowledge/import")
@accepts_upload(LARGEST_UPLOAD)
def create(key: str):
    """Import what one of the forms holds."""
    bot, kind = find_bot(key), field("kind") if field("kind") in FORMS else "text"
    form = FORMS[kind]()
    if form.validate():
        try:
            done = IMPORTERS[kind](bot, form)
            flash(done)
            return redirect(url_for("settings_knowledge.index", key=bot.key), 303)
        except TooMuchKnowledge:
            _refuse(form, _("A bot can have at most %(most)s entries.", most=ENTRIES_AT_MOST))
        except Refused as refusal:
            _refuse(form, *refusal.args)
    return refused("import.html", **_context(bot, **{kind: form}))


class Refused(Exception):
    """What cannot be imported; its arguments are sentences for the host."""


def _import_table(bot: Bot, form: TableForm) -> str:
    try:
        rows = rows_of(_uploaded(form.table.data).read(), ENTRIES_AT_MOST)
    except MissingColumn as error:
        raise Refused(_("The first line has no column “%(name)s”.", name=error.name)) from None
    except TooManyRows:
        raise TooMuchKnowledge from None
    except DocumentError as error:
        raise Refused(_sentence(error)) from None
    drafts = [_draft(row) for row in rows]
    broken = [draft for draft in drafts if isinstance(draft, str)]
    if broken:
        more = [_("… and %(count)s more rows.", count=len(broken) - ROWS_TOLD)] if len(broken) > ROWS_TOLD else []
        raise Refused(*broken[:ROWS_TOLD], *more)
    added, changed = add_entries(bot, member(), drafts)
    return _("%(added)s entries added, %(changed)s changed.", added=added, changed=changed)


def _import_text(bot: Bot, form: TextForm) -> str:
    try:
        passages = passages_in(form.text.data, form.title.data)
    except DocumentError as error:
        raise Refused(_sentence(error)) from None
    return _told(replace_documents(bot, member(), {form.title.data: map(_passage, passages)}))


def _import_files(bot: Bot, form: FilesForm) -> str:
    files = [file for file in form.files.data or [] if isinstance(file, FileStorage) and file.filename]
    if not files:
        raise Refused(_("Please choose a file."))
    if len(files) > FILES_AT_MOST:
        raise Refused(_("At most %(most)s files at once.", most=FILES_AT_MOST))
    read = [(name_of(file), *_read(file)) for file in files]
    broken = [why for _name, _passages, why in read if why]
    if broken:
        raise Refused(*broken)
    return _told(replace_documents(bot, member(), {name: passages for name, passages, _why in read}))


IMPORTERS = {"table": _import_table, "text": _import_text, "files": _import_files}


def _read(file: FileStorage) -> tuple[list[Draft], str]:
    """The passages of a file, or why there are none."""
    try:
        return [_passage(passage) for passage in passages_of(name_of(file), file.read())], ""
    except DocumentError as error:
        return [], f"{name_of(file)}: {_sentence(error)}"


def _passage(passage: documents.Passage) -> Draft:
    return Draft(passage.heading[:QUESTION_LIMIT], passage.text)


def _draft(row: Row) -> Draft | str:
    """A row as an entry; or what is wrong with it."""
    try:
        return Draft(row.question, row.answer, row.alternatives, row.quick_replies).cleaned()
    except EmptyText:
        missing = _("the answer") if row.question else _("the question")
        return _("Row %(number)s: %(what)s is missing.", number=row.number, what=missing)
    except TextTooLong as error:
        return _("Row %(number)s: a text has more than %(limit)s characters.", number=row.number, limit=error.limit)
    except TooManyTexts:
        return _("Row %(number)s: at most %(alternatives)s alternatives and %(replies)s quick replies.",
                 number=row.number, alternatives=ALTERNATIVES_AT_MOST, replies=QUICK_REPLIES_AT_MOST)
    except InvalidText:
        return _("Row %(number)s: a text has characters that cannot be shown.", number=row.number)


def _uploaded(file: FileStorage | None) -> FileStorage:
    if not isinstance(file, FileStorage) or not file.filename:
        raise Refused(_("Please choose a file."))
    return file


def name_of(file: FileStorage) -> str:
    """The file's own name, short enough to be stored and still with its ending."""
    path = PurePath(clipped(file.filename, 1_000).replace("\\", "/").replace("/", " ").strip() or "file")
    return path.stem[:SOURCE_LIMIT - len(path.suffix)] + path.suffix


def _told(count: int) -> str:
    return ngettext("%(num)s passage imported.", "%(num)s passages imported.", count)


def _sentence(error: DocumentError) -> str:
    sentences = {
        documents.UnknownFormat: lambda: _("Baton cannot read this kind of file."),
        documents.FileTooLarge: lambda: _("This file is too large."),
        documents.Unreadable: lambda: _("This file cannot be read. Is it damaged, or locked with a password?"),
        documents.NothingInside: lambda: _("There is no text in it."),
        documents.TooLong: lambda: _("This is too much text: split it, or leave out what nobody asks for."),
    }
    return sentences[type(error)]()


def _refuse(form: SettingsForm, *sentences: str) -> None:
    """Say what is wrong beside the field that holds what cannot be imported."""
    list(form)[-1].errors = sentences


def _context(bot: Bot, **typed: SettingsForm) -> dict:
    forms = {name: typed.get(name) or form(formdata=None) for name, form in FORMS.items()}
    return {"bot": bot, "forms": forms, "documents": documents_of(bot)}
