"""A PostgreSQL of the tests' own, in a folder that goes away."""

import os
import shutil
import subprocess
import tempfile


class Cluster:
    """Runs while the `with` block does, and gives its URL. It listens on a socket in its folder alone."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="baton-pg-")
        # PostgreSQL refuses to run as root.
        self.account = {"user": "postgres"} if os.geteuid() == 0 else {}
        if self.account:
            shutil.chown(self.folder, "postgres")

    @staticmethod
    def is_installed() -> bool:
        """Whether there is a PostgreSQL to run."""
        return all(shutil.which(program) for program in ("initdb", "pg_ctl"))

    def __enter__(self) -> str:
        self._run("initdb", "--username=baton", "--auth=trust", "--no-sync")
        self._run("pg_ctl", "start", "-w", "-l", f"{self.folder}/log",
                  "-o", f"-k {self.folder} -c listen_addresses='' -c fsync=off")
        return f"postgresql+psycopg://baton@/postgres?host={self.folder}"

    def __exit__(self, *_error) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([program, "-D", f"{self.folder}/data", *arguments], check=True, timeout=60, cwd=self.folder,
                       stdout=subprocess.DEVNULL, **self.account)
