"""Terms that end: whoever bought is warned 90, 30 and 7 days before (B6). Every page judges the end itself."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.calendar_utc import utc_day
from csp_portal.jobs import all_batches, for_each
from software.emails import tell_terms_ending
from software.models import SoftwarePurchase
from software.models.purchases import END_WARNING_DAYS

BATCH = 1000  # purchases in one transaction and one mail


def warn_of_ending_terms() -> int:
    """Mail each buyer the terms whose nearest warning has come: those of a day in one mail, each warning once (B6).

    Answers how many purchases were told of.
    """
    due = SoftwarePurchase.objects.to_warn_of_end(utc_day(timezone.now())).order_by()
    buyers = due.values_list("order_line__order__placed_by", flat=True).distinct()
    return for_each(list(buyers), _warn_buyer)


def _warn_buyer(buyer_pk: int) -> int:
    return all_batches(partial(_warn_batch, buyer_pk))


@transaction.atomic
def _warn_batch(buyer_pk: int) -> int:
    """Warn of all that is due; what somebody holds, buyer or purchase, comes in the next run."""
    today = utc_day(timezone.now())
    # The buyer is held as well, or two runs at once would share the lines of one mail between two.
    buyers = User.objects.select_for_update(skip_locked=True, no_key=True)
    if not buyers.filter(pk=buyer_pk):
        return 0
    due = SoftwarePurchase.objects.to_warn_of_end(today).filter(order_line__order__placed_by=buyer_pk)
    locked = due.order_by("term_end", "pk").select_for_update(of=("self",), skip_locked=True)
    batch = list(locked.select_related("customer__partner", "sku", "order_line__order__placed_by")[:BATCH])
    for days in END_WARNING_DAYS:  # the furthest first: the nearest that fits is the one that stays
        reached = [purchase.pk for purchase in batch if purchase.days_to_end(today) <= days]
        SoftwarePurchase.objects.filter(pk__in=reached).update(end_told_days=days)
    if batch:
        tell_terms_ending(batch, today)
    return len(batch)
