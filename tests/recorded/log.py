"""The log itself: who reads it, and the key that seals it (A3, A5)."""

from functools import partial

from django.db import transaction

from activity.models import Action
from activity.reading import record_reading
from activity.saved_views import delete_view, rename_view, save_view
from activity.seals import keys, sealing
from activity.services import client_address
from activity.tasks import redact_addresses
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import GLOBAL_ADMIN, OPERATOR, World


@records("activity.reading.record_reading", rows=[Row(Action.LOG_READ)])
def _read(world: World) -> Call:
    return partial(record_reading, actor=world.agent, query={"customer": "上海晨星科技有限公司"})


_VIEW_CHANGED = [Row(Action.LOG_VIEW_CHANGED, GLOBAL_ADMIN)]


@records("activity.saved_views.save_view", rows=_VIEW_CHANGED)
def _save_a_view(world: World) -> Call:
    return partial(save_view, "서울", {"show": "keys"}, actor=world.global_admin)


@records("activity.saved_views.rename_view", rows=_VIEW_CHANGED)
def _rename_a_view(world: World) -> Call:
    view = save_view("서울", {"show": "keys"}, actor=world.global_admin)
    return partial(rename_view, view.public_id, "上海", actor=world.global_admin)


@records("activity.saved_views.delete_view", rows=_VIEW_CHANGED)
def _delete_a_view(world: World) -> Call:
    view = save_view("서울", {"show": "keys"}, actor=world.global_admin)
    return partial(delete_view, view.public_id, actor=world.global_admin)


@records("activity.seals.keys.signing_key", rows=[Row(Action.SEAL_KEY_INTRODUCED, system("seal_log"), OPERATOR)])
def _introduce_a_key(world: World) -> Call:
    """In the transaction of the seal that it signs."""
    return transaction.atomic(partial(keys.signing_key, actor=sealing.SEALER))


@records(
    "activity.tasks.redact_addresses",
    "manage.py redact_activity",
    rows=[Row(Action.LOG_ADDRESSES_REDACTED, system("redact_addresses"), OPERATOR)],
)
def _redact_addresses(world: World) -> Call:
    """The world's time is older than 24 months by the database's clock."""
    token = client_address.set("203.0.113.9")
    record_reading(actor=world.agent, query={})
    client_address.reset(token)
    return redact_addresses


record_nothing(
    "writes the rows",
    "activity.services.record",
    "activity.services.record_each",
    "activity.services.record_refusal",
    "activity.services.refusals_recorded",
)
record_nothing("only computes", "activity.services.address_commitment")
record_nothing("makes room for rows to come, and changes none", "activity.tasks.make_months")
record_nothing("seals rows, of itself none: what it does is what a seal says", "activity.tasks.seal_log")
record_nothing("only looks", "manage.py verify_activity")
record_nothing("sends a mail that stands in the outbox, and notes that it did", "activity.tasks.mail_heads")
record_nothing(
    "records each month as the owner, in whose transaction it goes (test_retention)", "manage.py drop_activity"
)
record_nothing("moves rows between partitions, and changes none", "manage.py sort_activity")
record_nothing("sends a mail that stands in the outbox, and notes that it did", "activity.tasks.warn_of_default_rows")
