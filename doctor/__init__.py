"""The doctor: looks at what a deployment needs, names the cause of what is wrong, and the lines to change.

Used by `bin/baton doctor`, which asks the running server from outside, by the self-test page, which does so from
within it, and by every start. Never Flask.
"""

from config import Config
from doctor import line, parts
from doctor.finding import Finding
from doctor.parts import reason

__all__ = ["Finding", "examine", "reason", "unreachable"]


def examine(settings: Config) -> list[Finding]:
    """Everything, with the settings' database open; what cannot be asked because of an earlier finding is left out."""
    return [*parts.examine(settings), *line.examine(settings)]


def unreachable(settings: Config) -> Finding | None:
    """The first thing without which Baton cannot start."""
    return next((found for found in (parts.database(settings), parts.relay(settings)) if not found.ok), None)
