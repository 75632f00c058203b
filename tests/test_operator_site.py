"""The operator's own pages: the portal's door, its frame and its log (P3)."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.operator_site import site
from software.models import CancellationPolicy, KeyIssue, Kind, Product, Sku
from tests.factories import PartnerFactory, ProductFactory, UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def change(model, row):
    return reverse(f"admin:software_{model}_change", args=[row.pk])


def sku_form(sku, **changed):
    values = {
        "key_issue": sku.key_issue,
        "cancellation_policy": sku.cancellation_policy,
        "cores_per_unit": sku.cores_per_unit or "",
        "low_water": sku.low_water,
    }
    return values | {name: value for name, value in changed.items() if value is not None}


def test_the_admin_has_no_door_of_its_own(client):
    response = client.get("/operator/?x=1")
    assert response.status_code == 302
    assert response.url == "/accounts/sign-in/?next=%2Foperator%2F%3Fx%3D1"
    for address in ("login/", "logout/", "password_change/", "jsi18n/", "autocomplete/", "r/1/1/"):
        assert client.get(f"/operator/{address}").status_code == 404


def test_another_role_meets_the_reason_which_is_logged(client_of, agent):
    response = client_of(agent).get("/operator/")
    assert response.status_code == 403
    assert "Only these roles may keep catalogue, key pools and partners: Operator admin." in words_of(response)
    event = Event.objects.get(action=Action.ACCESS_REFUSED)
    assert (event.actor_name, event.details["path"]) == (agent.email, "/operator/")


def test_who_loses_the_role_is_out_at_once(browser, keeper):
    assert browser.get("/operator/").status_code == 200
    keeper.role_assignments.all().delete()
    assert browser.get("/operator/").status_code == 403


def test_the_pages_stand_in_the_portals_frame_under_its_policy(browser, client_of):
    sku = make_sku()
    for url in ("/operator/", "/operator/software/", reverse("admin:software_sku_changelist"), change("sku", sku)):
        response = browser.get(url)
        source = source_of(response)
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "/static/portal.css" in source
        for unwanted in ("<style", " style=", "admin/css", "admin/js", "javascript:", " onclick="):
            assert unwanted not in source


def test_no_row_of_the_house_can_be_deleted(browser):
    sku = make_sku()
    for admin in site._registry.values():
        assert not [pattern for pattern in admin.get_urls() if "delete" in pattern.name or "history" in pattern.name]
    assert browser.post(f"/operator/software/sku/{sku.pk}/delete/", {"post": "yes"}).status_code == 404
    listed = {"action": "delete_selected", "_selected_action": [sku.pk], "index": 0}
    assert browser.post(reverse("admin:software_sku_changelist"), listed).status_code == 405
    assert Sku.objects.filter(pk=sku.pk).exists()


@pytest.mark.parametrize("number", ["0", "99999999", "99999999999999999999999", "abc", "1%00"])
def test_a_row_that_does_not_exist_is_not_found(browser, number):
    assert browser.get(f"/operator/software/sku/{number}/change/").status_code == 404


def test_what_is_changed_goes_into_the_activity_log_and_no_other(browser, keeper):
    product = ProductFactory(family="Windows Server")
    response = browser.post(change("product", product), {"family": "Server"})
    assert response.status_code == 302
    product.refresh_from_db()
    assert product.family == "Server"
    event = Event.objects.get(action=Action.CATALOGUE_CHANGED)
    assert event.actor_name == keeper.email
    assert event.details == {
        "what": "product",
        "id": product.pk,
        "name": product.title,
        "changes": {"family": ["Windows Server", "Server"]},
    }
    assert not LogEntry.objects.exists()


def test_saving_without_a_change_records_nothing(browser):
    product = ProductFactory()
    browser.post(change("product", product), {"family": product.family})
    assert not Event.objects.filter(action=Action.CATALOGUE_CHANGED).exists()


def test_what_the_price_list_says_cannot_be_sent_either(browser):
    product = ProductFactory(kind=Kind.PERPETUAL)
    browser.post(change("product", product), {"family": "x", "kind": Kind.RESERVATION, "title": "y", "product_id": "z"})
    kept = Product.objects.get(pk=product.pk)
    assert (kept.kind, kept.title, kept.product_id) == (Kind.PERPETUAL, product.title, product.product_id)


def test_the_operator_edits_what_the_import_proposed(browser):
    sku = make_sku()
    sent = sku_form(sku, key_issue=KeyIssue.PER_UNIT, hybrid_benefit="on", cores_per_unit="16")
    assert browser.post(change("sku", sku), sent).status_code == 302
    sku.refresh_from_db()
    assert (sku.key_issue, sku.hybrid_benefit, sku.cores_per_unit) == (KeyIssue.PER_UNIT, True, 16)


@pytest.mark.parametrize(
    ("kind", "sent", "code"),
    [
        (Kind.RESERVATION, {"key_issue": KeyIssue.PER_LINE}, "kind_without_keys"),
        (Kind.LINUX_PLAN, {"cancellation_policy": CancellationPolicy.SELF_SERVICE}, "policy_not_of_kind"),
        (Kind.LINUX_PLAN, {"cancellation_policy": CancellationPolicy.SUPPORT_ONLY}, "policy_not_of_kind"),
        (Kind.RESERVATION, {"cancellation_policy": CancellationPolicy.SELF_SERVICE}, "policy_not_of_kind"),
        (Kind.SUBSCRIPTION, {"cancellation_policy": CancellationPolicy.NEVER}, "policy_not_of_kind"),
        (Kind.PERPETUAL, {"hybrid_benefit": "on"}, "benefit_of_subscriptions"),
    ],
)
def test_a_refusal_of_the_service_stands_on_the_form_and_in_the_log(browser, keeper, kind, sent, code):
    policy = min(kind.policies)
    sku = make_sku(kind=kind, cancellation_policy=policy)
    before = Sku.objects.filter(pk=sku.pk).values().get()
    response = browser.post(change("sku", sku), sku_form(sku, **sent))
    assert response.status_code == 200
    assert response.context["adminform"].form.has_error("__all__", code)
    assert Sku.objects.filter(pk=sku.pk).values().get() == before
    event = Event.objects.get(action=Action.CATALOGUE_CHANGE_REFUSED)
    assert (event.actor_name, event.details["reason"]) == (keeper.email, code)


def test_how_keys_are_issued_stays_once_a_purchase_stands_on_it(browser, agent, customer):
    sku = make_sku(keys=1)
    buy_line(agent, customer, sku)
    response = browser.post(change("sku", sku), sku_form(sku, key_issue=KeyIssue.PER_UNIT))
    assert "cannot be changed any more: it has been bought" in words_of(response)
    assert Sku.objects.get(pk=sku.pk).key_issue == KeyIssue.PER_LINE


def test_a_new_policy_counts_for_new_orders_only(browser, agent, customer):
    sku = make_sku()
    old = buy_line(agent, customer, sku)
    browser.post(change("sku", sku), sku_form(sku, cancellation_policy=CancellationPolicy.SUPPORT_ONLY))
    new = buy_line(agent, customer, sku)
    old.refresh_from_db()
    policies = [line.policy_version.policy for line in (old, new)]
    assert policies == [CancellationPolicy.SELF_SERVICE, CancellationPolicy.SUPPORT_ONLY]


def test_a_list_is_searched_and_filtered(browser):
    make_sku(title="Exchange Server", kind=Kind.PERPETUAL)
    make_sku(title="SharePoint Server", kind=Kind.PERPETUAL)
    make_sku(title="Exchange Online")
    url = reverse("admin:software_sku_changelist")
    found = words_of(browser.get(url, {"q": "exchange", "product__kind__exact": Kind.PERPETUAL}))
    assert "Exchange Server" in found
    assert "SharePoint Server" not in found
    assert "Exchange Online" not in found
    assert "Nothing fits this search" in words_of(browser.get(url, {"q": "no such thing"}))


def test_a_bad_filter_or_page_is_answered_with_the_list(browser):
    make_sku(title="Exchange Server")
    url = reverse("admin:software_sku_changelist")
    for query in ("?p=99", "?p=x", "?kind=1", "?o=99.x", "?q=%00"):
        assert "Exchange Server" in words_of(browser.get(url + query, follow=True))


@pytest.mark.parametrize("page", ["/operator/", "/operator/software/"])
def test_the_first_pages_cost_few_queries(browser, page):
    assert len(queries_of(browser, page)) <= MOST_QUERIES


def test_a_partner_sees_nothing_of_it_in_any_role(client_of):
    partner_roles = [role for role in Role if role not in {Role.OPERATOR_ADMIN, Role.SUPPORT_AGENT}]
    user = UserFactory(partner=PartnerFactory(), roles=partner_roles)
    assert client_of(user).get("/operator/software/").status_code == 403
