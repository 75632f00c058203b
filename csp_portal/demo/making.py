"""Making the demo: each step looks first, so that an interrupted run is taken up by the next one."""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import time_machine
from django.conf import settings
from django.utils import timezone

from activity.services import Actor
from activity.tasks import make_months
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.services import create_partner, create_user
from csp_portal.demo import cast, goods, many, notes
from csp_portal.demo.clients import make_clients
from csp_portal.demo.history import agent_of, make_history
from csp_portal.demo.story import FOUNDED
from csp_portal.demo.support import set_house
from customers.models import Customer
from customers.services import check_import, create_customer, import_customers
from orders.billing.services import set_credit_limit
from software.models import Build, ProductKey
from software.services import import_build, import_keys, import_price_list, import_tax_rates

Say = Callable[[str], object]
ACTOR = Actor.system("demo")
DATA = settings.BASE_DIR / "software" / "data"
_CHUNK = 1024 * 1024  # bytes
_KEY_SIGNS = "BCDFGHJKMPQRTVWXY2346789"


def make_demo(say: Say) -> None:
    """Load all of it; what stands already is left as it is.

    Its instants hang on the time of the first run, which is noted, so that a second run finds what the first made.
    """
    anchor = datetime.fromisoformat(notes.keep(notes.BEGUN, timezone.now().isoformat()))
    with time_machine.travel(anchor - FOUNDED, tick=True):
        make_months()
        say("Partners and users")
        _people(notes.passwords())
        make_clients()
        say("Price list and tax rates")
        import_price_list(DATA / "software_price_list.csv", actor=ACTOR)
        import_tax_rates(DATA / "demo_tax_rates.csv", actor=ACTOR)
        say("Customers")
        for customer in cast.CUSTOMERS:
            _customer(customer)
        say(f"{many.COUNT} customers of one partner")
        _many_customers()
        set_house(anchor, actor=ACTOR)
        say("Keys")
        for product_id, sku_id, count in goods.POOLS:
            _pool(product_id, sku_id, count)
    for build in goods.BUILDS:
        say(f"Build {build.file_name}, {build.size // _CHUNK} MiB")
        _build(build)
    say("Orders, cancellations, invoices and support requests of the last months")
    make_history(anchor)


def _people(passwords: dict[str, str]) -> None:
    partners = {partner.key: _partner(partner) for partner in cast.PARTNERS}
    for person in cast.USERS:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            create_user(
                actor=ACTOR,
                email=person.email,
                password=passwords[person.email],
                name=person.name,
                roles=person.roles,
                partner=partners[person.partner] if person.partner else None,
            )
        elif not user.check_password(passwords[person.email]):
            user.set_password(passwords[person.email])  # the notes were lost, and the portal knows no password
            user.save(update_fields=["password"])


def _partner(given: cast.DemoPartner) -> Partner:
    fields = {name: value for name, value in vars(given).items() if name != "key"}
    partner = Partner.objects.filter(legal_name=given.legal_name).first() or create_partner(actor=ACTOR, **fields)
    for currency in sorted(_currencies_of(given)):
        set_credit_limit(partner, currency, cast.CREDIT_LIMITS[currency], actor=ACTOR)
    return partner


def _currencies_of(partner: cast.DemoPartner) -> set[str]:
    if partner.key == cast.PARTNER_OF_THOUSANDS:
        return {currency for _market, currency in many.MARKETS}
    return {customer.currency for customer in cast.CUSTOMERS if customer.partner == partner.key}


def _customer(given: cast.DemoCustomer) -> None:
    if Customer.objects.filter(tenant_id=given.tenant_id).exists():
        return
    fields = {name: value for name, value in vars(given).items() if name != "partner"}
    agent = agent_of(_made_partner(given.partner))
    create_customer(actor=agent, country=given.market, **{**fields, "tenant_id": UUID(given.tenant_id)})


def _made_partner(key: str) -> Partner:
    return Partner.objects.get(legal_name=next(given.legal_name for given in cast.PARTNERS if given.key == key))


def _many_customers() -> None:
    partner = _made_partner(cast.PARTNER_OF_THOUSANDS)
    if partner.customers.exists():
        return  # all of them: an import adds all or none
    agent = agent_of(partner)
    plan = check_import(many.export_of_thousands(), actor=agent)
    import_customers(plan.new, file_name="partner-center-customers.csv", actor=agent)


def _pool(product_id: str, sku_id: str, count: int) -> None:
    if ProductKey.objects.filter(product__product_id=product_id, sku__sku_id=sku_id).exists():
        return
    rows = "".join(f"{product_id},{sku_id},{_new_key()}\n" for _number in range(count))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.csv"
        path.write_text(f"ProductId,SkuId,ProductKey\n{rows}", encoding="ascii")
        import_keys(path, actor=ACTOR)


def _new_key() -> str:
    groups = ("".join(secrets.choice(_KEY_SIGNS) for _sign in range(5)) for _group in range(5))
    return "-".join(groups)


def _build(given: goods.DemoBuild) -> None:
    same = Build.objects.filter(
        product__product_id=given.product_id,
        version=given.version,
        language=given.language,
        file_type=given.file_type,
    )
    if same.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / given.file_name
        with path.open("wb") as file:
            for chunk in _bytes_of(given):
                file.write(chunk)
        import_build(
            path,
            product_id=given.product_id,
            version=given.version,
            language=given.language,
            file_type=given.file_type,
            actor=ACTOR,
        )


def _bytes_of(build: goods.DemoBuild) -> Iterator[bytes]:
    """Bytes that do not compress and are the same each time."""
    for start in range(0, build.size, _CHUNK):
        seed = f"{build.file_name}:{start}".encode()
        yield hashlib.shake_128(seed).digest(min(_CHUNK, build.size - start))
