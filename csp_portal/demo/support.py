"""Walking through what was asked of support, by the services that partners and agents use."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor
from cancellations.quotes import quote_line
from cancellations.support.checks import creditable
from cancellations.support.models import ApprovalThreshold, Holiday, SupportRequest
from cancellations.support.services.deciding import approve, deny
from cancellations.support.services.filing import RefundFields, RequestFields, file_request
from cancellations.support.services.house import set_approval_threshold, set_holiday
from cancellations.support.services.judging import Decision
from cancellations.support.services.talking import close, reply_as_partner, reply_as_support
from cancellations.support.services.triage import add_note, claim
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.demo import cast
from csp_portal.demo.asked import HOLIDAYS, REQUESTS, THRESHOLD, DemoRequest, DemoStep
from customers.models import Customer
from orders.models import OrderLine

Happening = tuple[datetime, Callable[[], object]]


def set_house(anchor: datetime, *, actor: Actor) -> None:
    """Thresholds in every currency that the demo sells in, and the holidays of this year and the last."""
    for currency, limit in cast.CREDIT_LIMITS.items():
        if not ApprovalThreshold.objects.filter(currency=currency).exists():
            set_approval_threshold(None, currency=currency, amount=limit / THRESHOLD, actor=actor)
    for year in (anchor.year - 1, anchor.year):
        for month, day, name in HOLIDAYS:
            that_day = date(year, month, day)
            if not Holiday.objects.filter(day=that_day).exists():
                set_holiday(None, day=that_day, name=name, actor=actor)


def support_happenings(anchor: datetime) -> list[Happening]:
    """Each request and each of its steps, at its instant."""
    happenings: list[Happening] = []
    for given in REQUESTS:
        happenings.append((given.filed(anchor), partial(_file, given)))
        happenings += [(step.at(anchor), partial(_do, given, step, step.at(anchor))) for step in given.steps]
    return happenings


def _file(given: DemoRequest) -> None:
    customer = Customer.objects.select_related("partner").get(primary_domain=given.customer)
    agent = _filer(customer)
    lines = OrderLine.objects.with_purchase().filter(order__customer=customer)
    line = lines.filter(order__purchase_order_number=given.order).first() if given.order else None
    if SupportRequest.objects.filter(form_id=UUID(given.key)).exists():
        return
    fields = RequestFields(
        problem=given.problem,
        impact=given.impact,
        title=given.title,
        description=given.description,
        contact_name=given.contact,
        contact_email=agent.email,
        language=given.language,
        tenant_id=customer.tenant_id,
        purchase_id=line.purchase.public_id if line else None,
        refund=_refund(given, line) if line and given.problem == "refund" else None,
    )
    file_request(fields, draft_id=UUID(given.key), actor=agent)


def _filer(customer: Customer) -> User:
    """The agent of the customer's partner."""
    agents = (user for user in customer.partner.users.order_by("pk") if user.may(Permission.CANCEL))
    return next(agents)


def _refund(given: DemoRequest, line: OrderLine) -> RefundFields:
    """All that can be credited for the units that are left."""
    quote = quote_line(line, timezone.now())
    return RefundFields(
        reason=given.reason,
        quantity=quote.quantity,
        amount=creditable(line, quote),
        notice_accepted=quote.notice_version,
    )


def _do(given: DemoRequest, step: DemoStep, at: datetime) -> None:
    request = SupportRequest.objects.select_related("filed_by").get(form_id=UUID(given.key))
    noted = Event.objects.filter(action=Action.REQUEST_NOTED, details__request=request.number, occurred_at__gte=at)
    if request.changed_at >= at or noted.exists():
        return  # done by an earlier run
    actor = User.objects.get(email=step.by) if step.by else request.filed_by
    _ACTS[step.does](request, step, actor)


def _approve(request: SupportRequest, step: DemoStep, actor: User) -> object:
    return approve(request.number, Decision(seen=_last_step(request), reply=step.text), actor=actor)


def _deny(request: SupportRequest, step: DemoStep, actor: User) -> object:
    return deny(request.number, step.reason, step.text, seen=_last_step(request), actor=actor)


def _last_step(request: SupportRequest) -> int:
    return request.events.latest("at", "pk").pk


_ACTS: dict[str, Callable[[SupportRequest, DemoStep, User], object]] = {
    "claims": lambda request, step, actor: claim(request.number, actor=actor),
    "answers": lambda request, step, actor: reply_as_support(request.number, step.text, asks=False, actor=actor),
    "asks": lambda request, step, actor: reply_as_support(request.number, step.text, asks=True, actor=actor),
    "notes": lambda request, step, actor: add_note(request.number, step.text, actor=actor),
    "replies": lambda request, step, actor: reply_as_partner(request.number, step.text, draft_id=None, actor=actor),
    "approves": _approve,
    "denies": _deny,
    "closes": lambda request, step, actor: close(request.number, text=step.text, actor=actor),
}
