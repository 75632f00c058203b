"""The limits of an Auditor: whose log, of which days, until when; with a search for customers that needs no script."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activity.models.scope import MOST_CUSTOMERS, LogScope
from csp_portal.accounts.models import RoleAssignment, User
from csp_portal.choices import offer
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.guids import guid_of
from csp_portal.people import named_customers
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from customers.domains import LONGEST_DOMAIN
from customers.models import LONGEST_NAME, Customer

MOST_FOUND = 10  # customers that a search offers


class ScopeForm(forms.Form):
    """A part of the log, and the last day of the role that reads it.

    Customers are written one a line: a partner may have 100,000, too many to choose from. A search beside it finds
    them by name; while it asks, the form is shown as it was filled in, and nothing is done.
    """

    LIMITS: ClassVar = ("log_customers", "log_first_day", "log_last_day", "auditor_last_day")
    SEARCH: ClassVar = ("find_customer", "found")

    log_customers = forms.CharField(
        label=_("Customers whose log an Auditor sees"),
        required=False,
        max_length=MOST_CUSTOMERS * (LONGEST_DOMAIN + 2),
        error_messages=TEXT_ERRORS,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One a line, by tenant GUID or primary domain. Empty: all, and what concerns no customer."),
    )
    log_first_day = DayField(
        label=_("First day of the log an Auditor sees (UTC)"), required=False, help_text=_("Empty: from its beginning.")
    )
    log_last_day = DayField(
        label=_("Last day of the log an Auditor sees (UTC)"),
        required=False,
        help_text=_("This day is included. Empty: what happens from now on, too."),
    )
    auditor_last_day = DayField(
        label=_("Last day as Auditor (UTC)"),
        required=False,
        help_text=_("After it the role stops by itself. Empty: it stays until somebody takes it away."),
    )
    find_customer = forms.CharField(
        label=_("Name or domain"),
        required=False,
        max_length=LONGEST_NAME,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    found = forms.MultipleChoiceField(
        label=_("Customers found"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NO_SUCH_CHOICE,
        help_text=_("Those that you tick are added to the lines above."),
    )

    def __init__(self, data: QueryDict | None, *, reader: User, initial: dict[str, Any] | None = None) -> None:
        self._visible = Customer.objects.visible_to(reader)
        self.is_search = data is not None and _asks_to_find(data)
        if data is not None and self.is_search:
            initial, data = self._as_filled_in(data), None
        super().__init__(data, initial=initial)
        self.searched = str((self.data or self.initial).get("find_customer") or "").strip()[:LONGEST_NAME]
        matches = list(self._visible.matching(self.searched)[:MOST_FOUND]) if self.searched else []
        named = [(str(match.tenant_id), f"{match.company_name} ({match.primary_domain})") for match in matches]
        offer(self, "found", named)
        self.finds_nothing = bool(self.searched) and not matches

    def drop_limits(self) -> None:
        """Of a side whose users cannot be Auditors."""
        for name in (*self.LIMITS, *self.SEARCH):
            del self.fields[name]

    @staticmethod
    def held_limits(held: RoleAssignment | None, reader: User) -> dict[str, Any]:
        """The limits of a role that is held, as the fields show them."""
        if held is None:
            return {}
        visible = Customer.objects.visible_to(reader)
        return {
            "log_customers": named_customers.written(held.log_customers, visible),
            "log_first_day": held.log_first_day,
            "log_last_day": held.log_last_day,
            "auditor_last_day": held.last_day,
        }

    def clean_log_customers(self) -> Any:
        """The customers on the lines; another partner's are as unknown as those that do not exist."""
        return named_customers.read(self.cleaned_data["log_customers"], self._visible)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("log_first_day"), cleaned.get("log_last_day")
        if first and last and first > last:
            self.add_error("log_first_day", _("The first day is after the last one. Choose an earlier first day."))
        keep_what_was_typed(self)
        return cleaned

    @property
    def limits(self) -> dict[str, Any]:
        """The limits of a valid form, as the services take them."""
        given = self.cleaned_data
        if "log_customers" not in given:
            return {}
        customers = given["log_customers"] | {UUID(ticked) for ticked in given["found"]}
        scope = LogScope(customers, given["log_first_day"], given["log_last_day"])
        return {"auditor_last_day": given["auditor_last_day"], "auditor_scope": scope}

    @property
    def asked(self) -> list[forms.BoundField]:
        """What the form asks for, without the search beside it."""
        return [field for field in self.visible_fields() if field.name not in self.SEARCH]

    def _as_filled_in(self, data: QueryDict) -> dict[str, Any]:
        """What stands in the form, with a line more for each customer that was ticked."""
        several = (forms.MultipleChoiceField,)
        filled: dict[str, Any] = {
            name: data.getlist(name) if isinstance(field, several) else data.get(name, "")
            for name, field in self.base_fields.items()
        }
        ticked = [tenant_id for tenant_id in map(guid_of, filled["found"]) if tenant_id]
        lines = [filled["log_customers"].rstrip(), named_customers.written(ticked, self._visible)]
        return {**filled, "log_customers": "\n".join(line for line in lines if line), "found": []}


def _asks_to_find(data: QueryDict) -> bool:
    """Whether customers are looked for: by the button, or by a text whose answer the page has not shown yet."""
    text = data.get("find_customer", "").strip()
    return "find" in data or (bool(text) and text != data.get("searched", "").strip())
