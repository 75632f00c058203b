"""The operator sets what a partner may owe in a currency (B3, P5)."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from activity.models import Action, Event
from activity.services import Actor
from orders.billing.models import Account
from orders.billing.services import set_credit_limit

pytestmark = pytest.mark.django_db
OPERATOR = Actor.system("test")


def test_a_limit_is_set_once_and_logged_once(partner):
    for _again in range(2):
        set_credit_limit(partner, "EUR", Decimal("2500.50"), actor=OPERATOR)
    assert Account.objects.get(partner=partner, currency="EUR").credit_limit == Decimal("2500.50")
    event = Event.objects.get(action=Action.CREDIT_LIMIT_SET)
    assert event.partner_id == partner.pk
    assert event.details == {"currency": "EUR", "limit": "2500.50"}


def test_a_limit_can_be_taken_away(partner):
    set_credit_limit(partner, "EUR", Decimal(10), actor=OPERATOR)
    assert set_credit_limit(partner, "EUR", None, actor=OPERATOR).credit_limit is None


def test_the_database_refuses_a_negative_limit(partner):
    with pytest.raises(IntegrityError, match="billing_account_limit_not_negative"), transaction.atomic():
        set_credit_limit(partner, "EUR", Decimal(-1), actor=OPERATOR)
