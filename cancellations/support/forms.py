"""The form of Report a problem, and the filter of the list of requests (S1, S2)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cancellations.forms import units_in
from cancellations.support import reasons
from cancellations.support.models import Impact, ProblemType, RefundReason, RequestLanguage, RequestStatus
from cancellations.support.models.requests import LONGEST_TEXT, LONGEST_TITLE, SupportRequestQuerySet
from cancellations.support.services.filing import RefundFields, RequestFields
from cancellations.support.subject import Subject
from csp_portal.accounts.models import NAME_LENGTH, User
from csp_portal.choices import offer
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from csp_portal.typed_text import one_line
from orders.billing.amounts import typed_amount
from orders.models import OrderLine

LONGEST_PHONE = 50  # characters
LONGEST_TYPED = 300  # of what is looked up
NEEDED = _("Please fill this in.")
_ERRORS = {**TEXT_ERRORS, "required": NEEDED}
NEEDED_OF_A_REFUND = {
    "customer": _("Whose order is it? Give the tenant GUID or the domain."),
    "order": _("Choose the purchase that is to be refunded."),
    "refund_reason": _("Choose why the refund is asked for."),
    "amount": _("Write the amount as digits, such as 25000 or 25000.50."),
}
# Beside which field a refusal stands; any other stands above the form.
FIELD_OF = {
    reasons.CUSTOMER_UNKNOWN.code: "customer",
    reasons.ORDER_NOT_OF_CUSTOMER.code: "order",
    "already_cancelled": "order",
    "never_cancellable": "order",
    "window_closed": "order",
    "quantity_not_left": "quantity",
    "only_whole": "quantity",
    reasons.AMOUNT_NOT_CREDITABLE.code: "amount",
    reasons.AMOUNT_TOO_FINE.code: "amount",
    reasons.REFUND_NOTICE_NOT_ACCEPTED.code: "notice_accepted",
}


class LineField(forms.CharField):
    """A text of one line, fit to keep."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages=_ERRORS, **options)

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


class RequestForm(forms.Form):
    """A request as it is written. Customer, order and units are read first: the other fields hang on them."""

    problem = forms.ChoiceField(label=_("Type of problem"), choices=ProblemType.choices, error_messages=NO_SUCH_CHOICE)
    customer = forms.CharField(
        label=_("Customer: tenant GUID or domain"),
        required=False,
        max_length=LONGEST_TYPED,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"list": "customer-suggestions", "autocomplete": "off", "autocapitalize": "none"}),
    )
    order = forms.CharField(
        label=_("Order or subscription id"), required=False, max_length=LONGEST_TYPED, error_messages=TEXT_ERRORS
    )
    quantity = forms.CharField(
        label=_("Units"),
        required=False,
        max_length=12,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "quantity"}),
    )
    refund_reason = forms.ChoiceField(
        label=_("Refund reason"),
        required=False,
        choices=[("", _("Choose one")), *RefundReason.choices],
        error_messages=NO_SUCH_CHOICE,
    )
    amount = forms.CharField(
        label=_("Amount requested"),
        required=False,
        max_length=20,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    amount_shown = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    notice_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    notice_accepted = forms.BooleanField(
        label=_("I have read this. I accept it for us, and the customer has been told."), required=False
    )
    impact = forms.ChoiceField(label=_("Impact"), choices=Impact.choices, error_messages=NO_SUCH_CHOICE)
    title = LineField(label=_("Title"), max_length=LONGEST_TITLE)
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_TEXT,
        error_messages=_ERRORS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What happened, what you expected, and what you have tried. Never write a product key here."),
    )
    language = forms.ChoiceField(label=_("Reply in"), choices=RequestLanguage.choices, error_messages=NO_SUCH_CHOICE)
    contact_name = LineField(label=_("Name"), max_length=NAME_LENGTH)
    contact_email = forms.EmailField(
        label=_("E-mail"), error_messages={**_ERRORS, "invalid": _("Give an e-mail address such as a@contoso.com.")}
    )
    contact_phone = LineField(label=_("Phone"), required=False, max_length=LONGEST_PHONE)
    draft = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, typed: Mapping[str, Any], *, reader: User, judged: bool = False) -> None:
        """`typed` are the fields as they were sent or are known; they are judged only when the request is filed."""
        self.typed = {**_known(reader), **{name: typed[name] for name in self.base_fields if name in typed}}
        given = {name: str(self.typed.get(name) or "") for name in ("customer", "order", "quantity")}
        self.subject = Subject(reader, timezone.now(), given["customer"], given["order"], given["quantity"])
        self._fill_in()
        super().__init__(self.typed if judged else None, initial=self.typed)
        self._offer_lines()
        self._need_of_a_refund()

    def _need_of_a_refund(self) -> None:
        """What a refund cannot do without, as far as it is asked for yet."""
        subject = self.subject
        asked = {
            "customer": True,
            "refund_reason": True,
            "order": bool(subject.customer),
            "amount": bool(subject.quote),
        }
        for name in asked if self.is_refund else ():
            self.fields[name].required = asked[name]
            self.fields[name].error_messages["required"] = NEEDED_OF_A_REFUND[name]

    def _fill_in(self) -> None:
        """What follows from the line that was chosen; what the reader has changed stays."""
        subject, typed = self.subject, self.typed
        if subject.line is None:
            return
        typed["order"] = str(subject.line.purchase.public_id)
        typed["quantity"] = typed.get("quantity") or str(subject.line.quantity_left)
        if typed.get("amount", "") in ("", typed.get("amount_shown", "")):
            typed["amount"] = subject.most_typed
        typed["amount_shown"] = subject.most_typed
        if subject.quote and str(typed.get("notice_version", "")) != str(subject.quote.notice_version):
            typed.pop("notice_accepted", None)  # another message than the one that was ticked
            typed["notice_version"] = subject.quote.notice_version

    def _offer_lines(self) -> None:
        """The customer's purchases as choices, once the customer is known."""
        if not self.subject.customer:
            return
        label, choices = self.fields["order"].label, [(str(line.purchase.public_id), _of(line)) for line in self.lines]
        self.fields["order"] = forms.ChoiceField(
            label=label,
            required=False,
            choices=[("", _("About none of them")), *choices],
            error_messages=NO_SUCH_CHOICE,
        )

    @property
    def lines(self) -> list[OrderLine]:
        return self.subject.lines

    @property
    def is_refund(self) -> bool:
        return self.typed.get("problem") == ProblemType.REFUND

    @property
    def draft_id(self) -> UUID:
        draft_id = guid_of(str(self.typed["draft"]))
        return draft_id or uuid4()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("customer") and self.subject.customer is None:
            self.add_error("customer", _("No customer of yours, or more than one, fits this. Choose one."))
        if cleaned.get("order") and self.subject.line is None:
            self.add_error("order", _("Choose the purchase that it is about, or none."))
        if cleaned.get("amount") and typed_amount(cleaned["amount"]) is None:
            self.add_error("amount", NEEDED_OF_A_REFUND["amount"])
        return cleaned

    def fields_to_file(self) -> RequestFields:
        """What was typed, as the service takes it."""
        cleaned, subject = self.cleaned_data, self.subject
        same = ("problem", "impact", "title", "description", "language")
        contact = ("contact_name", "contact_email", "contact_phone")
        return RequestFields(
            **{name: cleaned[name] for name in (*same, *contact)},
            tenant_id=subject.customer.tenant_id if subject.customer else None,
            purchase_id=subject.line.purchase.public_id if subject.line else None,
            refund=self._refund() if self.is_refund else None,
        )

    def _refund(self) -> RefundFields:
        cleaned = self.cleaned_data
        return RefundFields(
            reason=cleaned["refund_reason"],
            quantity=units_in(cleaned["quantity"]) or 0,
            amount=typed_amount(cleaned["amount"]) or Decimal(0),
            notice_accepted=cleaned["notice_version"] if cleaned["notice_accepted"] else None,
        )

    def refuse(self, refusal: Refusal) -> None:
        """Tell beside its field why nothing was filed."""
        self.add_error(FIELD_OF.get(refusal.code), refusal.form_error)


def _known(reader: User) -> dict[str, Any]:
    """What is known of every request before anything is typed."""
    language = (get_language() or "").lower()
    return {
        "problem": ProblemType.REFUND,
        "impact": Impact.MODERATE,
        "language": language if language in RequestLanguage.values else RequestLanguage.ENGLISH,
        "contact_name": reader.name,
        "contact_email": reader.email,
        "draft": str(uuid4()),
    }


def _of(line: OrderLine) -> str:
    facts = {"number": line.order.number, "sku": line.sku_title, "day": line.order.placed_at.date().isoformat()}
    return gettext("%(number)s: %(sku)s, bought on %(day)s") % facts


class RequestFilterForm(forms.Form):
    """Which requests are listed; what is wrong with the field leaves it out."""

    status = forms.ChoiceField(label=_("Status"), required=False, error_messages=NO_SUCH_CHOICE)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        offer(self, "status", [("", _("All")), ("open", _("Open")), *RequestStatus.choices])
        self.is_valid()

    @property
    def is_used(self) -> bool:
        return bool(self.cleaned_data.get("status"))

    def found(self, requests: SupportRequestQuerySet) -> SupportRequestQuerySet:
        status = self.cleaned_data.get("status")
        if status == "open":
            return requests.open()
        return requests.filter(status=status) if status else requests
