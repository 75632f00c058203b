"""What must hold before a refund is approved or denied (S7)."""

from dataclasses import dataclass
from decimal import Decimal

from cancellations.checks import not_cancellable, quantity_refusal
from cancellations.quotes import Quote
from cancellations.support import reasons
from cancellations.support.granting import base_of, granted, quote_as_filed
from cancellations.support.merging import fields_left
from cancellations.support.models import Approval, EventKind, RequestEvent, SupportRequest
from cancellations.support.models.approvals import LONGEST_REASON
from cancellations.support.models.requests import LONGEST_TEXT
from cancellations.support.services.triage import OwnMatter
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Reason, Refusal
from csp_portal.money import Money
from csp_portal.rounding import round_half_up
from orders.models import OrderLine

# Who works on a request is no news to its decision.
NO_NEWS = (EventKind.TAKEN_UP, EventKind.ASSIGNED, EventKind.RELEASED)


@dataclass(frozen=True)
class Decision:
    """What an agent would approve: how much, why not more, the words to the partner, and what they had seen.

    `base` is net or gross as the line is charged (R2), None for what the formula gives; `seen` is the request's last
    step that was shown.
    """

    seen: int
    base: Decimal | None = None
    less_reason: str = ""
    reply: str = ""


def refusal_of(reason: Reason, request: SupportRequest, **facts: object) -> Refusal:
    """A refusal that stands in the operator's own chain: how a decision comes about is no partner's matter."""
    return Refusal(reason, on=OwnMatter(request.number), request=request.number, **facts)


def check_current(request: SupportRequest, seen: int) -> None:
    """Refuse to decide what is no refund, is decided, or has changed since it was shown; told with who and what."""
    if not request.is_refund:
        raise refusal_of(reasons.NOT_A_REFUND, request)
    steps = request.events.with_actor()
    if not request.is_open:
        ended = steps.filter(status=request.status).earliest("at", "pk")
        raise refusal_of(reasons.REQUEST_DECIDED, request, **_told(ended))
    news = steps.filter(pk__gt=seen).exclude(kind__in=NO_NEWS).last()
    if news is not None:
        raise refusal_of(reasons.REQUEST_CHANGED, request, **_told(news))


def _told(event: RequestEvent) -> dict[str, object]:
    return {"what": event.what, "who": event.actor.email, "when": event.at}


def check_grant(request: SupportRequest, line: OrderLine, decision: Decision, standing: Approval | None) -> Quote:
    """What the decision gives back; refused for a line that nobody can cancel, or an amount that nobody can grant.

    The reason for less is the first approver's, where there is one.
    """
    refusal = not_cancellable(line) or quantity_refusal(line, request.quantity or 0)
    if refusal is not None:
        raise refusal
    quote = quote_as_filed(request, line)
    why = standing.less_reason if standing else decision.less_reason.strip()
    base = base_of(quote, line) if decision.base is None else decision.base
    _check_base(request, base, base_of(quote, line), why)
    return granted(quote, line, base, why)


def _check_base(request: SupportRequest, base: Decimal, formula: Decimal, why: str) -> None:
    """At most R1's amount as of filing, less only with a reason (S7)."""
    currency = request.currency
    if not base.is_finite() or base < 0 or base != round_half_up(base, currency):
        raise refusal_of(reasons.CREDIT_NOT_VALID, request, currency=currency)
    if base > formula:
        facts = {"limit": Money(formula, currency), "day": utc_day(request.filed_at)}
        raise refusal_of(reasons.CREDIT_TOO_HIGH, request, **facts)
    if base < formula and not 0 < len(why) <= LONGEST_REASON:
        raise refusal_of(reasons.LESS_NEEDS_REASON, request, limit=Money(formula, currency))


def check_approver(request: SupportRequest, standing: Approval | None, quote: Quote, *, actor: User) -> None:
    """Four eyes: neither who asked for it nor who approved first is the second, and both approve the same (S7)."""
    if actor.pk == request.filed_by_id:
        raise refusal_of(reasons.OWN_REQUEST, request)
    if standing is None:
        return
    if not standing.first_by.may(Permission.TRIAGE):
        raise refusal_of(reasons.FIRST_APPROVER_LEFT, request, who=standing.first_by.email)
    if standing.first_by_id == actor.pk:
        raise refusal_of(reasons.SECOND_MUST_BE_ANOTHER, request, when=standing.first_at)
    line = request.order_line
    assert line is not None  # it is a refund
    formula = base_of(quote, line) if quote.formula is None else quote.formula
    if (standing.base, standing.formula_base) != (base_of(quote, line), formula):
        facts = {"who": standing.first_by.email, "amount": Money(standing.base, request.currency)}
        raise refusal_of(reasons.NOT_WHAT_WAS_APPROVED, request, **facts)


def kept_words(text: str) -> str:
    """The words to the partner as they are kept."""
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def checked_words(text: str, request: SupportRequest) -> str:
    """The words as they are kept; refused while a field of a template is not filled in (S5)."""
    kept = kept_words(text)
    left = fields_left(kept)
    if left:
        raise refusal_of(reasons.FIELD_NOT_FILLED, request, field=left[0].field, line=left[0].line)
    if len(kept) > LONGEST_TEXT:
        raise refusal_of(reasons.TEXT_TOO_LONG, request, limit=LONGEST_TEXT)
    return kept
