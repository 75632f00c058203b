"""Never means never: SUSE and Red Hat lines are cancelled by nobody, on no path (C1).

Every way by which something could be cancelled is one function that tries it on a `World`, in one of three lists:
`REFUSED` for what answers with the reason and stands in the log, `HARMLESS` for what is no way to cancel at all,
`BY_THE_DATABASE` for what only the database is left to refuse. After each nothing may have changed. Whoever adds a
way to cancel (approving a support request, the REST API) adds its function to `REFUSED`.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import get_commands
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from cancellations.several.services import cancel_several
from cancellations.support.models import SupportRequest
from cancellations.terms import CancellationTerms
from csp_portal.celery import app
from csp_portal.errors import Refusal
from csp_portal.operator_site import site
from orders.billing.models import Credit
from orders.billing.services import fix_credit
from orders.models import Order, OrderLine
from software.models import CancellationPolicy, Kind, PolicyVersion, Sku, SoftwarePurchase
from software.services import revoke_purchase
from tests.helpers import quote_of, words_of
from tests.never import never_world
from tests.support import file_refund

pytestmark = pytest.mark.django_db

SELF_SERVICE, _SUPPORT_ONLY, NEVER = CancellationPolicy
EVERYTHING = {
    "status": "cancelled",
    "policy": "self_service",
    "policy_version": "1",
    "cancellation_policy": "self_service",
    "window_days": "60",
    "valid_from": "2020-01-24",
    "last_cancel_day": "2020-03-24",
    "window_closes_at": "2020-03-25T00:00:00Z",
    "quantity": "1",
    "quantity_cancelled": "3",
    "kind": "subscription",
    "key_issue": "none",
    "low_water": "0",
}


@pytest.fixture(params=["SUSE", "Red Hat"])
def world(request, clock, agent, keeper, customer, client_of):
    return never_world(request.param, clock, agent, keeper, customer, client_of)


# What answers with the reason


def page_plain(world):
    world.send()


def page_htmx(world):
    world.send(htmx=True)


def page_with_a_part(world):
    world.send(quote=quote_of(world.line, 1).signed(), quantity="1")


def page_without_a_quote(world):
    world.send(quote="", notice_accepted="")


def page_with_a_quote_of_another_line(world):
    world.send(quote=quote_of(world.sibling).signed())


def page_with_a_quote_of_another_order(world):
    world.send(order=world.another)


def page_with_terms_in_the_form(world):
    world.send(**EVERYTHING)


def service_whole(world):
    world.confirm(quote_of(world.line))


def service_in_parts(world):
    for units in (1, 2):
        world.confirm(quote_of(world.line, units))


def service_with_a_quote_that_names_other_terms(world):
    self_service = PolicyVersion.objects.get(policy=SELF_SERVICE)
    world.confirm(replace(quote_of(world.line), policy_version=self_service.pk))


def service_with_a_quote_of_the_time_before_it_was_never(world):
    now, was = timezone.now(), world.line.policy_version
    world.line_becomes(
        policy_version=PolicyVersion.objects.get(policy=SELF_SERVICE), window_closes_at=now + timedelta(days=9)
    )
    quote = quote_of(world.line)
    world.line_becomes(policy_version=was, window_closes_at=None)
    world.confirm(quote)


def service_with_a_window_that_it_should_not_have(world):
    world.line_becomes(window_closes_at=timezone.now() + timedelta(days=9), last_cancel_day="2020-03-24")
    world.confirm(quote_of(world.line))
    world.line_becomes(window_closes_at=None, last_cancel_day=None)


def page_after_its_sku_has_other_terms(world):
    Sku.objects.filter(pk=world.line.purchase.sku_id).update(cancellation_policy=SELF_SERVICE)
    world.send()


def page_after_its_product_is_of_another_kind(world):
    sku = world.line.purchase.sku
    type(sku.product).objects.filter(pk=sku.product_id).update(kind=Kind.SUBSCRIPTION, publisher="Microsoft")
    world.send()


def several_page(world):
    url = reverse("cancellations:several", args=[world.line.order.customer.tenant_id])
    quotes = [quote_of(line).signed() for line in (world.line, world.another)]
    response = world.browser.post(f"{url}?order={world.line.order.number}", {"quote": quotes, "notice_accepted": "on"})
    assert "0 of 2 lines." in words_of(response)
    assert "can never be cancelled or exchanged." in words_of(response)


def several_service(world):
    quotes = [quote_of(line).signed() for line in (world.line, world.another)]
    outcomes = cancel_several(world.line.order.customer.tenant_id, quotes, notice_accepted=True, actor=world.agent)
    assert {outcome.refusal.code for outcome in outcomes} == {"never_cancellable"}


def filing_a_request(world):
    """Support cannot be asked for it, so there is nothing to approve either."""
    with pytest.raises(Refusal) as refused:
        file_refund(world.agent, world.line)
    assert refused.value.code == "never_cancellable"
    assert not SupportRequest.objects.exists()


REFUSED = [
    filing_a_request,
    several_page,
    several_service,
    page_plain,
    page_htmx,
    page_with_a_part,
    page_without_a_quote,
    page_with_a_quote_of_another_line,
    page_with_a_quote_of_another_order,
    page_with_terms_in_the_form,
    page_after_its_sku_has_other_terms,
    page_after_its_product_is_of_another_kind,
    service_whole,
    service_in_parts,
    service_with_a_quote_that_names_other_terms,
    service_with_a_quote_of_the_time_before_it_was_never,
    service_with_a_window_that_it_should_not_have,
]


@pytest.mark.parametrize("attempt", REFUSED, ids=lambda attempt: attempt.__name__)
def test_it_is_refused_with_the_reason_which_stands_in_the_log(world, attempt):
    before = world.state()
    attempt(world)
    assert world.state() == before
    refusals = (Action.CANCEL_REFUSED, Action.REQUEST_REFUSED)
    refused = Event.objects.filter(action__in=refusals, details__reason="never_cancellable")
    assert refused.exists()
    assert {event.order_number for event in refused} <= {world.line.order.number, world.another.order.number}
    assert refused.first().actor_name == world.agent.email


def test_its_dialog_offers_neither_a_quote_nor_submit(world):
    url = reverse("cancellations:cancel", args=[world.line.order.customer.tenant_id, world.line.purchase.sku.public_id])
    for headers in ({}, {"HX-Request": "true", "HX-Target": "dialog-content"}):
        response = world.browser.get(url, {"order": world.line.order.number}, headers=headers)
        assert "can never be cancelled or exchanged." in words_of(response)
        assert 'name="quote"' not in response.content.decode()


def test_cancelling_another_line_of_its_order_leaves_it_alone(world):
    before, line = world.state()[0], OrderLine.objects.with_purchase().get(pk=world.sibling.pk)
    quote = CancellationTerms(line, timezone.now()).quote
    confirm_cancellation(
        world.sibling.purchase.public_id, quote=quote.signed(), notice_accepted=True, actor=world.agent
    )
    assert world.state()[0] == before


# What is no way to cancel


def the_house(world):
    """Every form, address and action of the operator's site, with whatever might be believed."""
    rows = {OrderLine: world.line.pk, SoftwarePurchase: world.line.purchase_id, Order: world.line.order_id}
    assert not {*rows, Cancellation, Credit} & {*site._registry}
    for model in [*site._registry, *rows]:
        folder = f"/operator/{model._meta.app_label}/{model._meta.model_name}"
        keys = {*model.objects.values_list("pk", flat=True)[:2], rows.get(model, world.line.pk)}
        for address in ("", "/add", *(f"/{key}/{word}" for key in keys for word in ("change", "delete", "cancel"))):
            response = world.house.post(f"{folder}{address}/", EVERYTHING | {"action": "delete_selected"})
            assert response.status_code < 500


def the_jobs(world):
    """Every job that beat starts."""
    app.loader.import_default_modules()
    for job in app.conf.beat_schedule.values():
        app.tasks[job["task"]].apply(throw=True)


OTHERS = ("django", "allauth", "rest_", "oauth2_provider", "drf_spectacular")  # whose commands cancel nothing of ours


def the_commands(world):
    """The portal has no command that cancels; this list is to be looked at when it grows."""
    own = {name for name, where in get_commands().items() if not where.startswith(OTHERS)}
    assert own <= {
        "build_icons",
        "demo",
        "drop_activity",
        "empty_old_carts",
        "export_activity",
        "import_build",
        "import_keys",
        "import_payments",
        "import_price_list",
        "import_tax_rates",
        "invite_user",
        "migrate",
        "redact_activity",
        "remove_old_contacts",
        "remove_old_mails",
        "remove_old_sessions",
        "rotate_keys",
        "run",
        "runserver",
        "sort_activity",
        "verify_activity",
    }


HARMLESS = [the_house, the_jobs, the_commands]


@pytest.mark.parametrize("attempt", HARMLESS, ids=lambda attempt: attempt.__name__)
def test_what_is_no_way_to_cancel_changes_nothing(world, attempt):
    before = world.state()
    attempt(world)
    assert world.state() == before


# What the database refuses


def purchase_updated(world):
    SoftwarePurchase.objects.filter(pk=world.line.purchase_id).update(status="cancelled", cancelled_at=timezone.now())


def purchase_revoked(world):
    revoke_purchase(world.line.purchase, now=timezone.now())


def credit_fixed(world):
    line = OrderLine.objects.with_purchase().get(pk=world.line.pk)
    fix_credit(line, quote_of(line), now=timezone.now())


def units_counted_as_cancelled(world):
    world.line_becomes(quantity_cancelled=1)


def amounts_counted_as_credited(world):
    world.line_becomes(credited_net=1, credited_gross=1)


def terms_rewritten(world):
    PolicyVersion.objects.filter(policy=NEVER).update(policy=SELF_SERVICE, window_days=60)


def sql(world):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE software_softwarepurchase SET status = 'cancelled', cancelled_at = now()")


BY_THE_DATABASE = [
    purchase_updated,
    purchase_revoked,
    credit_fixed,
    units_counted_as_cancelled,
    amounts_counted_as_credited,
    terms_rewritten,
    sql,
]


@pytest.mark.parametrize("attempt", BY_THE_DATABASE, ids=lambda attempt: attempt.__name__)
def test_past_every_service_the_database_refuses(world, attempt):
    before = world.state()
    with pytest.raises(DatabaseError), transaction.atomic():
        attempt(world)
    assert world.state() == before
