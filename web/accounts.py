"""What is wrong with a form in which somebody gets an account, by field, in one sentence each."""

from collections.abc import Mapping

from flask_babel import gettext as _

from models.member import InvalidEmail, InvalidPassword, check_password, clean_email
from models.text import EmptyText, InvalidText, TextTooLong, clean


def errors_in(values: Mapping[str, str]) -> dict[str, str]:
    """The faults of `values`, of which "email" and "password" are what they say, and all others names."""
    found = {name: _error(name, text) for name, text in values.items()}
    return {name: sentence for name, sentence in found.items() if sentence}


def _error(name: str, text: str) -> str | None:
    try:
        {"email": clean_email, "password": check_password}.get(name, _check_name)(text)
    except InvalidEmail:
        return _("This is no e-mail address.")
    except InvalidPassword:
        return _("A password has 10 to 200 characters.")
    except EmptyText:
        return _("Please fill this in.")
    except TextTooLong as error:
        return _("At most %(limit)s characters.", limit=error.limit)
    except InvalidText:
        return _("This text has characters that cannot be shown.")
    return None


def _check_name(text: str) -> None:
    clean(text, 120)
