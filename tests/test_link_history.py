"""A link's history: its grants, and what became of every download that was started with it (K3, K4, K7, K8)."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.permissions import ROLES_THAT_MAY, Permission, Role
from software.models import LINK_DOWNLOADS, SESSION_LIFETIME, Build, DownloadLink, DownloadSession, Grant, Transfer
from software.services import renew_link, revoke_link
from software.services.releasing import release_due
from tests.factories import UserFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, words_of

pytestmark = pytest.mark.django_db

CONTENT = bytes(2000)


@pytest.fixture
def link(clock, agent, customer):
    """A link made at 2020-01-24 12:00 UTC to a file of 2,000 bytes."""
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    return make_link(agent, purchase, make_build(purchase.sku.product, CONTENT), label="Ms Kim")


@pytest.fixture
def look(link, agent, client_of):
    """The page as an Admin agent finds it who has just signed in."""
    address = reverse("software:link_history", args=[link.purchase.customer.tenant_id, link.public_id])
    return lambda query=None: client_of(agent).get(address, query)


def start(link, **headers):
    return Client(headers=headers).post(link.get_absolute_url()).headers["Location"]


def fetch(address, asked=""):
    response = Client().get(address, headers={"Range": asked} if asked else {})
    return response.getvalue()


def rows(response, of):
    """The cells of each row of the table of downloads (0) or of grants (1)."""
    tables = re.findall(r"<tbody>.*?</tbody>", response.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>.*?</tr>", tables[of], re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<td[^>]*>.*?</td>", row, re.DOTALL)] for row in found]


def words(marked):
    return " ".join(re.sub(r"<[^>]+>", " ", marked).split())


def downloads(response):
    return [(sent, outcome) for _start, _who, sent, outcome, _until, _grant in rows(response, 0)]


# The link


def test_the_page_names_the_link_and_its_state(clock, agent, link, look):
    text = words_of(look())
    for told in (
        "Download link “Ms Kim” active",
        "setup.iso",
        "Downloads left 50 of 50",
        f"Link id {link.public_id}",
        link.purchase.order_number,
    ):
        assert told in text
    revoke_link(link.public_id, actor=agent)
    assert "Download link “Ms Kim” revoked" in words_of(look())


def test_the_links_address_does_not_stand_on_it(link, look):
    start(link)
    page = look().content.decode()
    assert link.token not in page
    assert DownloadSession.objects.get().token not in page


def test_a_link_without_downloads_says_what_will_stand_here(look):
    assert "No download yet Each download that is started with the link stands here." in words_of(look())


# Grants


def test_each_grant_stands_with_who_when_and_what_was_used_of_it(clock, agent, link, look):
    colleague = UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT])
    for _download in range(3):
        start(link)
    clock.set("2020-01-30T00:00:00Z")
    renew_link(link.public_id, grant_seen=1, actor=colleague)
    start(link)
    clock.set("2020-02-01T00:00:00Z")
    renew_link(link.public_id, grant_seen=2, replace_address=True, actor=agent)
    who, other = (user.email.replace("@", "@ ") for user in (agent, colleague))
    assert rows(look(), -1) == [
        ["3", "1 Feb 2020, 00:00 UTC", "15 Feb 2020, 00:00 UTC", who, "0 of 50", "replaced"],
        ["2", "30 Jan 2020, 00:00 UTC", "13 Feb 2020, 00:00 UTC", other, "1 of 50", "kept"],
        ["1", "24 Jan 2020, 12:00 UTC", "7 Feb 2020, 12:00 UTC", who, "3 of 50", "first address"],
    ]


def test_what_was_given_back_is_not_used(clock, link, look):
    start(link)
    fetch(start(link))
    clock.set("2020-01-24T12:15:00Z")
    release_due()
    assert [row[4] for row in rows(look(), 1)] == ["1 of 50"]


def test_what_nobody_wrote_down_is_not_made_up(agent, link, look):
    renew_link(link.public_id, grant_seen=1, actor=agent)
    Grant.objects.filter(number=1).delete()
    assert [row[0::5] for row in rows(look(), -1)] == [["2", "–"]]


def test_grants_stand_page_by_page(agent, link, look):
    for grant in range(1, 12):
        renew_link(link.public_id, grant_seen=grant, actor=agent)
    assert [row[0] for row in rows(look(), -1)] == [str(number) for number in range(12, 2, -1)]
    second = look({"grants": 2})
    assert [(row[0], row[5]) for row in rows(second, -1)] == [("2", "kept"), ("1", "first address")]


# Downloads


def test_a_download_stands_with_time_address_agent_and_bytes(clock, link, look):
    clock.set("2020-01-25T08:30:00Z")
    fetch(start(link, user_agent="curl/8.5.0 <b>"))
    assert rows(look(), 0) == [
        [
            "25 Jan 2020, 08:30 UTC",
            "127.0.0.1 curl/8.5.0 &lt;b&gt;",
            "2 kB",
            "complete",
            "–",
            "1",
        ]
    ]


def test_a_part_a_nothing_and_a_running_one_are_told_apart(link, look):
    fetch(start(link), "bytes=0-499")
    start(link)
    start(link)
    session = DownloadSession.objects.latest("pk")
    Transfer.objects.create(session=session, started_at=session.started_at, first=0, length=2000)
    assert downloads(look()) == [
        ("0 bytes of 2 kB", "running"),
        ("0 bytes of 2 kB", "nothing sent yet"),
        ("500 bytes of 2 kB", "sent in part"),
    ]


def test_what_is_not_complete_says_until_when_it_can_be_resumed(clock, link, look):
    fetch(start(link), "bytes=0-499")
    assert rows(look(), 0)[0][4] == "open until 25 Jan 2020, 12:00 UTC"


def test_parts_that_make_the_whole_are_complete(link, look):
    address = start(link)
    for part in ("bytes=1000-", "bytes=0-499", "bytes=400-999"):
        fetch(address, part)
    assert downloads(look()) == [("2.1 kB", "complete")]


def test_what_was_given_back_says_why(clock, link, look):
    start(link)
    clock.set("2020-01-24T12:15:00Z")
    release_due()
    default_storage.delete(link.build.storage_name)
    assert Client().get(start(link)).status_code == 500
    assert downloads(look()) == [
        ("0 bytes of 2 kB", "our fault: not counted"),
        ("0 bytes of 2 kB", "nothing sent: not counted"),
    ]
    assert [row[4] for row in rows(look(), 0)] == [
        "closed 24 Jan 2020, 12:15 UTC : the fault was ours",
        "closed 24 Jan 2020, 12:15 UTC : nothing was sent within 15 minutes",
    ]


def test_one_that_was_revoked_and_then_given_back_was_not_our_fault(clock, agent, link, look):
    start(link)
    revoke_link(link.public_id, actor=agent)
    clock.set("2020-01-24T12:15:00Z")
    release_due()
    assert downloads(look()) == [("0 bytes of 2 kB", "nothing sent: not counted")]
    assert rows(look(), 0)[0][4] == "revoked 24 Jan 2020, 12:00 UTC"


def test_what_an_object_storage_sent_is_not_measured(link, look):
    start(link)
    session = DownloadSession.objects.get()
    Transfer.objects.create(session=session, started_at=session.started_at, first=0, length=2000, by_storage=True)
    DownloadSession.objects.update(sent_at=session.started_at)
    assert downloads(look()) == [("–", "sent by the object storage")]


def test_what_was_sent_before_anybody_watched_is_not_recorded(link, look):
    start(link)
    DownloadSession.objects.update(sent_at=timezone.now(), address=None)
    assert downloads(look()) == [("–", "not recorded")]


def test_a_download_whose_24_hours_are_over_says_so_without_a_job(clock, link, look):
    start(link)
    clock.set("2020-01-25T12:00:00Z")
    assert rows(look(), 0)[0][4] == "over since 25 Jan 2020, 12:00 UTC , after 24 hours"


def test_of_a_replaced_file_the_old_size_is_not_told(link, look):
    fetch(start(link), "bytes=0-499")
    Build.objects.update(sha256="0" * 64, size=10)
    assert downloads(look()) == [("500 bytes", "sent in part")]
    assert rows(look(), 0)[0][4] == "closed: its file was replaced"


def test_downloads_stand_page_by_page_the_newest_first(clock, link, look):
    for hour in range(30):
        clock.set(f"2020-01-{25 + hour // 24}T{hour % 24:02}:00:00Z")
        start(link)
    first, second = rows(look(), 0), rows(look({"page": 2}), 0)
    assert (first[0][0], first[24][0]) == ("26 Jan 2020, 05:00 UTC", "25 Jan 2020, 05:00 UTC")
    assert (len(first), len(second), second[4][0]) == (25, 5, "25 Jan 2020, 00:00 UTC")


# Everywhere the same


@pytest.mark.parametrize("used", [0, 1, 37, 49, LINK_DOWNLOADS])
def test_history_software_page_and_landing_page_agree_to_the_unit(agent, client_of, link, look, used):
    for _download in range(used):
        start(link)
    left = LINK_DOWNLOADS - used
    software = reverse("cancellations:software", args=[link.purchase.customer.tenant_id])
    shown = client_of(agent).get(software, {"sku": link.purchase.sku.public_id})
    state = "active" if left else "used up"
    assert f"Ms Kim {state}" in words_of(shown)
    assert f" {left} of 50 left " in words_of(shown)
    assert f"Downloads left {left} of 50 Valid until" in words_of(look())
    assert f"“Ms Kim” {state}" in words_of(look())
    assert rows(look(), -1)[0][4] == f"{used} of 50"
    landing = Client().get(link.get_absolute_url())
    assert (f"Downloads left {left} of 50" in words_of(landing)) == (left > 0)
    assert landing.status_code == (200 if left else 410)


# Who may


def test_a_history_is_kept_after_the_cancellation(agent, link, look):
    fetch(start(link))
    cancel(link.purchase.order_line, agent)
    assert downloads(look()) == [("2 kB", "complete")]
    assert "Download link “Ms Kim” revoked" in words_of(look())


def test_who_sees_software_hands_out_links_or_reads_the_log():
    """Names and IP addresses stand on the page for them; another role would have to be kept from these."""
    told = ROLES_THAT_MAY[Permission.GET_KEYS] | ROLES_THAT_MAY[Permission.SEE_ACTIVITY]
    assert ROLES_THAT_MAY[Permission.SEE_SOFTWARE] <= told


def test_another_partners_link_is_not_found(link, stranger, client_of, customer):
    client = client_of(stranger)
    address = reverse("software:link_history", args=[customer.tenant_id, link.public_id])
    assert client.get(address).status_code == 404


def test_a_link_is_not_found_at_another_customer(agent, link, client_of):
    address = reverse("software:link_history", args=[link.public_id, link.public_id])
    assert client_of(agent).get(address).status_code == 404


def test_many_downloads_and_grants_cost_no_more_than_one(agent, client_of, link):
    address = reverse("software:link_history", args=[link.purchase.customer.tenant_id, link.public_id])
    client = client_of(agent)
    start(link)
    few = len(queries_of(client, address))
    now = timezone.now()
    made = {"link": link, "grant_number": 1, "expires_at": now + SESSION_LIFETIME, "build_sha256": link.build.sha256}
    DownloadSession.objects.bulk_create(
        DownloadSession(started_at=now + timedelta(seconds=second), **made) for second in range(300)
    )
    for grant in range(1, 31):
        renew_link(link.public_id, grant_seen=grant, actor=agent)
    assert len(queries_of(client, address)) == few
    assert few <= MOST_QUERIES


def test_no_history_counts_its_downloads_beyond_10_000(agent, client_of, link, look):
    now = timezone.now()
    made = {"link": link, "grant_number": 1, "expires_at": now + SESSION_LIFETIME, "build_sha256": link.build.sha256}
    DownloadSession.objects.bulk_create(DownloadSession(started_at=now, **made) for _session in range(10_001))
    assert "1 to 25 of more than 10,000" in words_of(look())
    assert DownloadLink.objects.get().used == 0
