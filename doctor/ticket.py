"""Tickets: who holds one knows this deployment's secret key, or was given it by who does, a minute ago at most.

They open nothing but the doctor's own addresses, which tell how a request arrived and send echoes.
"""

from itsdangerous import BadData, URLSafeTimedSerializer

SECONDS = 60


def issue(secret_key: str) -> str:
    """A new ticket, of characters that a header and a WebSocket subprotocol take as they are."""
    return _signer(secret_key).dumps("doctor")


def is_good(ticket: str, secret_key: str) -> bool:
    """Whether the ticket was made with this key, at most SECONDS ago."""
    try:
        return _signer(secret_key).loads(ticket, max_age=SECONDS) == "doctor"
    except BadData:
        return False


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="doctor")
