"""What is refused is undone whole, and then recorded in a transaction of its own (A3)."""

import inspect
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client

from activity.models import Action, Event
from activity.services import refusals_recorded
from cancellations.services import confirm_cancellation
from cancellations.support.services.deciding import approve
from orders.billing.models import Account
from orders.services import add_to_cart, place_order
from software.models import DownloadLink
from software.services import export_keys, grant_link, reveal_key, start_download
from tests.factories import make_sku, reviewed_now
from tests.helpers import quote_of
from tests.recorded.registry import refused
from tests.recorded.snapshot import changed, everything
from tests.recorded.walk import functions
from tests.recorded.world import AGENT, GLOBAL_ADMIN, SUPPORT, World
from tests.support import decision, file_refund

OF_THE_LOG = {"activity_event", "activity_address"}


def sign_in(world):
    return partial(Client().post, "/accounts/sign-in/", {"login": world.agent.email, "password": "wrong"})


def reveal(world):
    return partial(reveal_key, world.key.public_id, actor=world.global_admin)


def export(world):
    return partial(export_keys, world.purchase.public_id, actor=world.global_admin)


def link(world):
    build = world.build.public_id
    return partial(grant_link, world.purchase.public_id, build, grant_seen=0, actor=world.global_admin)


def download(world):
    token = world.link.token
    DownloadLink.objects.update(used=50)
    return partial(start_download, token, user=None)


def order(world):
    """Refused at the very end, by the credit limit: order, purchase and keys have been written by then."""
    add_to_cart(world.customer.tenant_id, make_sku(keys=1).public_id, 1, actor=world.agent)
    Account.objects.update(credit_limit=1)
    reviewed = reviewed_now(world.agent, world.customer)
    return partial(place_order, world.customer.tenant_id, reviewed=reviewed, actor=world.agent)


def cancellation(world):
    quote = quote_of(world.line).signed()
    purchase = world.purchase.public_id
    return partial(confirm_cancellation, purchase, quote=quote, notice_accepted=False, actor=world.agent)


def approval(world):
    asked = file_refund(world.agent, world.line)
    too_much = decision(asked, base=Decimal("5000.00"))
    return partial(approve, asked.number, too_much, actor=world.support_agent)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("prepare", "action", "by", "reason"),
    [
        (sign_in, Action.SIGN_IN_REFUSED, "", None),
        (reveal, Action.KEY_REFUSED, GLOBAL_ADMIN, "role_required"),
        (export, Action.KEY_REFUSED, GLOBAL_ADMIN, "role_required"),
        (link, Action.LINK_REFUSED, GLOBAL_ADMIN, "role_required"),
        (download, Action.DOWNLOAD_REFUSED, "", "link_used_up"),
        (order, Action.ORDER_REFUSED, AGENT, "credit_limit_exceeded"),
        (cancellation, Action.CANCEL_REFUSED, AGENT, "notice_not_accepted"),
        (approval, Action.REQUEST_REFUSED, SUPPORT, "credit_too_high"),
    ],
)
def test_a_refusal_leaves_its_row_and_nothing_else(prepare, action, by, reason, clock, settings, tmp_path):
    call = prepare(World.in_folder(tmp_path, clock=clock, settings=settings))
    before, rows = everything(), Event.objects.count()
    refused(call)()
    assert changed(before, everything()) <= OF_THE_LOG
    (row,) = Event.objects.order_by("pk")[rows:]
    assert (row.action, row.actor_name, row.details.get("reason")) == (action, by, reason)


def wrapped(function) -> Iterator[object]:
    """The function and, one after the other, what its decorators stand around."""
    while function is not None:
        yield function
        function = getattr(function, "__wrapped__", None)


def records_refusals(function):
    return inspect.isfunction(function) and function.__code__.co_qualname.startswith(refusals_recorded.__name__)


def test_refusals_are_recorded_by_the_outermost_wrapper():
    watched = [function for _module, _name, function in functions() if any(map(records_refusals, wrapped(function)))]
    assert len(watched) > 50
    assert [function.__qualname__ for function in watched if not records_refusals(function)] == []
