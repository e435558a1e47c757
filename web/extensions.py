"""The Flask extensions, made once and bound to the application by `web.register`."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from itsdangerous import URLSafeTimedSerializer

from languages import Catalogues
from web.limits import line_of_visitor


class Sessions(SecureCookieSessionInterface):
    """Sessions as Flask keeps them, with one signer for all: to make one with each request costs as much as a query."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Called by Flask."""
        self._signer = self._signer or super().get_signing_serializer(app)
        return self._signer


babel = Babel()
babel.domain_instance = Catalogues()
compress = Compress()
csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(line_of_visitor)
