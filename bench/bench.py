"""What every measure is given: how large to be, where to say how far it is, and servers that end with it."""

from contextlib import ExitStack

from bench.systems import Baton, Floor, System


class Bench:
    """`size` is "full", "quick" or "tiny" (for tests). With `share`, measures that can use the same two servers."""

    def __init__(self, size: str, progress, share: bool = False):
        self.size = size
        self.step = progress.step
        self._share = share
        self._shared: dict[type, System] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """End every server."""
        self._stack.close()
        self._shared.clear()

    def pick(self, full, quick, tiny):
        """The one for this run's size."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.size]

    def start(self, system: System) -> System:
        """Serve a system of the measure's own."""
        self._stack.callback(system.stop)
        return system.start()

    def baton(self) -> Baton:
        """A Baton with one worker and SQLite."""
        return self._common(Baton)

    def floor(self) -> Floor:
        """The floor."""
        return self._common(Floor)

    def call_at_end(self, end) -> None:
        """Have `end()` called when the servers that were started after it are gone."""
        self._stack.callback(end)

    def _common(self, kind: type[System]) -> System:
        if not self._share:
            return self.start(kind())
        if kind not in self._shared:
            self._shared[kind] = self.start(kind())
        return self._shared[kind]
