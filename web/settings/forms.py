"""Forms of the settings pages: what is typed is read, cleaned, and refused beside its field."""

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, IntegerField, SelectMultipleField, TextAreaField
from wtforms.validators import StopValidation

from models.text import EmptyText, InvalidText, TextTooLong, clean


class SettingsForm(FlaskForm):
    """A form whose fields have the names of what they change."""

    class Meta:
        csrf = False  # every write has passed the check of its token before a view is called

    def values(self) -> dict:
        """What the fields hold, by name."""
        return dict(self.data)


class Cleaned:
    """Validates a text of at most `limit` characters, and keeps it as Baton stores texts (models.text.clean)."""

    def __init__(self, limit: int, required: bool = True):
        self.limit = limit
        self.required = required
        self.field_flags = {"maxlength": limit} | ({"required": True} if required else {})

    def __call__(self, form: FlaskForm, field: Field) -> None:
        try:
            field.data = clean(field.data or "", self.limit)
        except EmptyText:
            field.data = ""
            if self.required:
                raise StopValidation(_l("Please fill this in.")) from None
        except TextTooLong as error:
            raise StopValidation(_l("At most %(limit)s characters.", limit=error.limit)) from None
        except InvalidText:
            raise StopValidation(_l("This text has characters that cannot be shown.")) from None


class Lines(TextAreaField):
    """A list, one item in a line. Empty lines and repeated items are dropped."""

    def __init__(self, *args, most: int, limit: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.most = most
        self.limit = limit

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """One string in, a list of strings out."""
        lines = [line.strip() for line in (valuelist[0] if valuelist else "").splitlines()]
        self.data = list(dict.fromkeys(line for line in lines if line))

    def pre_validate(self, form: FlaskForm) -> None:
        """Refuse too many lines, and lines that are too long."""
        if len(self.data) > self.most:
            raise StopValidation(_l("At most %(most)s lines.", most=self.most))
        for line in self.data:
            _refuse(lambda line=line: clean(line, self.limit), self.limit)


class WholeNumber(IntegerField):
    """A whole number, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """'' is None; anything that is no number is refused in one sentence."""
        text = valuelist[0].strip() if valuelist else ""
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError(_l("Please write a whole number, 0 or more."))
        self.data = int(text) if text else None


class Choices(SelectMultipleField):
    """Any of several, as check boxes."""


class UpTo:
    """Validates a number: from `least` to `most`, and there at all if it is required."""

    def __init__(self, most: int, required: bool = False, least: int = 0):
        self.least = least
        self.most = most
        self.required = required
        self.field_flags = {"min": least, "max": most}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if field.errors:
            raise StopValidation
        if field.data is None and self.required:
            raise StopValidation(_l("Please fill this in."))
        if field.data is not None and field.data < self.least:
            raise StopValidation(_l("At least %(least)s.", least=self.least))
        if field.data is not None and field.data > self.most:
            raise StopValidation(_l("At most %(most)s.", most=self.most))


def _refuse(check: Callable[[], object], limit: int) -> None:
    try:
        check()
    except TextTooLong:
        raise StopValidation(_l("At most %(limit)s characters in a line.", limit=limit)) from None
    except InvalidText:
        raise StopValidation(_l("This text has characters that cannot be shown.")) from None
