"""Walking through the demo's story with the clock moved: every step is done by the service that people use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import time_machine
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor, client_address
from activity.tasks import make_months
from cancellations.quotes import quote_line
from cancellations.services import confirm_cancellation
from cancellations.windows.services import make_feed
from cancellations.windows.weekly import mail_closing_windows
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import add_months, month_of, start_of_day
from csp_portal.demo.story import ORDERS, DemoLabel, DemoLink, DemoOrder
from csp_portal.demo.support import support_happenings
from customers.models import Customer
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from orders.models import Cart, Order, OrderLine
from orders.review import review_cart
from orders.reviewed import Reviewed
from orders.services import add_to_cart, place_order
from software.models import Build, DownloadLink, Sku
from software.ranges import ByteRange
from software.services import (
    authorise,
    end_transfer,
    export_keys,
    grant_link,
    reveal_key,
    revoke_link,
    start_download,
)
from software.services.term_jobs import warn_of_ending_terms

_PROGRAMS = (  # with which customers download
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "curl/8.5.0",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.20348.2227",
)

Happening = tuple[datetime, Callable[[], object]]


def make_history(anchor: datetime) -> None:
    """Walk from the oldest order to `anchor`, closing and issuing each month on its days as the jobs do.

    At the end who bought is told what ends and what closes, and each agent has a calendar. What stands already is left
    as it is, so that an interrupted walk can be taken up.
    """
    happenings = [happening for order in ORDERS for happening in _happenings_of(order, anchor)]
    happenings += support_happenings(anchor)
    oldest = min(instant for instant, _happening in happenings)
    happenings += [(instant, _run_month_jobs) for instant in _job_instants(oldest, anchor)]
    for instant, happening in sorted(happenings, key=lambda pair: pair[0]):
        with time_machine.travel(instant, tick=True):
            make_months()
            happening()
    post_due_credits()
    warn_of_ending_terms()
    mail_closing_windows()
    for partner in Partner.objects.all():
        make_feed(actor=agent_of(partner))


def _happenings_of(order: DemoOrder, anchor: datetime) -> list[Happening]:
    steps: list[Happening] = [(order.placed(anchor), partial(_order, order))]
    if order.link is not None:
        steps.append((order.link.made(anchor), partial(_hand_out, order, order.link)))
    if order.exported is not None:
        steps.append((order.exported(anchor), partial(_export, order)))
    if order.cancelled is not None:
        steps.append((order.cancelled(anchor), partial(_cancel, order)))
    return steps


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


def agent_of(partner: Partner) -> User:
    """The partner's user who buys, hands out and cancels."""
    agents = (user for user in partner.users.order_by("pk") if user.may(Permission.GET_KEYS))
    return next(agents)


def _placed(given: DemoOrder) -> Order | None:
    """The demo's order, if it was placed already."""
    orders = Order.objects.filter(customer__primary_domain=given.customer, purchase_order_number=given.number)
    return orders.select_related("partner").first()


def _order(given: DemoOrder) -> None:
    if _placed(given) is not None:
        return
    customer = Customer.objects.select_related("partner").get(primary_domain=given.customer)
    agent = agent_of(customer.partner)
    Cart.objects.visible_to(agent).filter(customer=customer).delete()  # left by an interrupted run
    skus = [Sku.objects.get(product__product_id=product_id, sku_id=sku_id) for product_id, sku_id, _n in given.skus]
    for sku, (_product_id, _sku_id, quantity) in zip(skus, given.skus, strict=True):
        add_to_cart(customer.tenant_id, sku.public_id, quantity, actor=agent)
    place_order(
        customer.tenant_id,
        reviewed=Reviewed.of(review_cart(Cart.objects.open_for(customer, agent), timezone.now())),
        actor=agent,
        never_accepted=[sku.public_id for sku in skus],
        purchase_order_number=given.number,
    )


def _line(given: DemoOrder) -> tuple[OrderLine, User]:
    """The order's first line and the agent who looks after it."""
    order = _placed(given)
    assert order is not None  # placed by an earlier step
    line = OrderLine.objects.with_purchase().filter(order=order).order_by("line_number")[0]
    return line, agent_of(order.partner)


def _hand_out(given: DemoOrder, wanted: DemoLink) -> None:
    """Show the key, make a link to the newest build and start downloads with it, as a customer would."""
    line, agent = _line(given)
    purchase = line.purchase
    if not purchase.links.exists():
        for key in purchase.keys.all()[:1]:
            reveal_key(key.public_id, actor=agent)
    if purchase.links.filter(revoked_at__isnull=False).exists():
        return  # cancelled since, by an earlier run
    build = Build.objects.filter(product=purchase.sku.product)[0]
    links = [DemoLabel("", wanted.downloads), *wanted.labelled]
    for each in links:
        link = grant_link(purchase.public_id, build.public_id, label=each.label, grant_seen=0, actor=agent).link
        for number in range(link.used, each.downloads):
            _download(link, number)
        if each.revoked:
            revoke_link(link.public_id, actor=agent)


def _download(link: DownloadLink, number: int) -> None:
    """Download the file as a customer would; every fourth time it breaks off half way."""
    visitor = client_address.set(f"203.0.113.{number % 5 + 20}")
    session = start_download(link.token, user=None, user_agent=_PROGRAMS[number % len(_PROGRAMS)])
    size = link.build.size
    transfer = authorise(session, ByteRange.whole(size), actor=Actor.link_holder())
    end_transfer(transfer.public_id, size // 2 if number % 4 == 3 else size)
    client_address.reset(visitor)


def _export(given: DemoOrder) -> None:
    line, agent = _line(given)
    done = Event.objects.filter(action=Action.KEY_EXPORTED, purchase_id=line.purchase.public_id)
    if not done.exists():
        export_keys(line.purchase.public_id, actor=agent)


def _cancel(given: DemoOrder) -> None:
    line, agent = _line(given)
    if line.purchase.is_active:
        quote = quote_line(line, timezone.now()).signed()
        confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=agent)
