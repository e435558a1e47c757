"""A progress bar on a terminal, a line for each step elsewhere."""

import sys
import time

BAR = 24


class Progress:
    """Says how far the measures are, on stderr."""

    def __init__(self, measures: int):
        self._measures = measures
        self._done = 0
        self._name = ""
        self._started = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def begin(self, name: str) -> None:
        """The next measure begins."""
        self._name = name
        self.step("")

    def step(self, what: str) -> None:
        """What goes on inside it."""
        words = f"{self._name}: {what}" if what else self._name
        if self._is_terminal:
            filled = "█" * round(BAR * self._done / self._measures)
            seconds = time.monotonic() - self._started
            print(f"\r\033[K{filled:░<{BAR}} {self._done}/{self._measures} {seconds:4.0f} s  {words}", end="",
                  file=sys.stderr, flush=True)
        else:
            print(f"Baton: measuring {words}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """The measure is over."""
        self._done += 1
        if self._is_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Silence:
    """Says nothing."""

    def step(self, what: str) -> None:
        """Nothing."""
