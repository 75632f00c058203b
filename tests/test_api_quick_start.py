"""The quick start of docs/api.md, as it stands there: by curl from a token to the credit, and by Python."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from software.models import DownloadLink
from tests.api import Caller
from tests.factories import make_build, make_sku

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = Path(__file__).parent.parent / "docs" / "api.md"
DEMO = "http://127.0.0.1:8000"
LEARNT = {  # a word of the document: the command whose answer tells it, and where in the answer
    "TENANT": ("/customers?", lambda answer: answer["items"][0]["id"]),
    "PRODUCT": ("/products?", lambda answer: answer["items"][0]["id"]),
    "SKU": ("/skus", lambda answer: answer["items"][0]["id"]),
    "ITEM": ("/availabilities", lambda answer: answer["items"][0]["catalogItemId"]),
    "CART": ("/carts", lambda answer: answer["id"]),
    "ORDER": ("/checkout", lambda answer: answer["orders"][0]["id"]),
    "KEY": ("/softwarekeys", lambda answer: answer["items"][0]["id"]),
    "VERSION": ("/builds", lambda answer: answer["items"][0]["version"]),
    "LANGUAGE": ("/builds", lambda answer: answer["items"][0]["language"]),
    "TYPE": ("/builds", lambda answer: answer["items"][0]["fileType"]),
    "QUOTE": ("/cancellationquotes", lambda answer: answer["id"]),
}


def block_under(heading):
    """The indented lines of the document's section, as somebody pastes them."""
    section = DOCUMENT.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ") or not line))


def steps():
    """What prepares the shell, and the calls, each a line of its own."""
    lines = [line for line in block_under("Quick start with curl").replace("\\\n", "").splitlines() if line.strip()]
    calls = [line for line in lines if line.startswith(("api ", "once "))]
    return [line for line in lines if line not in calls], calls


def filled(text, words):
    return re.sub(r"\b[A-Z]{2,}\b", lambda word: str(words.get(word[0], word[0])), text)


@pytest.fixture
def caller(global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


def test_the_road_by_curl_from_a_token_to_the_credit(caller, customer, live_server):
    make_build(make_sku(keys=2).product)
    prepared, calls = steps()
    words = {"ID": caller.client.client_id, "SECRET": caller.secret}
    answers = []
    for call in calls:
        typed = filled("\n".join([*prepared, call]).replace(DEMO, live_server.url), words)
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
        assert "code" not in answers[-1], (typed, done.stdout)
        for word, (ending, told) in LEARNT.items():
            if word not in words and ending in call.partition(" -d ")[0]:
                words[word] = told(answers[-1])
    assert len(calls) == 13
    assert Cancellation.objects.count() == 1
    assert DownloadLink.objects.get().label == "Office"
    charged, credited = sorted(line["totalForCustomer"] for line in answers[-1]["items"])[::-1]
    assert charged == -credited > 0


def test_the_quick_start_with_python(caller, customer, live_server):
    words = {"ID": caller.client.client_id, "SECRET": caller.secret}
    script = block_under("Quick start with Python").replace(DEMO, live_server.url)
    for word, value in words.items():
        script = script.replace(f'"{word}"', f'"{value}"')
    command = [sys.executable, "-I", "-S", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    assert done.stdout == f"{customer.tenant_id} {customer.company_name}\n"
