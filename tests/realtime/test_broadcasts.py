"""What is pushed when something fails: tests/web/test_broadcasts.py has who hears what when nothing does."""

from models import Notice
from realtime.broadcasts import COME_BACK, Broadcasts, member_topic
from realtime.hub import Hub
from realtime.relay import LocalRelay
from tests.models.chats import write_first
from tests.realtime.test_hub import FakeConnection


def test_who_loses_access_is_cut_off_whatever_cannot_be_drawn(local_desk, monkeypatch):
    def fails(*args, **more):
        raise ZeroDivisionError

    hub, connection = Hub(), FakeConnection()
    hub.subscribe(connection, [member_topic(local_desk.maya.id)])
    monkeypatch.setattr(Broadcasts, "_chat_moved", fails)
    handed_back = write_first(local_desk)
    Broadcasts(LocalRelay(hub)).deliver([handed_back, Notice("member_access_changed", member_id=local_desk.maya.id)])
    assert connection.close_code == COME_BACK
