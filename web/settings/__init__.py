"""The settings pages: what owners and admins choose, and each member's own. One resource per file."""

from web.settings import (
    audit,
    bots,
    engines,
    hours,
    identity,
    imports,
    introduction,
    invitations,
    knowledge,
    look,
    mail,
    members,
    profile,
    waiting,
    websites,
)

RESOURCES = (bots, look, websites, knowledge, engines, hours, waiting, introduction, invitations, identity, imports,
             members, mail, audit, profile)
