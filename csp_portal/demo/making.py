"""Making the demo: each step looks first, so that an interrupted run is taken up by the next one."""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import time_machine
from django.conf import settings
from django.utils import timezone

from activity.services import Actor
from activity.tasks import make_months
from cancellations.quotes import quote_line
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission
from csp_portal.accounts.services import create_partner, create_user
from csp_portal.calendar_utc import add_months, month_of, start_of_day
from csp_portal.demo import cast, notes
from customers.models import Customer
from customers.services import create_customer
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits, set_credit_limit
from orders.models import Cart, Order, OrderLine
from orders.review import review_cart
from orders.reviewed import Reviewed
from orders.services import add_to_cart, place_order
from software.models import Build, KeyState, ProductKey, Sku
from software.services import (
    grant_link,
    import_build,
    import_keys,
    import_price_list,
    import_tax_rates,
    reveal_key,
    start_download,
)

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
    with time_machine.travel(anchor - cast.FOUNDED, tick=True):
        make_months()
        say("Partners and users")
        _people(notes.passwords())
        say("Price list and tax rates")
        import_price_list(DATA / "software_price_list.csv", actor=ACTOR)
        import_tax_rates(DATA / "demo_tax_rates.csv", actor=ACTOR)
        say("Customers")
        for customer in cast.CUSTOMERS:
            _customer(customer)
    say("Keys")
    for product_id, sku_id, count in cast.POOLS:
        _pool(product_id, sku_id, count)
    for build in cast.BUILDS:
        say(f"Build {build.file_name}, {build.size // _CHUNK} MiB")
        _build(build)
    say("Orders, cancellations and invoices of the last months")
    _history(anchor)


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
    for currency in sorted({customer.currency for customer in cast.CUSTOMERS if customer.partner == given.key}):
        set_credit_limit(partner, currency, cast.CREDIT_LIMITS[currency], actor=ACTOR)
    return partner


def _agent_of(partner: Partner) -> User:
    agents = (user for user in partner.users.order_by("pk") if user.may(Permission.GET_KEYS))
    return next(agents)


def _customer(given: cast.DemoCustomer) -> None:
    if Customer.objects.filter(tenant_id=given.tenant_id).exists():
        return
    legal_name = next(partner.legal_name for partner in cast.PARTNERS if partner.key == given.partner)
    fields = {name: value for name, value in vars(given).items() if name != "partner"}
    agent = _agent_of(Partner.objects.get(legal_name=legal_name))
    create_customer(actor=agent, country=given.market, **{**fields, "tenant_id": UUID(given.tenant_id)})


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


def _build(given: cast.DemoBuild) -> None:
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


def _bytes_of(build: cast.DemoBuild) -> Iterator[bytes]:
    """Bytes that do not compress and are the same each time."""
    for start in range(0, build.size, _CHUNK):
        seed = f"{build.file_name}:{start}".encode()
        yield hashlib.shake_128(seed).digest(min(_CHUNK, build.size - start))


def _history(anchor: datetime) -> None:
    """Walk from the oldest order to today, closing and issuing each month on its days as the jobs do."""
    happenings: list[tuple[datetime, Callable[[], object]]] = []
    for order in cast.ORDERS:
        placed_at = anchor - order.ago
        happenings.append((placed_at, partial(_order, order, placed_at)))
        if order.with_link:
            happenings.append((placed_at + timedelta(hours=1), partial(_hand_out, order, placed_at)))
        if order.cancelled is not None:
            happenings.append((anchor - order.cancelled, partial(_cancel, order, placed_at)))
    oldest = min(instant for instant, _happening in happenings)
    happenings += [(instant, _run_month_jobs) for instant in _job_instants(oldest, anchor)]
    for instant, happening in sorted(happenings, key=lambda pair: pair[0]):
        with time_machine.travel(instant, tick=True):
            make_months()
            happening()
    post_due_credits()


def _job_instants(oldest: datetime, now: datetime) -> list[datetime]:
    month, instants = add_months(month_of(oldest), 1), []
    while start_of_day(month) < now:
        instants += [start_of_day(month), start_of_day(month.replace(day=8))]
        month = add_months(month, 1)
    return [instant + timedelta(minutes=5) for instant in instants if instant + timedelta(minutes=5) < now]


def _run_month_jobs() -> None:
    now = timezone.now()
    close_due_months(now)
    issue_due_invoices(now)


def _placed(given: cast.DemoOrder, placed_at: datetime) -> Order | None:
    """The demo's order of that instant, if it was placed already."""
    orders = Order.objects.filter(customer__primary_domain=given.customer, placed_at__gte=placed_at)
    return orders.filter(placed_at__lt=placed_at + timedelta(hours=1)).select_related("partner").first()


def _order(given: cast.DemoOrder, placed_at: datetime) -> None:
    if _placed(given, placed_at) is not None:
        return
    customer = Customer.objects.select_related("partner").get(primary_domain=given.customer)
    agent = _agent_of(customer.partner)
    Cart.objects.visible_to(agent).filter(customer=customer).delete()  # left by an interrupted run
    skus = [Sku.objects.get(product__product_id=product_id, sku_id=sku_id) for product_id, sku_id, _n in given.skus]
    for sku, (_product_id, _sku_id, quantity) in zip(skus, given.skus, strict=True):
        add_to_cart(customer.tenant_id, sku.public_id, quantity, actor=agent)
    place_order(
        customer.tenant_id,
        reviewed=Reviewed.of(review_cart(Cart.objects.open_for(customer, agent), timezone.now())),
        actor=agent,
        never_accepted=[sku.public_id for sku in skus],
        purchase_order_number=given.purchase_order_number,
    )


def _line(given: cast.DemoOrder, placed_at: datetime) -> tuple[OrderLine, User]:
    """The order's first line and the agent who looks after it."""
    order = _placed(given, placed_at)
    assert order is not None  # placed by an earlier step
    line = OrderLine.objects.with_purchase().filter(order=order).order_by("line_number")[0]
    return line, _agent_of(order.partner)


def _hand_out(given: cast.DemoOrder, placed_at: datetime) -> None:
    """Show the key, make a link to the newest build and start a download with it, as a customer would."""
    line, agent = _line(given, placed_at)
    purchase = line.purchase
    if purchase.links.exists():
        return
    for key in purchase.keys.all()[:1]:
        reveal_key(key.public_id, actor=agent)
    build = Build.objects.filter(product=purchase.sku.product)[0]
    link = grant_link(purchase.public_id, build.public_id, grant_seen=0, actor=agent).link
    start_download(link.token, user=None)


def _cancel(given: cast.DemoOrder, placed_at: datetime) -> None:
    line, agent = _line(given, placed_at)
    if line.purchase.is_active:
        quote = quote_line(line, timezone.now()).signed()
        confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=agent)


def demo_examples() -> dict[str, str]:
    """Ids worth trying, by name."""
    lines = OrderLine.objects.select_related("order__customer", "purchase").order_by("order__placed_at", "pk")
    first, last = lines.first(), lines.last()
    if first is None or last is None:
        return {}
    pending = lines.filter(purchase__key_state=KeyState.PENDING).first()
    link = lines.filter(purchase__links__isnull=False).values_list("purchase__links__public_id", flat=True).first()
    found = {
        "order_number": last.order.number,
        "customer_with_orders": str(last.order.customer.tenant_id),
        "purchase_id": str(last.purchase.public_id),
        "order_whose_window_is_closed": first.order.number,
        "order_with_keys_pending": pending.order.number if pending else "",
        "link_id": str(link or ""),
    }
    return {name: value for name, value in found.items() if value}
