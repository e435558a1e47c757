"""The Flask extensions, made once and bound to the application by `web.register`."""

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

from languages import Catalogues

babel = Babel()
babel.domain_instance = Catalogues()
compress = Compress()
csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(get_remote_address)
