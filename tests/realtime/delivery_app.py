"""A small app around the delivery core, for the tests: publish over HTTP, listen on a socket."""

import json
import os
import time
from pathlib import Path

from flask import Flask, request
from flask_sock import Sock
from wsproto.utilities import RemoteProtocolError

from realtime.connection import RESTARTING, SOCK_SERVER_OPTIONS, Connection, refuse_compression
from realtime.hub import Hub
from realtime.relay import open_relay
from realtime.turns import connecting
from realtime.worker import on_start, on_stop, open_sockets_in_turn

app = Flask(__name__)
app.config["SOCK_SERVER_OPTIONS"] = SOCK_SERVER_OPTIONS
sock = Sock(app)
hub = Hub()
relay = open_relay(os.environ.get("REDIS_URL"), hub, "tests")
received: list[str] = []
under_way: list[str] = []

open_sockets_in_turn(connecting)
on_start(relay.run)
on_stop(lambda: hub.close_all(RESTARTING))


@app.before_request
def make_safe():
    refuse_compression(request.environ)


@app.errorhandler(RemoteProtocolError)
def refuse(error):
    return str(error), 400


@sock.route("/sockets/<topics>")
def listen(ws, topics):
    connection = Connection(ws, take, most_bytes=request.args.get("most_bytes", 1 << 20, type=int),
                            send_seconds=request.args.get("send_seconds", 10, type=float))
    hub.subscribe(connection, topics.split(","))
    connection.start(lambda: hub.unsubscribe(connection))


def take(text: str) -> None:
    if "explode" in text:
        raise RuntimeError("a bug in the handler of frames")
    received.append(text)


@app.post("/topics/<topic>")
def publish(topic):
    relay.publish(topic, request.get_data(as_text=True))
    return {}


@app.post("/bursts/<topic>")
def publish_many(topic):
    for number in range(int(request.get_data())):
        relay.publish(topic, json.dumps({"seq": number}))
    return {}


@app.post("/closings/<topic>")
def disconnect(topic):
    relay.disconnect(topic, int(request.get_data()))
    return {}


@app.post("/beat")
def beat():
    hub.beat(lambda topics: {topic: 7 for topic in topics if topic != "silent"})
    return {}


@app.get("/slow")
def slow():
    under_way.append(request.url)
    time.sleep(request.args.get("seconds", type=float))
    return "answered"


@app.get("/state")
def state():
    return {"pid": os.getpid(), "topics": sorted(hub.topics()), "received": received, "under_way": under_way,
            "rss": resident_bytes(), "opened": hub.opened, "closed": hub.closed, "dropped_slow": hub.dropped_slow,
            "ready": relay.ready()}


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
