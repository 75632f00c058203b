"""Choosing from the catalogue, changing the cart, placing the order (B1, B2)."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csp_portal.choices import offer
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from orders.models import MAX_QUANTITY
from orders.review import Review, ReviewLine
from orders.review_changes import Changes
from orders.reviewed import Reviewed, read_reviewed
from software.models import Kind, Product, Sku
from software.models.catalogue import SkuQuerySet

_WHOLE_NUMBER = re.compile(r"\s*-?[0-9]+\s*")


def _most_units() -> str:
    most = number_format(MAX_QUANTITY, force_grouping=True)
    return gettext("A line holds at most %(most)s units.") % {"most": most}


class QuantityField(forms.IntegerField):
    """How many units of a SKU."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Quantity"),
            min_value=1,
            max_value=MAX_QUANTITY,
            error_messages={
                "required": _("Give a quantity."),
                "invalid": _("Give the quantity as a whole number."),
                "min_value": _("A line holds at least %(limit_value)s unit."),
                "max_value": lazy(_most_units, str)(),
            },
            widget=forms.NumberInput(attrs={"class": "quantity", "autocomplete": "off"}),
            **options,
        )

    def to_python(self, value: Any) -> int | None:
        """Digits only: Python and Django would also read `1_0`, `+3` and `10.000`, each in a way of its own."""
        if value not in self.empty_values and not _WHOLE_NUMBER.fullmatch(str(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class SkuField(forms.ModelChoiceField):
    """A SKU by its public id."""

    def to_python(self, value: Any) -> Sku | None:
        """What is no id at all names no product either; Django would repeat all of it."""
        try:
            sku: Sku | None = super().to_python(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from error
        return sku


class CatalogueFilterForm(forms.Form):
    """Which part of the catalogue to show; what is wrong with a field leaves it out."""

    find = forms.CharField(  # not `q`, which is the search for customers above every page
        label=_("Product, SKU or product id"),
        required=False,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("All kinds")), *Kind.choices],
        error_messages=NO_SUCH_CHOICE,
    )
    publisher = forms.ChoiceField(label=_("Publisher"), required=False, error_messages=NO_SUCH_CHOICE)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        publishers = Product.objects.order_by("publisher").values_list("publisher", flat=True).distinct()
        offer(self, "publisher", [("", _("All publishers")), *((publisher, publisher) for publisher in publishers)])
        self.is_valid()

    @property
    def is_used(self) -> bool:
        """Whether anything was asked for."""
        return any(self.cleaned_data.values())

    def found(self, skus: SkuQuerySet) -> SkuQuerySet:
        """The SKUs among `skus` that fit."""
        if text := self.cleaned_data.get("find"):
            skus = skus.matching(text)
        if kind := self.cleaned_data.get("kind"):
            skus = skus.filter(product__kind=kind)
        if publisher := self.cleaned_data.get("publisher"):
            skus = skus.filter(product__publisher=publisher)
        return skus


class AddForm(forms.Form):
    """One SKU of the catalogue in a quantity; there is one such form for each row."""

    sku = SkuField(
        Sku.objects,
        to_field_name="public_id",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a product of the catalogue."),
            "invalid_choice": _("There is no such product in the catalogue. Choose one of the list."),
        },
    )
    quantity = QuantityField(initial=1)

    @classmethod
    def of(cls, sku: Sku) -> "AddForm":
        """The empty form of a row."""
        return cls(initial={"sku": sku.public_id}, auto_id=f"{sku.public_id}-%s")

    def for_row(self, sku: Sku) -> "AddForm":
        """This form, if it is what was sent for `sku`; else an empty one."""
        if self.data.get("sku") != str(sku.public_id):
            return AddForm.of(sku)
        self.auto_id = f"{sku.public_id}-%s"
        return self


class CartForm(forms.Form):
    """The quantities of a cart's lines, by their SKU."""

    def __init__(self, data: Any, *, review: Review) -> None:
        super().__init__(data)
        self.lines = {f"quantity-{line.sku.public_id}": line for line in review.lines}
        for name, line in self.lines.items():
            self.fields[name] = QuantityField(initial=line.quantity)

    def rows(self) -> Iterator[tuple[ReviewLine, BoundField]]:
        """Each line with its quantity's field."""
        return ((line, self[name]) for name, line in self.lines.items())

    def quantities(self) -> dict[UUID, int]:
        """What was typed, by SKU."""
        return {line.sku.public_id: self.cleaned_data[name] for name, line in self.lines.items()}


class ReviewedField(forms.CharField):
    """What the review showed, in the text that we signed."""

    def __init__(self) -> None:
        super().__init__(
            widget=forms.HiddenInput,
            error_messages={
                "required": _("The review came back incomplete. Look through it and place the order again."),
                "invalid": _("The review came back damaged. Look through it and place the order again."),
            },
        )

    def clean(self, value: Any) -> Reviewed:
        """What is not our text holds no review."""
        text: str = super().clean(value)
        reviewed = read_reviewed(text)
        if reviewed is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return reviewed


class ReviewForm(forms.Form):
    """The last step before an order: a tick for each line that can never be cancelled (B2)."""

    reviewed = ReviewedField()
    purchase_order_number = forms.CharField(
        label=_("Purchase order number"),
        required=False,
        max_length=50,
        error_messages=TEXT_ERRORS,
        help_text=_("Your own reference; it is kept with the order."),
    )

    def __init__(self, data: Any, *, review: Review) -> None:
        super().__init__(data)
        self.review = review
        self.sent = read_reviewed(self.data.get("reviewed", ""))
        # What was sent for an earlier state of the cart may be ordered already: the service looks, before any tick.
        asks = self.sent is None or self.sent.key == review.cart.key
        self.never = {_tick_of(line.sku.public_id): line for line in review.lines if line.is_never_cancellable}
        for name, line in self.never.items():
            self.fields[name] = forms.BooleanField(
                required=asks,
                label=_("I accept that this can never be cancelled or exchanged: %(sku)s") % {"sku": line.sku.title},
                error_messages={
                    "required": _("Tick the box for %(sku)s, or take it out of the cart.") % {"sku": line.sku.title}
                },
            )

    def ticks(self) -> list[BoundField]:
        """The boxes, one for each line that can never be cancelled."""
        return [self[name] for name in self.never]

    def order(self) -> dict[str, Any]:
        """What `place_order` is asked for."""
        reviewed: Reviewed = self.cleaned_data["reviewed"]
        box = forms.CheckboxInput()
        ticked = [
            line.sku_id
            for line in reviewed.lines
            if box.value_from_datadict(self.data, self.files, _tick_of(line.sku_id))
        ]
        number = self.cleaned_data["purchase_order_number"]
        return {"reviewed": reviewed, "never_accepted": ticked, "purchase_order_number": number}

    def changes(self) -> Changes | None:
        """What has changed since what was sent was shown; None where nothing has, or the cart is another one."""
        if self.sent is None or not self.sent.is_of_cart(Reviewed.of(self.review)):
            return None
        return Changes(self.sent, self.review) or None


def _tick_of(sku_id: UUID) -> str:
    return f"never-{sku_id}"
