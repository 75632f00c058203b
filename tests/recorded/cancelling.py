"""Cancelling, and its certificates (C5 to C9)."""

from functools import partial

from django.utils import timezone

from activity.models import Action
from cancellations.cancelling import locked_line
from cancellations.certificates import tasks
from cancellations.models import Cancellation
from cancellations.several.services import cancel_several, cancel_together
from orders.billing.services import fix_credit, post_due_credits
from orders.models import OrderLine
from tests.downloads import session_of
from tests.factories import buy_line, make_sku
from tests.helpers import cancel, quote_of
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import World

CANCELLED = Row(Action.PURCHASE_CANCELLED)
KEY, LINK = Row(Action.KEY_REVOKED), Row(Action.LINK_REVOKED)


@records(
    "cancellations.services.confirm_cancellation",
    "cancellations.cancelling.cancel_quoted",
    rows=[CANCELLED, KEY, LINK],
)
def _cancel(world: World) -> Call:
    session_of(world.link)
    return partial(cancel, world.line, world.agent)


@records(
    "cancellations.several.services.cancel_several",
    rows=[CANCELLED, KEY, KEY, Row(Action.QUANTITY_CANCELLED), KEY],
)
def _cancel_two(world: World) -> Call:
    whole = buy_line(world.agent, world.customer, make_sku(keys=2, key_issue="per_unit"), quantity=2)
    part = buy_line(world.agent, world.customer, make_sku(keys=2, key_issue="per_unit"), quantity=2)
    quotes = [quote_of(whole).signed(), quote_of(part, 1).signed()]
    return partial(cancel_several, world.customer.tenant_id, quotes, notice_accepted=True, actor=world.agent)


@records(
    "cancellations.several.services.cancel_together",
    rows=[CANCELLED, KEY, KEY, Row(Action.QUANTITY_CANCELLED), KEY],
)
def _cancel_together(world: World) -> Call:
    whole = buy_line(world.agent, world.customer, make_sku(keys=2, key_issue="per_unit"), quantity=2)
    part = buy_line(world.agent, world.customer, make_sku(keys=2, key_issue="per_unit"), quantity=2)
    quotes = {whole.purchase.public_id: None, part.purchase.public_id: quote_of(part, 1).signed()}
    return partial(cancel_together, quotes, actor=world.agent)


@records(
    "cancellations.certificates.services.certify_earlier",
    "cancellations.certificates.tasks.certify_earlier",
    rows=[Row(Action.CERTIFICATE_MADE, system("certify_earlier"))],
)
def _certify(world: World) -> Call:
    """What a release before there were certificates has cancelled, once its credit is posted."""
    now = timezone.now()
    line = locked_line(OrderLine.objects.filter(pk=world.line.pk))
    quote = quote_of(line)
    Cancellation.objects.create(
        order_line=line,
        credit=fix_credit(line, quote, now=now),
        cancelled_at=now,
        cancelled_by=world.agent,
        quoted_at=quote.quoted_at,
        notice_version=quote.notice_version,
        keys_revoked=0,
        links_revoked=0,
    )
    post_due_credits()
    return tasks.certify_earlier


record_nothing("part of a cancellation: cancel_quoted records it", "cancellations.certificates.services.certify")
record_nothing("only looks", "cancellations.services.done_before")
