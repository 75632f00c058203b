"""Lines as clients ask for them, in carts and in orders (partner-center-api.md, 5 and 6)."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from csp_portal.accounts.models import User
from csp_portal.api.serializers import ApiSerializer, FlagField, TextField, WholeNumberField
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.api.finding import line_of
from orders.models import MAX_CART_LINES, ApiCartLine
from orders.models.api_cart import LONGEST_ITEM, LONGEST_ORDER_NUMBER, LONGEST_WORD, Beyond
from orders.reasons import LINE_NUMBER_WRONG
from orders.services.api_carts import renewed_line

MOST = 2**31 - 1


def _item(**options: Any) -> TextField:
    return TextField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_ITEM,
        help_text="productId:skuId:availabilityId, as an availability tells it.",
        **options,
    )


def _number() -> WholeNumberField:
    return WholeNumberField(required=False, min_value=0, max_value=MOST, help_text="From 0 on.")


def _word(help_text: str) -> TextField:
    return TextField(required=False, allow_blank=True, max_length=LONGEST_WORD, help_text=help_text)


class LineInput(ApiSerializer):
    """What a line of a cart and a line of an order have in common."""

    quantity = WholeNumberField(required=False, min_value=-MOST, max_value=MOST)
    termDuration = _word("P1Y, P3Y; empty for perpetual software. May be left out: the catalogue item has one term.")
    currencyCode = _word("May be left out: the customer's currency.")
    participants = serializers.JSONField(required=False)
    addonItems = serializers.JSONField(required=False)
    renewsTo = serializers.JSONField(required=False)
    neverCancellableAccepted = FlagField(
        required=False, help_text="Must be true for what can never be cancelled: SUSE and Red Hat plans."
    )


class RenewedLineInput(ApiSerializer):
    orderId = TextField()
    lineItemNumber = WholeNumberField(min_value=0, max_value=MOST)


class CartLineInput(LineInput):
    """A line of a cart. With `renewsLine` it is what is left of a line that was ordered, for a new term."""

    id = _number()
    catalogItemId = _item()
    billingCycle = _word("one_time")
    renewsLine = RenewedLineInput(required=False)


class OrderLineInput(LineInput):
    lineItemNumber = _number()
    offerId = _item()


class _Buying(ApiSerializer):
    purchaseOrderNumber = TextField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_ORDER_NUMBER,
        help_text="Your own reference; it is kept with the order.",
    )


class CartInput(_Buying):
    """A cart. Members that are not named here mean nothing."""

    lineItems = CartLineInput(many=True, allow_empty=False, max_length=MAX_CART_LINES)


class OrderInput(_Buying):
    """An order without a cart. Members that are not named here mean nothing."""

    billingCycle = _word("one_time")
    currencyCode = _word("May be left out: the customer's currency.")
    lineItems = OrderLineInput(many=True, allow_empty=False, max_length=MAX_CART_LINES)


def lines_asked(
    user: User, tenant_id: str, given: Sequence[dict[str, Any]], customer: Customer, **of_all: str
) -> list[ApiCartLine]:
    """The lines by their numbers; `of_all` has what an order says for all of them. Raises Refusal.

    Where numbers are given twice, as by the .NET SDK, which has 0 for all that were given none, the lines stand as they
    came.
    """
    numbers = [line.get("id", line.get("lineItemNumber", place)) for place, line in enumerate(given)]
    if wrong := [number for number in numbers if number >= len(given)]:
        raise Refusal(LINE_NUMBER_WRONG, on=customer, number=wrong[0], last=len(given) - 1)
    ordered = [given[numbers.index(number)] for number in sorted(numbers)] if len({*numbers}) == len(given) else given
    return [_line(user, tenant_id, line, of_all) for line in ordered]


def _line(user: User, tenant_id: str, given: dict[str, Any], of_all: dict[str, str]) -> ApiCartLine:
    renewed = _renewed(user, tenant_id, given.get("renewsLine"))
    return ApiCartLine(
        catalog_item_id=given.get("catalogItemId") or given.get("offerId") or renewed.catalog_item_id,
        quantity=given.get("quantity") or renewed.quantity,
        billing_cycle=given.get("billingCycle", "") or of_all.get("billing_cycle", ""),
        term=given.get("termDuration", ""),
        currency=given.get("currencyCode", "") or of_all.get("currency", ""),
        never_accepted=given.get("neverCancellableAccepted", False),
        beyond=_beyond(given),
    )


def _renewed(user: User, tenant_id: str, which: dict[str, Any] | None) -> ApiCartLine:
    """What stands in the place of item and quantity where a line of an order is renewed."""
    if which is None:
        return ApiCartLine()
    return renewed_line(line_of(user, tenant_id, which["orderId"], str(which["lineItemNumber"])))


def _beyond(given: dict[str, Any]) -> str:
    """What the line asks for that is not sold; SDKs send the members empty."""
    if given.get("participants"):
        return Beyond.PARTICIPANTS
    if given.get("addonItems"):
        return Beyond.ADD_ONS
    renewal = given.get("renewsTo")
    return Beyond.RENEWAL if (any(renewal.values()) if isinstance(renewal, dict) else renewal) else ""
