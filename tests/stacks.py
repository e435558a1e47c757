"""The two ways to run Baton that every test must pass: `pytest --stack sqlite` and `--stack postgresql`."""

import itertools
from pathlib import Path

from tests.services import Postgres, Redis


class SqliteStack:
    """One process, one file, nothing else."""

    name = "sqlite"

    def environ(self, folder: Path) -> dict[str, str]:
        """The settings of a new, empty deployment whose data stand in `folder`."""
        return {"DATA_DIR": str(folder)}

    def close(self) -> None:
        """Nothing was started."""


class PostgresqlStack:
    """Two workers over PostgreSQL and Redis."""

    name = "postgresql"

    def __init__(self):
        self.postgres = Postgres().start()
        self.redis = Redis().start()
        self._numbers = itertools.count(1)

    def environ(self, folder: Path) -> dict[str, str]:
        """The settings of a new, empty deployment whose data stand in `folder`, and in a database of its own."""
        database = self.postgres.create(f"baton_{next(self._numbers)}")
        return {"DATA_DIR": str(folder), "DATABASE_URL": database, "REDIS_URL": self.redis.url, "WEB_CONCURRENCY": "2"}

    def close(self) -> None:
        """End both processes."""
        self.postgres.remove()
        self.redis.remove()


STACKS = {stack.name: stack for stack in (SqliteStack, PostgresqlStack)}
