"""Builds and download links of a line by API (K1, K3, K4)."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test import Client

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.api.models import StoredReply
from software.models import DownloadLink
from software.services import renew_link, start_download
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, in_threads, until_somebody_waits

pytestmark = pytest.mark.django_db

CHOICE = {"version": "2022", "language": "en-US", "fileType": "ISO x64"}
REQUEST = "0a6a2f5e-7a3d-4c1e-9a0f-1d2c3b4a5968"


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def line(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    make_build(line.purchase.sku.product)
    return line


@pytest.fixture
def path(line):
    return f"/customers/{line.order.customer.tenant_id}/orders/{line.order.number}/lineitems/0"


@pytest.fixture
def links(path):
    return f"{path}/downloadlinks"


def rows():
    return list(DownloadLink.objects.order_by("pk").values()), Event.objects.filter(action__startswith="link_").count()


def made(caller, links, **more):
    answer = caller.post(links, {**CHOICE, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_builds_of_a_line_can_be_narrowed(caller, line, path):
    chinese = make_build(line.purchase.sku.product, b"zh", language="zh-CN", file_name="安装.iso")
    assert len(caller.items(f"{path}/builds")) == 2
    assert caller.items(f"{path}/builds?LANGUAGE=zh-cn&filetype=iso%20x64") == [
        {
            "id": str(chinese.public_id),
            "version": "2022",
            "language": "zh-CN",
            "fileType": "ISO x64",
            "fileName": "安装.iso",
            "fileSize": 2,
            "sha256": chinese.sha256,
            "attributes": {"objectType": "Build"},
        }
    ]


def test_a_link_is_made_and_works_without_signing_in(caller, links, line, path):
    body = made(caller, links, label="서울 지점")
    link = DownloadLink.objects.get()
    assert body == {
        "id": str(link.public_id),
        "uri": f"http://testserver/d/{link.token}",
        "label": "서울 지점",
        "grantNumber": 1,
        "grantedBy": caller.user.email,
        "status": "active",
        "createdDate": "2020-01-24T12:00:00Z",
        "expiryDate": "2020-02-07T12:00:00Z",
        "downloadsLimit": 50,
        "downloadsUsed": 0,
        "downloadsRemaining": 50,
        "downloadsNotListed": 0,
        "build": caller.items(f"{path}/builds")[0],
        "links": body["links"],
        "attributes": {"etag": body["attributes"]["etag"], "objectType": "DownloadLink"},
    }
    assert Client().get(body["uri"]).status_code == 200
    event = Event.objects.get(action=Action.LINK_GRANTED)
    assert (event.actor_name, event.details["label"]) == (caller.user.email, "서울 지점")
    assert caller.items(links) == [body]
    assert caller.get(body["links"]["self"]["uri"]).json() == body


def test_names_come_in_any_case(caller, links):
    pascal = {"Version": "2022", "Language": "EN-us", "FileType": "iso X64", "Label": None, "Unknown": 1}
    assert caller.post(links, pascal).status_code == 201


def test_a_live_link_is_shown_as_it_is(caller, links):
    first = made(caller, links)
    assert made(caller, links) == first
    assert made(caller, links, label="北京") != first
    assert Event.objects.filter(action=Action.LINK_GRANTED).count() == 2


def test_a_dead_link_is_granted_anew(caller, clock, links):
    first = made(caller, links)
    clock.set("2020-02-07T12:00:00Z")
    caller = Caller.of(caller.client)
    assert caller.items(links)[0]["status"] == "expired"
    again = made(caller, links)
    assert (again["id"], again["uri"], again["grantNumber"]) == (first["id"], first["uri"], 2)
    assert (again["createdDate"], again["expiryDate"]) == ("2020-01-24T12:00:00Z", "2020-02-21T12:00:00Z")


def test_the_reply_that_is_kept_has_no_address(caller, links):
    first = caller.post(links, CHOICE, MS_RequestId=REQUEST)
    (kept,) = StoredReply.objects.values_list("body", flat=True)
    assert kept == {"id": first.json()["id"]}
    again = caller.post(links, CHOICE, MS_RequestId=REQUEST)
    assert (again.status_code, again.json()) == (201, first.json())
    other = caller.post(links, {**CHOICE, "label": "other"}, MS_RequestId=REQUEST)
    assert refusal_of(other) == (409, "800060", "request_id_used")
    assert DownloadLink.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"language": "ko-KR"}, (400, "3000", "build_unknown")),
        ({"label": "x" * 101}, (400, "3000", "label_too_long")),
        ({"label": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"}, (400, "3000", "label_holds_key")),
        ({"version": None}, (400, "800002", "input_wrong")),
        ({"fileType": 7}, (400, "800002", "input_wrong")),
    ],
)
def test_what_is_wrong_makes_no_link(caller, links, wrong, refusal):
    before = rows()[0]
    assert refusal_of(caller.post(links, {**CHOICE, **wrong})) == refusal
    assert rows()[0] == before


def test_a_wrong_choice_is_told_the_possible_ones(caller, links):
    answer = caller.post(links, {**CHOICE, "language": "ko-KR"}).json()
    assert "2022, en-US, ISO x64" in answer["description"]


@pytest.mark.parametrize("number", [None, 1])
def test_a_link_is_renewed(caller, clock, links, number):
    first = made(caller, links)
    start_download(DownloadLink.objects.get().token, user=None)
    clock.set("2020-01-25T00:00:00Z")
    answer = Caller.of(caller.client).post(f"{links}/{first['id']}/renew", {"grantNumber": number} if number else None)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["grantNumber"], body["downloadsUsed"], body["uri"]) == (2, 0, first["uri"])
    assert body["expiryDate"] == "2020-02-08T00:00:00Z"
    assert Event.objects.filter(action=Action.LINK_RENEWED).count() == 1


def test_a_renewal_can_replace_the_address(caller, links):
    first = made(caller, links)
    body = caller.post(f"{links}/{first['id']}/renew", {"ReplaceAddress": True}).json()
    assert body["uri"] != first["uri"]
    assert Client().get(first["uri"]).status_code == 410


def test_a_renewal_that_is_repeated_renews_once(caller, links):
    first = made(caller, links)
    for _time in range(2):
        answer = caller.post(f"{links}/{first['id']}/renew", {}, MS_RequestId=REQUEST)
        assert (answer.status_code, answer.json()["grantNumber"]) == (200, 2)


def test_with_an_outdated_grant_number_the_link_stays_as_it_is(caller, links):
    first = made(caller, links)
    second = caller.post(f"{links}/{first['id']}/renew", {"grantNumber": 1}).json()
    before = rows()
    for any_etag in ({}, {"If_Match": "*"}):
        answer = caller.post(f"{links}/{first['id']}/renew", {"grantNumber": 1, "replaceAddress": True}, **any_etag)
        assert (answer.status_code, answer.json()) == (200, second)
    assert rows() == before


def test_a_grant_that_never_was_is_refused(caller, links):
    first = made(caller, links)
    before = rows()[0]
    renew = f"{links}/{first['id']}/renew"
    assert refusal_of(caller.post(renew, {"grantNumber": 9})) == (400, "2055", "grant_unknown")
    etag = first["attributes"]["etag"]
    answer = caller.post(renew, {"grantNumber": 9}, If_Match=f'"{etag}"')
    assert refusal_of(answer) == (412, "2055", "grant_unknown")
    assert rows()[0] == before


def test_an_etag_that_does_not_fit_any_more_is_refused(caller, links):
    first = made(caller, links)
    etag = f'"{first["attributes"]["etag"]}"'
    assert caller.post(f"{links}/{first['id']}/renew", {}, If_Match=etag).status_code == 200
    before = rows()[0]
    assert refusal_of(caller.post(f"{links}/{first['id']}/renew", {}, If_Match=etag)) == (412, "2055", "etag_stale")
    assert refusal_of(caller.delete(f"{links}/{first['id']}", If_Match=etag)) == (412, "2055", "etag_stale")
    assert rows()[0] == before


def test_a_link_is_revoked_at_once_and_stays_so(caller, links):
    first = made(caller, links)
    for _time in range(2):
        answer = caller.delete(f"{links}/{first['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert Event.objects.filter(action=Action.LINK_REVOKED).count() == 1
    (listed,) = caller.items(links)
    assert (listed["status"], "uri" in listed) == ("revoked", False)
    assert Client().get(first["uri"]).status_code == 410
    answer = caller.post(f"{links}/{first['id']}/renew", {})
    assert refusal_of(answer) == (410, "410", "link_stays_revoked")
    assert made(caller, links)["id"] != first["id"]


def test_what_is_cancelled_has_no_links_any_more(caller, agent, line, links):
    first = made(caller, links)
    cancel(line, agent)
    before = rows()[0]
    assert refusal_of(caller.post(links, CHOICE)) == (410, "410", "purchase_not_active")
    assert refusal_of(caller.post(f"{links}/{first['id']}/renew", {})) == (410, "410", "purchase_not_active")
    assert rows()[0] == before


def test_history_of_a_link(caller, clock, links):
    first = made(caller, links)
    start_download(DownloadLink.objects.get().token, user=None)
    caller.post(f"{links}/{first['id']}/renew", {"replaceAddress": True})
    grants = caller.items(f"{links}/{first['id']}/grants")
    assert [(each["grantNumber"], each["downloadsUsed"], each["address"]) for each in grants] == [
        (2, 0, "replaced"),
        (1, 1, "first"),
    ]
    (download,) = caller.items(f"{links}/{first['id']}/downloads")
    assert (download["grantNumber"], download["outcome"], download["isCounted"]) == (1, "not_yet", True)
    page = caller.get(f"{links}/{first['id']}/grants?size=1").json()
    assert [each["grantNumber"] for each in caller.items(page["links"]["next"]["uri"])] == [1]


def test_who_hands_out_no_links_sees_no_address(global_admin, caller, links):
    first = made(caller, links)
    other = Caller(global_admin, Role.GLOBAL_ADMIN, name="Reader")
    (listed,) = other.items(links)
    assert "uri" not in listed
    before = rows()[0]
    for answer in (
        other.post(links, CHOICE),
        other.post(f"{links}/{first['id']}/renew", {}),
        other.delete(f"{links}/{first['id']}"),
    ):
        assert refusal_of(answer) == (403, "900150", "role_required")
    assert rows()[0] == before
    assert Event.objects.filter(action=Action.LINK_REFUSED, actor_name=other.user.email).count() == 3


def test_another_partners_links_are_not_found(stranger, global_admin, partner, caller, links):
    first = made(caller, links)
    elsewhere = CustomerFactory(partner=partner).tenant_id
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[elsewhere], name="Limited")
    before = rows()
    for other in (Caller(stranger, Role.ADMIN_AGENT), limited):
        for method, path in (
            ("GET", links),
            ("POST", links),
            ("GET", f"{links}/{first['id']}"),
            ("POST", f"{links}/{first['id']}/renew"),
            ("DELETE", f"{links}/{first['id']}"),
        ):
            assert refusal_of(other.ask(method, path, CHOICE)) == (404, "60003", "customer_not_found")
    assert rows() == before


def test_a_link_of_another_line_is_not_found(caller, agent, customer, links):
    other = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    for link_id in (other.public_id, "none"):
        for answer in (caller.delete(f"{links}/{link_id}"), caller.post(f"{links}/{link_id}/renew", {})):
            assert refusal_of(answer) == (404, "1000", "not_found")
    other.refresh_from_db()
    assert (other.revoked_at, other.grant_number) == (None, 1)


def test_many_links_cost_no_more_queries(caller, agent, line, links, django_assert_max_num_queries):
    build = line.purchase.sku.product.builds.get()
    for number in range(15):
        make_link(agent, line.purchase, build, label=f"분점 {number}")
    with django_assert_max_num_queries(12):
        assert len(caller.items(links)) == 15


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("if_match", "status", "is_revoked"), [("read", 412, False), ("*", 204, True), (None, 204, True)]
)
def test_a_link_that_is_renewed_before_the_lock_is_revoked_only_without_an_etag(
    global_admin, agent, customer, if_match, status, is_revoked
):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    number = link.purchase.order_line.order.number
    path = f"/customers/{customer.tenant_id}/orders/{number}/lineitems/0/downloadlinks/{link.public_id}"
    etag = f'"{caller.get(path).json()["attributes"]["etag"]}"'
    headers = {"If_Match": etag if if_match == "read" else if_match} if if_match else {}
    answers = []

    def revoke():
        answers.append(caller.delete(path, **headers))
        connection.close()

    thread = Thread(target=revoke)
    with transaction.atomic():
        renew_link(link.public_id, grant_seen=1, actor=agent)
        thread.start()
        until_somebody_waits()  # it has read the link, and judged its etag, before the renewal stands
    thread.join()
    assert answers[0].status_code == status
    if status == 412:
        assert refusal_of(answers[0]) == (412, "2055", "etag_stale")
    link.refresh_from_db()
    assert (link.grant_number, link.revoked_at is not None) == (2, is_revoked)
    assert Event.objects.filter(action=Action.LINK_REVOKED).count() == is_revoked


@pytest.mark.django_db(transaction=True)
def test_two_renewals_at_once_make_one(global_admin, agent, customer):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    line = link.purchase.order_line
    path = (
        f"/customers/{customer.tenant_id}/orders/{line.order.number}/lineitems/0/downloadlinks/{link.public_id}/renew"
    )

    def renew():
        return Caller.of(caller.client).post(path, {"grantNumber": 1}).json()["grantNumber"]

    assert in_threads(renew, renew, renew) == [2, 2, 2]
    link.refresh_from_db()
    assert link.expires_at - link.granted_at == timedelta(days=14)
