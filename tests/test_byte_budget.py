"""What a session's requests may ask for together: twice the file and 64 MiB, and not a byte more (K7)."""

import pytest
from django.test import Client

from activity.models import Action, Event
from software.models import SPARE_BYTES, Build, DownloadLink, DownloadSession
from software.services import renew_link
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4
MOST = 2 * 1024 + 64 * 1024 * 1024


@pytest.fixture
def link(clock, agent, customer):
    return link_of(agent, customer)


def link_of(agent, customer, content=CONTENT):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    return make_link(agent, purchase, make_build(purchase.sku.product, content))


@pytest.fixture
def address(link):
    return started(link)


def started(link):
    return Client().post(link.get_absolute_url()).headers["Location"]


def ask(address, method="get", **headers):
    """Ask and read the answer to its end; answers its status."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    response = getattr(Client(), method)(address, headers=given)
    response.getvalue()
    return response.status_code


def asked():
    return DownloadSession.objects.get().bytes_asked


def leave(count):
    """Have all but `count` bytes of the budget asked for already."""
    DownloadSession.objects.update(bytes_asked=MOST - count)


def test_the_budget_is_twice_the_file_and_64_mebibytes(address):
    assert DownloadSession.objects.get().most_bytes == MOST
    assert SPARE_BYTES == 67_108_864


def test_a_whole_file_is_charged_whole(address):
    assert ask(address) == 200
    assert asked() == 1024


@pytest.mark.parametrize(
    ("given", "count"),
    [("bytes=0-9", 10), ("bytes=-3", 3), ("bytes=1000-", 24), ("bytes=5-4", 1024), ("bytes=0-1,4-5", 1024)],
)
def test_a_range_is_charged_as_many_bytes_as_are_sent(address, given, count):
    ask(address, Range=given)
    assert asked() == count


def test_a_part_of_another_file_is_charged_as_the_whole(address):
    ask(address, Range="bytes=0-9", If_Range='"another"')
    assert asked() == 1024


def test_what_sends_no_byte_is_free(link, address):
    assert ask(address, "head") == 200
    assert ask(address, If_None_Match=link.build.etag) == 304
    assert ask(address, If_Match='"another"') == 412
    assert ask(address, Range="bytes=1024-") == 416
    assert ask(address, "post") == 405
    assert asked() == 0


def test_it_is_charged_before_the_first_byte_leaves(address):
    response = Client().get(address)
    assert asked() == 1024
    response.close()


def test_an_empty_file_costs_nothing(agent, customer):
    address = started(link_of(agent, customer, b""))
    assert ask(address) == 200
    assert asked() == 0


def test_the_last_byte_of_the_budget_is_sent_and_one_more_closes_the_session(link, partner, address):
    leave(10)
    assert ask(address, Range="bytes=0-9") == 206
    assert asked() == MOST
    response = Client().get(address, headers={"Range": "bytes=0-0"})
    assert response.status_code == 429
    page = response.content.decode()
    assert "more than twice its file and 64 MiB" in page
    assert partner.support_email in page
    assert asked() == MOST
    session = DownloadSession.objects.get()
    assert (session.end, session.closed_at) == ("over_budget", link.granted_at)
    closed = Event.objects.get(action=Action.DOWNLOAD_CLOSED)
    assert (closed.link_id, closed.details["reason"]) == (link.public_id, "session_over_budget")


def test_a_request_for_one_byte_too_many_closes_it_though_a_smaller_one_would_fit(address):
    leave(9)
    assert ask(address, Range="bytes=0-9") == 429
    assert ask(address, Range="bytes=0-0") == 429
    assert asked() == MOST - 9


def test_a_closed_session_stays_closed_for_everything(clock, address):
    leave(0)
    for _time in range(2):
        assert ask(address) == 429
    assert ask(address, "head") == 429
    assert ask(address, Range="bytes=0-0") == 429
    clock.set("2020-01-25T12:00:00Z")
    assert ask(address) == 429
    assert Event.objects.filter(action=Action.DOWNLOAD_CLOSED).count() == 1


def test_another_session_of_the_link_has_a_budget_of_its_own(link, address):
    leave(0)
    assert ask(address) == 429
    assert ask(started(link)) == 200
    assert DownloadLink.objects.get().used == 2


# A file that was replaced


@pytest.fixture
def replaced(link, address):
    Build.objects.filter(pk=link.build_id).update(sha256="0" * 64)
    return address


def test_a_session_whose_file_was_replaced_is_closed_for_good(link, replaced):
    assert ask(replaced, Range="bytes=10-") == 409
    session = DownloadSession.objects.get()
    assert (session.end, session.bytes_asked) == ("file_replaced", 0)
    Build.objects.filter(pk=link.build_id).update(sha256=link.build.sha256)
    assert ask(replaced) == 409
    assert Event.objects.filter(action=Action.DOWNLOAD_CLOSED, details__reason="file_replaced").count() == 1


def test_asking_about_a_replaced_file_closes_it_too(replaced):
    assert ask(replaced, "head") == 409
    assert DownloadSession.objects.get().end == "file_replaced"


def test_a_new_download_is_of_the_new_file(agent, link, replaced):
    assert ask(started(link)) == 200


def test_a_renewal_opens_no_closed_session(agent, link, replaced):
    ask(replaced)
    renew_link(link.public_id, grant_seen=1, actor=agent)
    assert ask(replaced) == 409


# Parallel segments


@pytest.mark.django_db(transaction=True)
def test_parallel_segments_together_stay_within_the_budget(agent, customer):
    address = started(link_of(agent, customer))
    leave(50)
    answers = in_threads(*[lambda: ask(address, Range="bytes=0-9")] * 10)
    assert sorted(answers) == [206] * 5 + [429] * 5
    session = DownloadSession.objects.get()
    assert (session.bytes_asked, session.end) == (MOST, "over_budget")
    assert Event.objects.filter(action=Action.DOWNLOAD_CLOSED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_segments_that_fit_to_the_byte_all_pass(agent, customer):
    address = started(link_of(agent, customer))
    leave(100)
    assert in_threads(*[lambda: ask(address, Range="bytes=0-9")] * 10) == [206] * 10
    session = DownloadSession.objects.get()
    assert (session.bytes_asked, session.end) == (MOST, "")
