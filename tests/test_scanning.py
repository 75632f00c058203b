"""The virus scanner: what it finds is refused by name, and nothing passes that it has not seen (S3)."""

import os
import socket
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from activity.models import Action, Event
from cancellations.support import scanning
from cancellations.support.models import Attachment
from cancellations.support.services.files import add_file
from csp_portal.errors import Refusal
from tests.attachments import EICAR, PDF, scanner, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """A storage of this test alone."""
    disk = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "default": disk}


def refusal_of(content, actor):
    with pytest.raises(Refusal) as refused:
        add_file(uuid4(), uploaded("a.txt", content), actor=actor)
    assert not Attachment.objects.exists()
    assert not default_storage.exists("support")
    assert Event.objects.get(action=Action.FILE_REFUSED).details["reason"] == refused.value.code
    return refused.value


def test_a_file_in_which_nothing_is_found_is_taken_whole(settings, agent):
    content = PDF + b"%" * 100_000
    with scanner() as clamd:
        settings.CLAMAV_ADDRESS = clamd.address
        attachment = add_file(uuid4(), uploaded("a.pdf", content), actor=agent)
    assert clamd.received == [content]
    with default_storage.open(attachment.storage_name) as file:
        assert file.read() == content


def test_what_is_found_is_named(settings, agent):
    with scanner() as clamd:
        settings.CLAMAV_ADDRESS = clamd.address
        refusal = refusal_of(EICAR, agent)
    assert refusal.code == "virus_found"
    assert "Eicar-Test-Signature" in refusal.message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"stream: Can't allocate memory ERROR\n",
        b"INSTREAM size limit exceeded. ERROR\n",
        b"stream: maybe\n",
        b"\xff\xfe\n",
        b"UNKNOWN COMMAND\n",
    ],
)
def test_an_answer_that_is_not_clean_lets_nothing_through(settings, agent, answer):
    with scanner(answer) as clamd:
        settings.CLAMAV_ADDRESS = clamd.address
        refusal = refusal_of(b"text", agent)
    assert (refusal.code, refusal.status) == ("scanner_silent", 503)


def test_a_scanner_out_of_reach_lets_nothing_through(settings, agent):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.CLAMAV_ADDRESS = f"127.0.0.1:{free.getsockname()[1]}"
        assert refusal_of(b"text", agent).code == "scanner_silent"


def test_a_scanner_that_does_not_answer_in_time_lets_nothing_through(settings, agent, monkeypatch):
    monkeypatch.setattr(scanning, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.CLAMAV_ADDRESS = f"127.0.0.1:{mute.getsockname()[1]}"
        assert refusal_of(b"text", agent).code == "scanner_silent"


def test_an_address_may_be_the_path_of_a_socket(settings, agent, tmp_path):
    settings.CLAMAV_ADDRESS = os.fspath(tmp_path / "clamd.ctl")
    assert refusal_of(b"text", agent).code == "scanner_silent"
