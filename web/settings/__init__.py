"""The settings pages: what owners and admins choose. One resource per file."""

from web.settings import bots, imports, knowledge, mail

RESOURCES = (bots, knowledge, imports, mail)
