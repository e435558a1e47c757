"""The settings pages: what owners and admins choose. One resource per file."""

from web.settings import bots, hours, imports, knowledge, mail

RESOURCES = (bots, knowledge, hours, imports, mail)
