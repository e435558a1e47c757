"""Reads one document: `python -m documents FORMAT TITLE`, bytes on standard input, passages as JSON on output."""

import json
import resource
import sys

from documents.formats import blocks_of
from documents.passages import passages

MEMORY_BYTES = 1024**3
CPU_SECONDS = 15
# More text than a bot can hold as passages.
CHARACTERS_AT_MOST = 3_000_000


def main(kind: str, title: str) -> None:
    """Print the passages; any failure ends the process with another status than 0."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    blocks = blocks_of(kind, sys.stdin.buffer.read())
    if sum(len(block.text) for block in blocks) > CHARACTERS_AT_MOST:
        sys.exit("too much text")
    json.dump(passages(blocks, title), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
