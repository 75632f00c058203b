"""Test data. Master data is made directly; what has rules (orders, links, cancellations) by the services."""

import hashlib
import itertools
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from csp_portal.accounts.models import Partner, RoleAssignment, User
from csp_portal.accounts.permissions import Role
from customers.models import Customer
from orders.billing.models import Account
from orders.models import Cart, Order, OrderLine
from orders.review import review_cart
from orders.reviewed import Reviewed
from orders.services import add_to_cart, place_order
from software import custody
from software.models import Build, CancellationPolicy, KeyIssue, Kind, Price, Product, ProductKey, Sku, SoftwarePurchase
from software.services import grant_link

PASSWORD = "correct horse battery staple"
GENEROUS_LIMIT = Decimal(10**12)
_serial = itertools.count(1)


class PartnerFactory(factory.django.DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    legal_name = factory.Sequence(lambda n: f"Partner {n} Ltd")
    address = "1 Main Street, Springfield"
    tax_id = "US 12-3456789"
    support_name = "Service desk"
    support_email = factory.Sequence(lambda n: f"desk{n}@partner.example")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A partner's user; `roles` are given as a list."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@partner.example")
    name = factory.Sequence(lambda n: f"User {n}")
    partner = factory.SubFactory(PartnerFactory)
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def roles(self, create: bool, given: list[Role] | None) -> None:
        for role in given or []:
            RoleAssignment.objects.create(user=self, role=role)


class CustomerFactory(factory.django.DjangoModelFactory[Customer]):
    """A customer in the US whose partner has a credit limit in its currency."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    partner = factory.SubFactory(PartnerFactory)
    tenant_id = factory.LazyFunction(uuid.uuid4)
    company_name = factory.Sequence(lambda n: f"Customer {n}")
    primary_domain = factory.Sequence(lambda n: f"customer{n}.example")
    market = "US"
    currency = "USD"
    address_line = "2 Side Street"
    city = "Springfield"
    country = factory.SelfAttribute("market")

    @factory.post_generation
    def credit_limit(self, create: bool, given: Decimal | None) -> None:
        """The partner may order in the customer's currency, unless it has an account in it already."""
        limit = GENEROUS_LIMIT if given is None else given
        Account.objects.get_or_create(partner=self.partner, currency=self.currency, defaults={"credit_limit": limit})


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    class Meta:
        model = Product

    product_id = factory.Sequence(lambda n: f"DG7TEST{n:05d}")
    title = factory.Sequence(lambda n: f"Windows Server Standard {n}")
    publisher = "Microsoft"
    family = "Windows Server"
    kind = Kind.SUBSCRIPTION


class SkuFactory(factory.django.DjangoModelFactory[Sku]):
    """A one-year subscription with one key per line, cancelled by self-service."""

    class Meta:
        model = Sku

    product = factory.SubFactory(ProductFactory)
    sku_id = "0001"
    title = factory.LazyAttribute(lambda sku: f"{sku.product.title} - 1 year")
    term = "P1Y"
    billing_plan = "Annual"
    segment = "Commercial"
    cancellation_policy = CancellationPolicy.SELF_SERVICE
    key_issue = KeyIssue.PER_LINE


class PriceFactory(factory.django.DjangoModelFactory[Price]):
    class Meta:
        model = Price

    sku = factory.SubFactory(SkuFactory)
    market = "US"
    currency = "USD"
    unit_price = Decimal("1200.00")
    effective_start = datetime(2000, 1, 1, tzinfo=UTC)
    effective_end = datetime(9999, 11, 30, tzinfo=UTC)


def make_sku(
    unit_price: str = "1200.00",
    *,
    market: str = "US",
    currency: str = "USD",
    kind: Kind = Kind.SUBSCRIPTION,
    keys: int = 0,
    **sku_fields: object,
) -> Sku:
    """A SKU with a price in one market and `keys` in its pool."""
    if not kind.is_software:
        sku_fields.setdefault("key_issue", KeyIssue.NONE)
    if kind == Kind.PERPETUAL:
        sku_fields.setdefault("term", "OneTime")
    sku = SkuFactory(product__kind=kind, **sku_fields)
    PriceFactory(sku=sku, market=market, currency=currency, unit_price=Decimal(unit_price))
    add_keys(sku, keys)
    return sku


def add_keys(sku: Sku, count: int) -> list[str]:
    """Put `count` new keys into the SKU's pool; answers them in clear."""
    made = [f"AAAAA-BBBBB-CCCCC-DDDDD-{next(_serial):05d}" for _key in range(count)]
    hash_key = custody.newest_hash_key()
    ProductKey.objects.bulk_create(
        ProductKey(
            product=sku.product,
            sku=sku,
            secret=custody.encrypt(key),
            last_five=key[-5:],
            hash=custody.hash_product_key(key, hash_key),
            hash_key_id=custody.key_id(hash_key),
            imported_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
        for key in made
    )
    return made


def make_build(product: Product, content: bytes = b"the bytes of a build", **fields: object) -> Build:
    """A build whose bytes are in the storage."""
    storage_name = default_storage.save(f"builds/{uuid.uuid4().hex}", ContentFile(content))
    values = {"version": "2022", "language": "en-US", "file_type": "ISO x64", "file_name": "setup.iso", **fields}
    return Build.objects.create(
        product=product,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        storage_name=storage_name,
        **values,
    )


def buy(actor: User, customer: Customer, *skus: Sku, quantity: int = 1) -> Order:
    """Order `quantity` of each SKU for the customer, as the portal does, at the current (frozen) time."""
    for sku in skus:
        add_to_cart(customer.tenant_id, sku.public_id, quantity, actor=actor)
    return place(actor, customer, never_accepted=[sku.public_id for sku in skus])


def reviewed_now(actor: User, customer: Customer) -> Reviewed:
    """The actor's cart for a customer as its review shows it now."""
    return Reviewed.of(review_cart(Cart.objects.open_for(customer, actor), timezone.now()))


def place(actor: User, customer: Customer, **sent: Any) -> Order:
    """Order what the actor's cart holds, as it is reviewed now."""
    return place_order(customer.tenant_id, reviewed=reviewed_now(actor, customer), actor=actor, **sent)


def buy_line(actor: User, customer: Customer, sku: Sku, quantity: int = 1) -> OrderLine:
    """Order one SKU; answers its line."""
    return buy(actor, customer, sku, quantity=quantity).lines.get()


def make_link(actor: User, purchase: SoftwarePurchase, build: Build | None = None, *, label: str = ""):
    """The purchase's link to a build (made if none is given)."""
    build = build or make_build(purchase.sku.product)
    return grant_link(purchase.public_id, build.public_id, label=label, grant_seen=0, actor=actor).link
