"""The floor under Baton: the same worker, one route, one raw insert that survives a power cut, one push.

No ORM, template, sign-in or CSRF. Its addresses are shaped like Baton's, so that one driver serves both.
"""

import os
import sqlite3
from collections import defaultdict

from flask import Flask, request
from flask_sock import Sock
from markupsafe import escape
from simple_websocket import ConnectionClosed, Server

app = Flask(__name__)
sock = Sock(app)
listeners: dict[int, set[Server]] = defaultdict(set)

database = sqlite3.connect(os.path.join(os.environ["DATA_DIR"], "floor.sqlite3"), isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, chat_id INTEGER, uuid TEXT, text TEXT)")


@app.get("/readyz")
def ready():
    """It is up."""
    return "ready\n"


@app.post("/chats/<int:chat_id>/messages")
def post_message(chat_id: int):
    """Store a message, push it, answer with it."""
    uuid, text = request.form["uuid"], request.form["text"]
    database.execute("INSERT INTO messages (chat_id, uuid, text) VALUES (?, ?, ?)", (chat_id, uuid, text))
    html = f'<div id="message_{escape(uuid)}">{escape(text)}</div>'
    for ws in tuple(listeners[chat_id]):
        ws.send(html)
    return html


@sock.route("/chats/<int:chat_id>/socket")
def socket(ws: Server, chat_id: int):
    """Listen to a chat."""
    listeners[chat_id].add(ws)
    try:
        while True:
            ws.receive()
    except ConnectionClosed:
        listeners[chat_id].discard(ws)
