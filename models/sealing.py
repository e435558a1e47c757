"""Texts that the database keeps sealed, because Baton has to show them to others: passwords and keys of services.

The seal is made of the deployment's secret key: a copy of the database alone opens none of them.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

_seal: Fernet | None = None


class WrongSeal(ValueError):
    """The text was sealed with another secret key; it has to be entered anew."""


def seal_with(secret_key: str) -> None:
    """Seal and unseal with this deployment's `secret_key` from now on."""
    global _seal
    # One key for each purpose: what signs cookies opens no text, and the other way round.
    key = hashlib.blake2b(secret_key.encode(), digest_size=32, person=b"baton sealing").digest()
    _seal = Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """`text` as only this deployment can read it; '' stays ''. RuntimeError before `seal_with`."""
    return _opened().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """The text behind `sealed`; raises WrongSeal. RuntimeError before `seal_with`."""
    try:
        return _opened().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken as error:
        raise WrongSeal from error


def _opened() -> Fernet:
    if _seal is None:
        raise RuntimeError("there is no secret key to seal with")
    return _seal
