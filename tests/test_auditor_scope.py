"""An Auditor may be limited to some customers and days of the log, wherever it is read (spec 1, A1)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from activity.models import Action, Event
from activity.models.exports import LogExport
from activity.models.scope import MOST_CUSTOMERS, WHOLE_LOG, LogScope
from activity.services import Actor, record
from activity.timeline import KeyTimeline
from csp_portal.accounts.models import RoleAssignment, User
from csp_portal.accounts.permissions import Permission, Role
from csp_portal.accounts.services import change_roles
from csp_portal.errors import Refusal
from software.services import reveal_key
from tests.factories import CustomerFactory, UserFactory, buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2020, 1, 10), date(2020, 1, 31)


@pytest.fixture
def seoul(partner):
    return CustomerFactory(partner=partner, company_name="서울무역 주식회사")


@pytest.fixture
def shanghai(partner):
    return CustomerFactory(partner=partner, company_name="上海云途科技有限公司")


@pytest.fixture
def auditor(partner):
    return UserFactory(partner=partner, roles=[Role.AUDITOR], email="audit@firm.example")


def limit(user, *customers, first=None, last=None):
    """Limit the role Auditor; answers the user as their next request finds them."""
    scope = LogScope.of([customer.tenant_id for customer in customers], first, last)
    user.role_assignments.filter(role=Role.AUDITOR).update(**RoleAssignment.columns_of(scope))
    return User.objects.get(pk=user.pk)


def as_now(user):
    return User.objects.get(pk=user.pk)


def happens(clock, customer, *instants):
    """A key of the customer is seen at each instant."""
    for instant in instants:
        clock.set(instant)
        record(Action.KEY_REVEALED, actor=Actor.visitor(), on=customer, details={"at": instant})


def told(events):
    return [event.details.get("at") for event in events.oldest_first()]


def test_rows_of_other_customers_and_of_none_are_not_among_them(clock, auditor, seoul, shanghai):
    happens(clock, seoul, "2020-01-24T10:00:00Z")
    happens(clock, shanghai, "2020-01-24T11:00:00Z")
    record(Action.USER_INVITED, actor=Actor.visitor(), partner=seoul.partner)
    assert told(Event.objects.visible_to(limit(auditor, seoul))) == ["2020-01-24T10:00:00Z"]
    assert Event.objects.visible_to(limit(auditor, seoul, shanghai)).count() == 2
    assert Event.objects.visible_to(limit(auditor)).count() == 3


def test_the_days_are_those_of_utc_and_both_included(clock, auditor, seoul):
    edges = ["2020-01-09T23:59:59Z", "2020-01-10T00:00:00Z", "2020-01-31T23:59:59Z", "2020-02-01T00:00:00Z"]
    happens(clock, seoul, *edges)
    assert told(Event.objects.visible_to(limit(auditor, first=FIRST, last=LAST))) == edges[1:3]
    assert told(Event.objects.visible_to(limit(auditor, first=FIRST))) == edges[1:]
    assert told(Event.objects.visible_to(limit(auditor, seoul, last=LAST))) == edges[:3]


def test_a_day_is_not_moved_by_the_zone_of_the_page(clock, client_of, auditor, seoul):
    happens(clock, seoul, "2020-01-09T23:59:59Z", "2020-01-10T00:00:00Z")
    browser = client_of(limit(auditor, first=FIRST))
    browser.cookies["timezone"] = "Asia/Seoul"  # where the first of them is on 10 January too
    rows = browser.get("/activity/").context["rows"]
    assert [row.event.details["at"] for row in rows] == ["2020-01-10T00:00:00Z"]


def test_another_customer_is_found_by_no_filter_and_in_no_suggestion(clock, client_of, auditor, seoul, shanghai):
    happens(clock, seoul, "2020-01-24T10:00:00Z")
    happens(clock, shanghai, "2020-01-24T11:00:00Z")
    browser = client_of(limit(auditor, seoul))
    for query in (
        "",
        f"?customer={shanghai.tenant_id}",
        "?customer=上海云途科技有限公司",
        "?show=all",
        "?user=visitor",
    ):
        assert shanghai.company_name not in source_of(browser.get(f"/activity/{query}")).replace(query[10:], "")
    assert f'<option value="{seoul.company_name}">' in source_of(browser.get("/activity/"))


def test_the_other_partners_rows_stay_out_even_if_their_customer_is_named(clock, auditor):
    foreign = CustomerFactory()
    happens(clock, foreign, "2020-01-24T10:00:00Z")
    assert not Event.objects.visible_to(limit(auditor, foreign)).exists()


def test_who_reads_the_log_by_another_role_too_is_not_limited(partner, seoul):
    both = UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ACCOUNT_ADMIN])
    buyer = UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ADMIN_AGENT])
    assert limit(both, seoul).log_scope == WHOLE_LOG
    assert limit(buyer, seoul).log_scope == LogScope(frozenset([seoul.tenant_id]))
    assert limit(buyer, seoul).scope_of(Permission.SEE_CERTIFICATES) == WHOLE_LOG


def test_without_a_role_for_the_log_there_is_nothing_to_read(clock, agent, auditor, seoul):
    happens(clock, seoul, "2020-01-24T10:00:00Z")
    auditor.role_assignments.update(last_day=date(2020, 1, 23))
    for user in (agent, User.objects.get(pk=auditor.pk)):
        assert user.log_scope is None
        assert not Event.objects.visible_to(user).exists()


def test_a_change_counts_at_the_next_request(clock, client_of, global_admin, auditor, seoul, shanghai):
    happens(clock, shanghai, "2020-01-24T10:00:00Z")
    browser = client_of(auditor)
    assert shanghai.company_name in source_of(browser.get("/activity/"))
    scope = LogScope(frozenset([seoul.tenant_id]), FIRST)
    given = {"roles": [Role.AUDITOR], "actor": global_admin}
    change_roles(auditor.public_id, auditor_scope=scope, seen=as_now(auditor).rights, **given)
    assert shanghai.company_name not in source_of(browser.get("/activity/"))
    event = Event.objects.get(action=Action.ROLES_CHANGED)
    named = {"customers": [str(seoul.tenant_id)], "first_day": "2020-01-10", "last_day": None}
    assert event.details["scope"] == named
    change_roles(auditor.public_id, auditor_scope=scope, seen=as_now(auditor).rights, **given)
    assert Event.objects.filter(action=Action.ROLES_CHANGED).count() == 1
    change_roles(auditor.public_id, seen=as_now(auditor).rights, **given)
    assert shanghai.company_name in source_of(browser.get("/activity/"))


def test_a_page_from_before_the_limit_does_not_lift_it(global_admin, auditor, seoul):
    seen, scope = auditor.rights, LogScope(frozenset([seoul.tenant_id]), FIRST, LAST)
    given = {"roles": [Role.AUDITOR], "seen": seen, "actor": global_admin}
    change_roles(auditor.public_id, auditor_scope=scope, **given)
    with pytest.raises(Refusal) as refused:
        change_roles(auditor.public_id, **given)
    assert refused.value.code == "roles_changed_meanwhile"
    assert as_now(auditor).log_scope == scope


def test_the_history_of_a_key_names_nobody_outside_the_scope(clock, agent, partner, seoul, shanghai):
    reader = UserFactory(partner=partner, roles=[Role.AUDITOR, Role.ADMIN_AGENT], email="both@partner.example")
    key = buy_line(agent, seoul, make_sku(keys=1)).purchase.keys.get()
    for instant in ("2020-01-31T23:59:59Z", "2020-02-01T00:00:00Z"):
        clock.set(instant)
        reveal_key(key.public_id, actor=agent)

    def names(user):
        history = KeyTimeline(key, user)
        return [str(event.occurred_at.date()) for event in history.seen if history.who(event)], history.allotter

    assert names(limit(reader, seoul, last=LAST)) == (["2020-01-31"], agent.email)
    assert names(limit(reader, seoul, first=LAST)) == (["2020-02-01", "2020-01-31"], "")
    assert names(limit(reader, shanghai)) == ([], "")


def test_a_certificate_outside_the_scope_is_not_found(clock, client_of, agent, auditor, seoul, shanghai):
    clock.set("2020-01-31T23:59:59Z")
    certificate = cancel(buy_line(agent, seoul, make_sku(keys=1)), agent).certificate
    page = certificate.get_absolute_url()
    scopes = [{}, {"first": LAST, "last": LAST}, {"last": date(2020, 1, 30)}]
    statuses = []
    for customer, days in [(seoul, days) for days in scopes] + [(shanghai, {})]:
        browser = client_of(limit(auditor, customer, **days))
        statuses.append({browser.get(f"{page}{face}").status_code for face in ("", "pdf/", "json/")})
    assert statuses == [{200}, {200}, {404}, {404}]


def test_an_address_of_a_link_of_another_customer_is_nobodys(client_of, agent, auditor, seoul, shanghai):
    link = make_link(agent, buy_line(agent, shanghai, make_sku(keys=1)).purchase)
    asked = {"link": f"http://testserver/d/{link.token}", "show": "all"}
    assert str(link.public_id) in client_of(limit(auditor, shanghai)).post("/activity/find/", asked).url
    assert str(link.public_id) not in client_of(limit(auditor, seoul)).post("/activity/find/", asked).url


def test_a_pasted_key_of_another_customer_is_not_told(client_of, agent, auditor, seoul, shanghai):
    key = buy_line(agent, shanghai, make_sku(keys=1)).purchase.keys.get()
    text = reveal_key(key.public_id, actor=agent)
    browser = client_of(limit(auditor, seoul))
    place = browser.post("/search/", {"q": text}).url
    assert not browser.get(place).context["rows"]
    limit(auditor, shanghai)
    assert browser.get(place).context["rows"]


@pytest.mark.django_db(transaction=True)  # the rows of a file are read on a connection of its own
def test_an_export_holds_the_same_part_and_no_colleagues_file_is_open(
    clock, client_of, partner, auditor, seoul, shanghai
):
    happens(clock, seoul, "2020-01-09T10:00:00Z", "2020-01-24T10:00:00Z")
    happens(clock, shanghai, "2020-01-24T11:00:00Z")
    whole = UserFactory(partner=partner, roles=[Role.ACCOUNT_ADMIN])
    client_of(whole).post("/activity/export/?show=all", {"format": "bundle"})
    theirs = LogExport.objects.get()
    browser = client_of(limit(auditor, seoul, first=FIRST))
    answer = browser.post("/activity/export/?show=all&from=2020-01-01", {"format": "jsonl"}).getvalue().decode()
    assert "2020-01-24T10:00:00" in answer
    assert "2020-01-09T10:00:00" not in answer
    assert shanghai.company_name not in answer
    for address in (theirs.get_absolute_url(), f"{theirs.get_absolute_url()}file/"):
        assert browser.get(address).status_code == 404


def test_the_limited_page_asks_no_more_than_a_page_may(clock, client_of, auditor, seoul, shanghai):
    happens(clock, seoul, *[f"2020-01-24T10:00:{second:02}Z" for second in range(40)])
    browser = client_of(limit(auditor, seoul, shanghai, first=FIRST, last=LAST))
    browser.get("/activity/?show=all")  # the first reading in an hour is recorded, which is no question of the page's
    assert len(queries_of(browser, "/activity/?show=all")) <= MOST_QUERIES


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"role": Role.ACCOUNT_ADMIN, "log_last_day": LAST}, "accounts_role_scope_of_auditor"),
        ({"role": Role.AUDITOR, "log_first_day": LAST, "log_last_day": FIRST}, "accounts_role_scope_fits"),
        (
            {"role": Role.AUDITOR, "log_customers": ["0" * 32] * (MOST_CUSTOMERS + 1)},
            "accounts_role_scope_fits",
        ),
    ],
)
def test_the_database_holds_scopes_to_their_rules(agent, columns, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        RoleAssignment.objects.create(user=agent, **columns)


def test_the_page_tells_what_part_of_the_log_it_shows(clock, client_of, auditor, seoul, shanghai):
    page = "/activity/"
    assert "You see the log" not in words_of(client_of(auditor).get(page))
    limit(auditor, seoul, shanghai, first=FIRST, last=LAST)
    sentence = (
        "You see the log of 上海云途科技有限公司 and 서울무역 주식회사, from 10 January 2020 to 31 January 2020 (UTC)."
    )
    assert sentence in words_of(client_of(auditor).get(page))
    limit(auditor, first=FIRST)
    assert "You see the log from 10 January 2020 on (UTC)." in words_of(client_of(auditor).get(page))
