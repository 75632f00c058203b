"""Looks at a link never count, and an address that is not ours costs no question to the database (K5)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from software.models import DownloadLink, DownloadSession
from software.services import start_download
from tests.factories import buy_line, make_link, make_sku

pytestmark = pytest.mark.django_db

OF_A_TRANSACTION = ("SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT")  # begun and left with nothing in it
PREVIEWS = [
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"},
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Microsoft Office/16.0 (Microsoft Outlook 16.0; Safe Links)"},
    {"Range": "bytes=0-0"},
    {"If-None-Match": "*"},
]


@pytest.fixture
def link(clock, agent, customer):
    return make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)


def assert_nothing_counted():
    assert DownloadLink.objects.get().used == 0
    assert not DownloadSession.objects.exists()


@pytest.mark.parametrize("headers", PREVIEWS, ids=str)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_preview_in_whatever_guise_counts_nothing_and_sends_no_file(link, headers, method):
    response = getattr(Client(headers=headers), method)(link.get_absolute_url())
    assert response.status_code in (200, 204)
    assert "attachment" not in response.headers.get("Content-Disposition", "")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert_nothing_counted()


def test_options_tells_the_methods_and_nothing_of_the_link(link):
    with CaptureQueriesContext(connection) as asked:
        answers = [Client().options(address) for address in (link.get_absolute_url(), f"/d/{'A' * 48}")]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert {answer.headers["Allow"] for answer in answers} == {"GET, HEAD, OPTIONS, POST"}
    assert "Access-Control-Allow-Origin" not in answers[0].headers
    assert len(asked) == 0
    assert_nothing_counted()


def forgeries(link):
    """Addresses with a token that we did not make for this."""
    token, session = link.token, start_download(link.token, user=None).token
    flipped = [token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in (0, 20, 25, 47)]
    wrong = ["x", "A" * 48, token[:-1], token + "A", *flipped, session, link.new_attempt(), token[:32] + session[32:]]
    odd = ["A" * 1_000_000, "%00" * 48, f"{token}%00", "설" * 48, "%FF" * 48, "%2B" * 48, token.swapcase()]
    return [f"/d/{each}" for each in (*wrong, *odd)] + [
        f"/d/session/{each}/setup.iso" for each in (token, *wrong[:8], *odd)
    ]


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_what_we_did_not_make_is_not_found_and_the_database_is_not_asked(link, method):
    for address in forgeries(link):
        if method == "post" and "session" in address:
            continue
        with CaptureQueriesContext(connection) as asked:
            response = getattr(Client(), method)(address)
        questions = [query["sql"] for query in asked if not query["sql"].startswith(OF_A_TRANSACTION)]
        assert (response.status_code, questions) == (404, []), address[:80]
    assert DownloadLink.objects.get().used == 1  # by the session whose token was tried


def test_a_genuine_token_is_looked_up_by_its_whole_id(link):
    with CaptureQueriesContext(connection) as asked:
        Client().get(link.get_absolute_url())
    found = [query["sql"] for query in asked if 'FROM "software_downloadlink"' in query["sql"]]
    assert len(found) == 1
    assert f'"software_downloadlink"."public_id" = \'{link.public_id}\'::uuid' in found[0]
    assert "LIKE" not in found[0]
