"""The settings pages: what owners and admins choose. One resource per file."""

from web.settings import bots, engines, hours, imports, knowledge, look, mail, websites

RESOURCES = (bots, look, websites, knowledge, engines, hours, imports, mail)
