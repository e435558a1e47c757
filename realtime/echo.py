"""A socket that belongs to nobody: it says some frames with pauses between them, and says back what it hears.

With it the doctor and the self-test page find out whether sockets, and single frames, get through.
"""

import json
import time

import gevent
from simple_websocket import Server

from realtime.connection import Connection

NORMAL = 1000
LIFE_SECONDS = 10


def echo(ws: Server, frames: int, pause: float) -> None:
    """Say `frames` frames, `pause` seconds apart, and echo, for LIFE_SECONDS at most. The route calls it."""
    connection = Connection(ws, lambda text: connection.put(text))
    connection.start(gevent.spawn(_speak, connection, frames, pause).kill)


def _speak(connection: Connection, frames: int, pause: float) -> None:
    for number in range(frames):
        connection.put(json.dumps({"frame": number}))
        time.sleep(pause)
    time.sleep(LIFE_SECONDS)
    connection.close(NORMAL)
