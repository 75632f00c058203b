"""A Global admin gives an Auditor a scope and an end, by invitation or on the user's page (spec 1)."""

import re
from datetime import date

import pytest

from activity.models import Action, Event
from activity.models.scope import MOST_CUSTOMERS, WHOLE_LOG, LogScope
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import accept_invitation, change_roles, invite_user, resend_invitation
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from csp_portal.people.named_customers import MOST_LINES_TOLD
from tests.factories import PASSWORD, CustomerFactory, UserFactory
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db
INVITE = "/users/invite/"
FIRST, LAST, END = date(2020, 1, 1), date(2020, 3, 31), date(2020, 6, 30)
DAYS = {"log_first_day": "2020-01-01", "log_last_day": "2020-03-31", "auditor_last_day": "2020-06-30"}


@pytest.fixture
def browser(clock, client_of, global_admin):
    return client_of(global_admin)


@pytest.fixture
def seoul(partner):
    return CustomerFactory(partner=partner, company_name="서울무역 주식회사", primary_domain="seoul.example")


@pytest.fixture
def shanghai(partner):
    return CustomerFactory(partner=partner, company_name="上海云途科技有限公司", primary_domain="yuntu.example")


@pytest.fixture
def auditor(partner):
    return UserFactory(partner=partner, roles=[Role.AUDITOR], email="audit@firm.example")


def invite(browser, **fields):
    values = {"email": "anna@firm.example", "name": "Anna", "roles": ["auditor"], **fields}
    return browser.post(INVITE, values)


def change(browser, user, **fields):
    return browser.post(user.get_absolute_url(), {"roles": ["auditor"], "seen": user.rights, **fields})


def test_an_auditor_is_invited_with_customers_days_and_an_end(browser, seoul, shanghai):
    lines = f"  {str(seoul.tenant_id).upper()} \r\n\r\nYuntu.Example."
    assert invite(browser, log_customers=lines, **DAYS).url == "/users/"
    invitation = Invitation.objects.get()
    scope = LogScope(frozenset([seoul.tenant_id, shanghai.tenant_id]), FIRST, LAST)
    assert (invitation.scope, invitation.auditor_last_day) == (scope, END)
    assert Event.objects.get(action=Action.USER_INVITED).details["scope"] == scope.as_details()
    told = "the log of 上海云途科技有限公司 and 서울무역 주식회사, from 1 January 2020 to 31 March 2020 (UTC)"
    assert f"{told} until the end of 30 June 2020 (UTC)" in words_of(browser.get("/users/"))
    again = resend_invitation(invitation.public_id, actor=User.objects.get(role_assignments__role=Role.GLOBAL_ADMIN))
    assert again.scope == scope
    user = accept_invitation(again.public_id, name="Anna", password=PASSWORD)
    assert (user.log_scope, user.role_assignments.get().last_day) == (scope, END)
    assert Event.objects.get(action=Action.USER_CREATED).details["scope"] == scope.as_details()


def test_the_mail_says_scope_and_end_and_names_no_customer(browser, seoul):
    invite(browser, log_customers="seoul.example", **DAYS)
    text = Mail.objects.get().text
    assert "As Auditor you see the log of 1 customer, from 1 January 2020 to 31 March 2020 (UTC)." in text
    assert "You are Auditor until the end of 30 June 2020 (UTC)." in text
    assert "서울무역" not in text


def test_without_limits_neither_page_nor_mail_speaks_of_any(browser):
    invite(browser)
    assert Invitation.objects.get().scope == WHOLE_LOG
    assert "As Auditor" not in Mail.objects.get().text
    assert "the log" not in words_of(browser.get("/users/")).replace("Activity log", "").replace("activity log", "")


def test_lines_that_name_no_customer_of_ones_own_are_told_by_number(browser, seoul):
    foreign = CustomerFactory(primary_domain="foreign.example")
    lines = f"seoul.example\n{foreign.tenant_id}\nforeign.example\nno such thing\n"
    response = invite(browser, log_customers=lines)
    words = words_of(response)
    for number, text in ((2, foreign.tenant_id), (3, "foreign.example"), (4, "no such thing")):
        assert f"Line {number}: none of your customers has the tenant GUID or primary domain “{text}”." in words
    assert "Line 1:" not in words
    assert foreign.company_name not in words
    assert "no such thing" in source_of(response)
    assert not Invitation.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"log_first_day": "2020-02-01", "log_last_day": "2020-01-31"}, "The first day is after the last one."),
        ({"log_last_day": "2020-02-30"}, "There is no such day."),
        ({"roles": ["account_admin"], "log_last_day": "2020-01-31"}, "Only the role Auditor can be limited"),
        ({"log_customers": "x\n" * (MOST_CUSTOMERS + 1)}, "Name at most 500 customers; these are 501 lines."),
        ({"log_customers": "x" * 200_000}, "This is too long"),
    ],
)
def test_wrong_limits_are_told_and_nothing_is_stored(browser, seoul, auditor, fields, sentence):
    assert sentence in words_of(invite(browser, **fields))
    assert sentence in words_of(change(browser, auditor, **fields))
    assert not Invitation.objects.exists()
    assert User.objects.get(pk=auditor.pk).log_scope == WHOLE_LOG
    assert not Event.objects.filter(action=Action.ROLES_CHANGED).exists()


def test_only_the_first_wrong_lines_are_told(browser):
    words = words_of(invite(browser, log_customers="nobody\n" * 40))
    assert f"Line {MOST_LINES_TOLD}:" in words
    assert f"Line {MOST_LINES_TOLD + 1}:" not in words


def test_on_the_users_page_the_scope_stands_and_is_changed(browser, auditor, seoul, shanghai):
    assert change(browser, auditor, log_customers=str(seoul.tenant_id), **DAYS).url == auditor.get_absolute_url()
    source = source_of(browser.get(auditor.get_absolute_url()))
    assert "seoul.example</textarea>" in source
    for day in DAYS.values():
        assert f'value="{day}"' in source
    assert "the log of 서울무역 주식회사, from 1 January 2020 to 31 March 2020 (UTC)" in words_of(
        browser.get("/users/")
    )
    change(browser, auditor, log_customers="seoul.example\nyuntu.example", log_last_day="2020-03-31")
    scope = LogScope(frozenset([seoul.tenant_id, shanghai.tenant_id]), None, LAST)
    assert User.objects.get(pk=auditor.pk).log_scope == scope
    changed = Event.objects.filter(action=Action.ROLES_CHANGED).newest_first()
    assert [event.details["last_day"] for event in changed] == [None, "2020-06-30"]
    assert changed[0].details["scope"] == scope.as_details()


def test_customers_are_found_by_name_without_script_and_without_doing_anything(browser, auditor, seoul, shanghai):
    CustomerFactory(company_name="서울 Stranger")
    filled = {"find_customer": "서울", "find": "1", "log_customers": "yuntu.example", "log_first_day": "2020-01-01"}
    response = change(browser, auditor, **filled)
    source = source_of(response)
    assert f'value="{seoul.tenant_id}"' in source
    assert "서울 Stranger" not in source
    assert 'value="2020-01-01"' in source
    response = change(browser, auditor, **{**filled, "searched": "서울", "found": [str(seoul.tenant_id)]})
    assert "yuntu.example seoul.example</textarea>" in source_of(response)
    assert not Event.objects.filter(action=Action.ROLES_CHANGED).exists()
    del filled["find"]
    change(browser, auditor, **{**filled, "searched": "서울", "found": [str(seoul.tenant_id)]})
    scope = LogScope(frozenset([seoul.tenant_id, shanghai.tenant_id]), FIRST)
    assert User.objects.get(pk=auditor.pk).log_scope == scope


def test_a_name_that_was_not_looked_up_yet_is_looked_up_and_nobody_is_invited(browser, seoul):
    response = invite(browser, find_customer="nobody at all")
    assert "None of your customers has “nobody at all” in its name or domain." in words_of(response)
    assert 'value="Anna"' in source_of(response)
    assert not Invitation.objects.exists()


def test_a_tick_for_a_customer_that_was_not_found_is_refused(browser, auditor, seoul):
    foreign = CustomerFactory()
    given = {"find_customer": "서울", "searched": "서울", "found": [str(foreign.tenant_id)]}
    assert "There is no such choice." in words_of(change(browser, auditor, **given))
    assert User.objects.get(pk=auditor.pk).log_scope == WHOLE_LOG


def test_a_search_keeps_the_roles_that_the_page_saw(browser, auditor, seoul):
    response = change(browser, auditor, seen="another", find="1", find_customer="서울")
    assert '<input type="hidden" name="seen" value="another">' in source_of(response)


def sent_by(response):
    """What the form of a user's page sends when it is saved as it is shown."""
    source = response.content.decode()
    sent = dict(re.findall(r'<input [^>]*name="(seen|\w+_day)" value="([^"]*)"', source))
    sent["log_customers"] = re.search(r'<textarea name="log_customers"[^>]*>([^<]*)<', source)[1].strip()
    return {**sent, "roles": re.findall(r'name="roles" value="(\w+)"[^>]* checked', source)}


def test_a_page_from_before_a_limit_does_not_lift_it_once_a_slip_is_mended(browser, auditor, seoul):
    stale = sent_by(browser.get(auditor.get_absolute_url()))
    change(browser, auditor, log_customers="seoul.example", **DAYS)
    shown = browser.post(auditor.get_absolute_url(), {**stale, "auditor_last_day": "2020-02-31"})
    assert "There is no such day." in words_of(shown)
    again = browser.post(auditor.get_absolute_url(), {**sent_by(shown), "auditor_last_day": ""})
    assert "or their limits were changed meanwhile." in words_of(again)
    assert User.objects.get(pk=auditor.pk).log_scope == LogScope(frozenset([seoul.tenant_id]), FIRST, LAST)


def test_a_refused_page_shows_the_limits_of_now_and_saved_as_it_is_lifts_none(browser, auditor, seoul, shanghai):
    stale = sent_by(browser.get(auditor.get_absolute_url()))
    change(browser, auditor, log_customers="seoul.example", **DAYS)
    asked = {"roles": ["auditor", "account_admin"], "log_customers": "yuntu.example\r\nseoul.example"}
    refused = browser.post(auditor.get_absolute_url(), {**stale, **asked, "log_last_day": "2020-03-31"})
    told = words_of(refused).partition("What you asked for, which was not saved")[2].partition("Save the roles")[0]
    assert "Roles Account admin, Auditor Customers whose log an Auditor sees seoul.example, yuntu.example" in told
    assert "First day of the log an Auditor sees (UTC) –" in told
    assert told.count("Last day of the log an Auditor sees (UTC)") == 1  # the field; it was asked for as it is
    sent = sent_by(refused)
    assert (sent["roles"], sent["log_customers"]) == (["auditor"], "seoul.example")
    assert browser.post(auditor.get_absolute_url(), sent).url == auditor.get_absolute_url()
    held = User.objects.get(pk=auditor.pk)
    assert (held.log_scope, held.roles) == (LogScope(frozenset([seoul.tenant_id]), FIRST, LAST), {Role.AUDITOR})
    assert held.role_assignments.get().last_day == END


def test_a_page_from_before_a_deployment_is_told_that_rights_changed(browser, auditor):
    response = change(browser, auditor, seen="x" * 64)
    assert "or their limits were changed meanwhile." in words_of(response)


def test_services_hold_the_limits_too(clock, global_admin, auditor, partner):
    many = frozenset(
        customer.tenant_id for customer in CustomerFactory.build_batch(MOST_CUSTOMERS + 1, partner=partner)
    )
    wrong = {
        "scope_too_long": LogScope(many),
        "scope_ends_before_it_begins": LogScope(first_day=LAST, last_day=FIRST),
    }
    for code, scope in wrong.items():
        for work in (
            lambda given=scope: invite_user(
                email="a@x.example",
                name="A",
                roles=[Role.AUDITOR],
                partner=partner,
                auditor_scope=given,
                actor=global_admin,
            ),
            lambda given=scope: change_roles(
                auditor.public_id, roles=[Role.AUDITOR], seen=auditor.rights, auditor_scope=given, actor=global_admin
            ),
        ):
            with pytest.raises(Refusal) as refusal:
                work()
            assert refusal.value.code == code
    assert not Invitation.objects.exists()
    assert User.objects.get(pk=auditor.pk).log_scope == WHOLE_LOG


def test_lists_and_forms_ask_a_fixed_number_of_queries(browser, auditor, seoul, shanghai):
    change(browser, auditor, log_customers="seoul.example\nyuntu.example", **DAYS)
    invite(browser, log_customers="seoul.example")
    assert len(queries_of(browser, "/users/")) <= MOST_QUERIES
    assert len(queries_of(browser, auditor.get_absolute_url())) <= MOST_QUERIES


def test_the_operators_staff_are_asked_for_no_scope(client_of, keeper):
    source = source_of(client_of(keeper).get(INVITE))
    assert "log_customers" not in source
    assert "find_customer" not in source
