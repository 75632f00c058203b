"""Who may use which address: the whole URL table against every role, a stranger partner and nobody (P1, P2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from activity.export.asking import ask_for_export
from activity.feeds.models import FeedToken, Webhook
from activity.models import ExportFormat, LogExport
from cancellations.support.models import (
    ApprovalThreshold,
    Holiday,
    OpeningSpan,
    ProblemType,
    ReplyTemplate,
    ResponseTarget,
)
from cancellations.support.services.files import add_file
from cancellations.support.services.filing import file_request
from csp_portal.accounts.permissions import OPERATOR_ROLES, ROLES_THAT_MAY, Permission, Role
from csp_portal.accounts.services import invite_user
from csp_portal.accounts.services.api_clients import make_client
from csp_portal.mail.models import Mail
from orders.billing.models import Invoice
from orders.billing.services import close_due_months, issue_due_invoices
from software.models import MarketRestriction, PolicyVersion, TaxRate
from software.services import start_download
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_link, make_sku
from tests.helpers import cancel
from tests.payments import pay
from tests.support import file_refund, refund_fields

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/sign-in/"
GROUP = 20  # addresses
PARTNER_ROLES = [role for role in Role if role not in OPERATOR_ROLES]


@dataclass(frozen=True)
class Address:
    """One line of the URL table."""

    name: str
    view: Any
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def addresses(
    resolver: URLResolver, namespaces: tuple[str, ...] = (), outer: tuple[str, ...] = ()
) -> Iterator[Address]:
    """Every address below `resolver`, those of included tables too."""
    for pattern in resolver.url_patterns:
        parameters = (*outer, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from addresses(pattern, inner, parameters)
        else:
            assert isinstance(pattern, URLPattern)
            name = ":".join((*namespaces, pattern.name or f"unnamed {pattern.pattern}"))
            yield Address(name, pattern.callback, parameters)


ALL = list(addresses(get_resolver()))
GUARDED = [address for address in ALL if getattr(address.view, "permission", None) is not None]
BY_TOKEN = [address for address in ALL if getattr(address.view, "by_token", False)]
PUBLIC = [address for address in ALL if address not in GUARDED + BY_TOKEN]
OF_AN_OBJECT = [
    address for address in GUARDED if address.parameters and ROLES_THAT_MAY[address.view.permission] & {*PARTNER_ROLES}
]
HOUSE = [address for address in GUARDED if address.name.startswith("admin:")]


def in_groups(asked: list[Address]) -> list[Any]:
    """So many addresses a test as it takes to make a world for them worth its while."""
    groups = [asked[first : first + GROUP] for first in range(0, len(asked), GROUP)]
    return [pytest.param(group, id=f"{group[0]} to {group[-1]}") for group in groups]


@contextmanager
def each_alone(group: list[Address], address: Address) -> Iterator[None]:
    """What asking one address of a group did is undone before the next; what fails says at which."""
    savepoint = transaction.atomic()
    savepoint._from_testcase = True  # as around each test: what must be outermost may stand within
    try:
        with savepoint:
            yield
            transaction.set_rollback(True)
    except BaseException as fault:
        fault.add_note(f"at {address}, {group.index(address) + 1} of {len(group)}")
        raise


@dataclass
class World:
    """One partner with an object of every kind that an address can name."""

    partner: Any
    values: dict[str, Any]
    own_values: dict[str, dict[str, Any]]  # of an address that gives a parameter another meaning
    staff_values: dict[str, Any]  # what the operator's staff have in the place of the partner's

    def url(self, address: Address, *, staff: bool = False) -> str:
        """The address with its parameters filled from objects of the partner, or of the operator's staff."""
        values = {**self.values, **self.own_values.get(address.name, {}), **(self.staff_values if staff else {})}
        unknown = [name for name in address.parameters if name not in values]
        if unknown:
            pytest.fail(f"{address} takes {unknown}: teach the world of tests/test_access.py an object for it.")
        return reverse(address.name, kwargs={name: values[name] for name in address.parameters})


# What names no object of the partner, or one that need not be there.
PLAIN = {
    "tenant": "fabrikam.example",
    "role": Role.AUDITOR.value,
    "prefix": "fabrikam",
    "country": "US",
    "availability_id": "4K2MZQ7HW3XA",
    "line_number": "0",
    "cart_id": uuid4(),
    "currency": "USD",
    "month": date(2020, 1, 1),
    "sent": 1580472000,
    "what": "keys",
    "state": "0" * 32,
    "provider": "OneTime",
    "line_type": "BillingLineItems",
    "attachment_id": uuid4(),
    "record_id": "A" * 22,
    "view_id": uuid4(),
    "sequence": 1,
}


@pytest.fixture
def world(clock) -> World:
    clock.set("2020-01-31T12:00:00Z")
    partner = PartnerFactory()
    agent = user_of(partner, Role.ADMIN_AGENT)
    customer = CustomerFactory(partner=partner)
    line = buy_line(agent, customer, make_sku(keys=1))
    link = make_link(agent, line.purchase)
    session = start_download(link.token, user=None)
    clock.set("2020-02-10T09:00:00Z")
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    certificate = cancel(buy_line(agent, customer, make_sku()), agent).certificate
    asked = file_refund(agent, buy_line(agent, customer, make_sku()))
    payment = pay(Invoice.objects.get(), "1.00", on="2020-02-10")
    mail = Mail.objects.create(cause="1", to="a@b.example", subject="A note", text="Read.")
    values = {
        **PLAIN,
        "tenant_id": customer.tenant_id,
        "member": agent.public_id,
        "domain": customer.primary_domain,
        "client_id": make_client("Shop", roles=[Role.AUDITOR], actor=user_of(partner, Role.GLOBAL_ADMIN))[0].client_id,
        "sku_id": line.purchase.sku.public_id,
        "product_id": line.purchase.sku.product.product_id,
        "purchase_id": line.purchase.public_id,
        "key_id": line.purchase.keys.get().public_id,
        "number": line.order.number,
        "order_id": line.order.number,
        "cancellation_id": certificate.public_id,
        "subscription_id": line.purchase.public_id,
        "invoice_number": Invoice.objects.get().public_number,
        "link_id": link.public_id,
        "token": link.token,
        "mail_id": mail.public_id,
        "partner_id": partner.public_id,
        "payment_id": payment.public_id,
        "certificate_id": certificate.public_id,
        **feeds_of(partner),
        "file_id": sent_file(agent, line).public_id,
        "version_pk": PolicyVersion.objects.earliest("pk").pk,
        "export_id": export_asked_for_by(user_of(partner, Role.GLOBAL_ADMIN)).public_id,
        "invoice_id": Invoice.objects.get().public_number,
        "request_id": asked.number,
        **people_of(partner, Role.GLOBAL_ADMIN),
    }
    own_values = {"software:session": {"token": session.token, "file_name": link.build.file_name}}
    of_requests = [address.name for address in ALL if address.name.split(":")[0] in ("support", "queue")]
    own_values |= {name: {"number": asked.number} for name in of_requests}
    own_values |= house_values(partner, mail, payment, payment.invoice, *catalogue_rows(line.purchase))
    own_values |= house_values(*support_rows())
    return World(partner, values, own_values, people_of(None, Role.OPERATOR_ADMIN))


def sent_file(agent, line) -> Any:
    """A file that came with a support request."""
    draft_id = uuid4()
    add_file(draft_id, SimpleUploadedFile("a.txt", b"What happened."), actor=agent)
    fields = replace(refund_fields(line, agent), problem=ProblemType.KEYS, refund=None)
    return file_request(fields, draft_id=draft_id, actor=agent).attachments.get()


def export_asked_for_by(admin) -> LogExport:
    """An export of the log."""
    query = {"from": "2020-02-01", "to": "2020-02-10", "zone": "UTC", "show": "all"}
    return ask_for_export(query, ExportFormat.CSV, actor=admin)


def feeds_of(partner) -> dict[str, Any]:
    """A token of a collector and a webhook, whose address nothing can be sent to."""
    known = {"partner": partner, "made_by": "admin@partner.example", "made_at": timezone.now()}
    feed = FeedToken.objects.create(name="SIEM", hash="0" * 64, **known)
    nowhere = {"url": "http://nowhere.invalid/", "position": 0, "looked_to": 0, "next_attempt_at": timezone.now()}
    webhook = Webhook.objects.create(**nowhere, **known)
    return {"feed_id": feed.public_id, "webhook_id": webhook.public_id}


def catalogue_rows(purchase) -> list[Any]:
    """A row of each model of the catalogue."""
    tax = {"market": "DE", "name": "VAT", "rate": "0.19", "included_in_price": False, "valid_from": date(2007, 1, 1)}
    sku, policy, restriction = purchase.sku, PolicyVersion.objects.first(), MarketRestriction.objects.first()
    key, build, price = purchase.keys.get(), sku.product.builds.get(), sku.prices.get()
    return [sku.product, sku, price, build, key, policy, restriction, TaxRate.objects.create(**tax)]


def support_rows() -> list[Any]:
    """A row of each setting of support."""
    threshold, _made = ApprovalThreshold.objects.get_or_create(currency="USD", defaults={"amount": "500"})
    holiday = Holiday.objects.create(day=date(2020, 12, 25), name="Christmas Day")
    template = ReplyTemplate.objects.create(name="Thanks", language="en", text="Thank you.")
    return [threshold, holiday, template, OpeningSpan.objects.first(), ResponseTarget.objects.first()]


def house_values(*rows) -> dict[str, dict[str, Any]]:
    """A row for each page of the operator's, by its model."""
    named = [(f"admin:{row._meta.app_label}_{row._meta.model_name}", row.pk) for row in rows]
    values = {f"{name}_change": {"object_id": pk} for name, pk in named}
    values |= {f"{name}_remove": {"row_pk": pk} for name, pk in named}
    return values | {"admin:app_list": {"app_label": "software"}}


def people_of(partner, admin_role) -> dict[str, Any]:
    """A user of a side, and an invitation to it."""
    admin = user_of(partner, admin_role)
    invitation = invite_user(email=f"new-{admin.email}", name="New", roles=[admin_role], partner=partner, actor=admin)
    return {"user_id": user_of(partner, admin_role).public_id, "invitation_id": invitation.public_id}


def user_of(partner, *roles):
    return UserFactory(partner=partner, roles=list(roles), password=None)


def browser_of(user):
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def answers(address: Address, url: str, user=None) -> dict[str, Any]:
    """What `user` (nobody without one) is answered, by each method that the view takes."""
    refused = browser_of(None).generic("PROBE", url)
    assert refused.status_code == 405, f"{address} has no method gate, or it does not stand before the role's"
    methods = {method.strip() for method in refused.headers["Allow"].split(",")} & {"GET", "POST"}
    found = {method: browser_of(user).generic(method, url) for method in sorted(methods)}
    for response in found.values():
        response.getvalue()  # to its last byte, which closes the file that it may send
    return found


def statuses(address: Address, url: str, user=None) -> set[int]:
    return {response.status_code for response in answers(address, url, user).values()}


def test_every_address_has_a_name_and_says_who_may_use_it():
    assert [address.name for address in ALL if "unnamed" in address.name] == []
    open_to_anybody = [address.name for address in ALL if not hasattr(address.view, "permission")]
    assert open_to_anybody == [], "they stand behind neither role_required nor public"


@pytest.mark.parametrize("group", in_groups(GUARDED))
def test_nobody_is_sent_to_the_sign_in_page_and_back(group, world):
    for address in group:
        with each_alone(group, address):
            for response in answers(address, world.url(address)).values():
                assert response.status_code == 302
                assert response.url.startswith(f"{SIGN_IN}?next=%2F")


@pytest.mark.parametrize("group", in_groups(GUARDED))
def test_each_role_comes_in_or_is_refused_as_the_table_says(group, world):
    for address in group:
        with each_alone(group, address):
            assert set(Role) - refused_roles(address, world) == ROLES_THAT_MAY[address.view.permission]


def refused_roles(address: Address, world: World) -> set[Role]:
    refused = set()
    for role in Role:
        staff = role in OPERATOR_ROLES
        url = world.url(address, staff=staff)
        found = statuses(address, url, user_of(None if staff else world.partner, role))
        assert found == {403} or not found & {401, 403, 404, 405, 500}, f"{role}: {found}"
        refused |= {role} if found == {403} else set()
    return refused


@pytest.mark.parametrize("group", in_groups(GUARDED))
def test_a_user_without_a_role_is_refused(group, world):
    for address in group:
        with each_alone(group, address):
            assert statuses(address, world.url(address), user_of(world.partner)) == {403}


@pytest.mark.parametrize("group", in_groups(OF_AN_OBJECT))
def test_another_partners_object_is_not_found(group, world):
    for address in group:
        with each_alone(group, address):
            stranger = user_of(PartnerFactory(), *PARTNER_ROLES)
            assert statuses(address, world.url(address), stranger) == {404}


@pytest.mark.parametrize("group", in_groups(PUBLIC))
def test_a_public_address_asks_nobody_to_sign_in(group, world):
    for address in group:
        with each_alone(group, address):
            for response in answers(address, world.url(address)).values():
                assert response.status_code < 500
                assert response.status_code not in {401, 403}
                assert not response.headers.get("Location", "").startswith(f"{SIGN_IN}?next=")


@pytest.mark.parametrize("role", [None, *Role])
def test_what_programs_read_opens_with_a_token_and_to_no_sign_in(role, world):
    user = user_of(None if role in OPERATOR_ROLES else world.partner, role) if role else None
    for address in BY_TOKEN:
        for response in answers(address, world.url(address), user).values():
            assert response.status_code == 401, address
            assert response.headers["WWW-Authenticate"].startswith("Bearer"), address


def test_the_house_is_kept_by_the_operator_alone():
    assert {address.view.permission for address in HOUSE} == {Permission.KEEP_HOUSE}


def test_the_table_was_walked_into_every_app():
    walked = {address.name.split(":")[0] for address in ALL}
    assert {
        "home",
        "account_login",
        "customers",
        "software",
        "orders",
        "billing",
        "cancellations",
        "activity",
        "admin",
    } <= walked
