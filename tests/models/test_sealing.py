"""Sealed texts: readable with the deployment's own secret key, and with no other."""

import pytest

from models import sealing
from models.sealing import WrongSeal, seal, seal_with, unseal

KEY, OTHER_KEY = "k" * 32, "o" * 32


def test_what_is_sealed_can_be_read_again_and_not_in_the_database():
    seal_with(KEY)
    sealed = seal("hunter2")
    assert "hunter2" not in sealed and unseal(sealed) == "hunter2"
    assert seal("hunter2") != sealed, "two alike do not look alike"


def test_nothing_stays_nothing():
    seal_with(KEY)
    assert (seal(""), unseal("")) == ("", "")


def test_another_secret_key_opens_nothing():
    seal_with(KEY)
    sealed = seal("hunter2")
    seal_with(OTHER_KEY)
    for text in (sealed, "no seal at all", "ö"):
        with pytest.raises(WrongSeal):
            unseal(text)


def test_without_a_secret_key_there_is_no_seal(monkeypatch):
    monkeypatch.setattr(sealing, "_seal", None)
    with pytest.raises(RuntimeError):
        seal("hunter2")
