"""Which rows of the log are asked for (A1, A2)."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.days import start_of
from activity.fields import AddressField, FilterField, LinkField, OrderField
from activity.models import Action, ActorKind, EventQuerySet
from activity.models.actions import OPERATORS_OWN
from csp_portal.accounts.models import User
from csp_portal.choices import offer
from csp_portal.day_field import FIRST_DAY, LAST_DAY, DayField, keep_what_was_typed
from csp_portal.errors import Text
from csp_portal.text_errors import NO_SUCH_CHOICE
from customers.models import Customer
from software.models import Sku

DAYS_BY_DEFAULT = 30
NAMELESS = (ActorKind.LINK_HOLDER, ActorKind.VISITOR)
_HASHES = re.compile(r"[0-9a-f]{64}(,[0-9a-f]{64}){0,19}")  # of one product key, under different hash keys
_LONGEST_EMAIL = User._meta.get_field("email").max_length
_LONGEST_COMPANY_NAME = Customer._meta.get_field("company_name").max_length
_LONGEST_TITLE = Sku._meta.get_field("title").max_length
_LONGEST_ADDRESS = 200  # of a link, wherever the portal stands

# What the log can be narrowed to, and how a reader is told of it.
FILTERS: dict[str, Text] = {
    "user": _("User: %(named)s"),
    "customer": _("Customer: %(named)s"),
    "product": _("Product: %(named)s"),
    "order": _("Order: %(named)s"),
    "action": _("Action: %(named)s"),
    "address": _("IP address: %(named)s"),
    "link": _("Link: %(named)s"),
    "key": _("One product key"),
}
MORE_FILTERS = ("product", "order", "action", "address", "link")  # that the page opens on demand


class Shown(TextChoices):
    """Which events are listed."""

    KEYS_AND_DOWNLOADS = "keys", _("Keys and downloads")
    EVERYTHING = "all", _("Everything")


class LogForm(forms.Form):
    """The range of days, both inclusive, in the reader's zone, without one the last 30 days; and whose events."""

    first_day = DayField(label=_("From"))
    last_day = DayField(label=_("To"))
    user = FilterField(label=_("User"), list_id="users-in-the-log", max_length=_LONGEST_EMAIL)
    customer = FilterField(label=_("Customer"), list_id="customers-in-the-log", max_length=_LONGEST_COMPANY_NAME)
    product = FilterField(label=_("Product"), list_id="products-in-the-log", max_length=_LONGEST_TITLE)
    order = OrderField(label=_("Order number"), max_length=40)
    action = forms.ChoiceField(label=_("Action"), required=False, error_messages=NO_SUCH_CHOICE)
    address = AddressField(label=_("IP address"), max_length=45)
    link = LinkField(label=_("Link (id or copied address)"), max_length=_LONGEST_ADDRESS)
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    show = forms.ChoiceField(choices=Shown.choices, widget=forms.HiddenInput)

    def __init__(self, asked: dict[str, str]) -> None:
        last = _day(asked.get("to", "")) or timezone.localdate()
        default = {
            "from": max(FIRST_DAY, last - timedelta(days=DAYS_BY_DEFAULT - 1)).isoformat(),
            "to": last.isoformat(),
            "show": Shown.KEYS_AND_DOWNLOADS.value,
        }
        given = {name: asked[name] for name in self.names() if asked.get(name)}
        if given.get("show") not in set(Shown):
            given.pop("show", None)
        if not _HASHES.fullmatch(given.get("key", "")):
            given.pop("key", None)
        super().__init__({**default, **given})
        partners = [(action.value, action.label) for action in Action if action not in OPERATORS_OWN]
        actions = sorted(partners, key=lambda choice: str(choice[1]).casefold())
        offer(self, "action", [("", _("Any")), *actions])

    @classmethod
    def names(cls) -> list[str]:
        """What may be asked for, by its name in the address."""
        return ["from", "to", "show", *FILTERS]

    def add_prefix(self, field_name: str) -> str:
        """The names in the address: `from` and `to`."""
        return {"first_day": "from", "last_day": "to"}.get(field_name, field_name)

    def clean_user(self) -> str:
        """E-mail addresses are kept in lower case, and so are the names of jobs."""
        user: str = self.cleaned_data["user"]
        return user.lower()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and first > last:
            self.add_error("first_day", _("The first day is after the last one. Choose an earlier first day."))
        keep_what_was_typed(self)
        return cleaned

    @property
    def shown(self) -> Shown:
        return Shown(self.data["show"])

    @property
    def query(self) -> dict[str, str]:
        """What a valid form asks for, as the log notes it."""
        return {
            "from": self.cleaned_data["first_day"].isoformat(),
            "to": self.cleaned_data["last_day"].isoformat(),
            "zone": timezone.get_current_timezone_name(),
            "show": self.shown.value,
            **{name: self.cleaned_data[name] for name in FILTERS if self.cleaned_data[name]},
        }

    @property
    def kept(self) -> dict[str, str]:
        """What a valid form asks for, to be asked again on another day: without the days that are shown by default."""
        first, last = self.days
        by_default = (timezone.localdate() - timedelta(days=DAYS_BY_DEFAULT - 1), timezone.localdate())
        left_out = {"zone", *(("from", "to") if (first, last) == by_default else ())}
        return {name: value for name, value in self.query.items() if name not in left_out}

    @property
    def is_filtered(self) -> bool:
        """Whether a valid form asks for less than all events of its days."""
        return any(self.cleaned_data[name] for name in FILTERS)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("first_day", "last_day", "user", "customer")]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE_FILTERS]

    @property
    def asks_for_more(self) -> bool:
        """Whether a filter that is opened on demand is used, or was used wrongly."""
        return any(self.data.get(name) for name in MORE_FILTERS)

    @property
    def filters(self) -> dict[str, str]:
        """Each filter that a valid form uses, in words."""
        named = {name: self.cleaned_data[name] for name in FILTERS if self.cleaned_data[name]}
        if action := named.get("action"):
            named["action"] = Action(action).label
        return {name: str(FILTERS[name]) % {"named": value} for name, value in named.items()}

    def narrow(self, events: EventQuerySet) -> EventQuerySet:
        """The events that a valid form asks for."""
        for name, narrow in _NARROWED_BY.items():
            if value := self.cleaned_data[name]:
                events = narrow(events, value)
        return self.in_range(events)

    def in_range(self, events: EventQuerySet) -> EventQuerySet:
        """The events of the days, whoever acted for whichever customer; an action that is asked for is always shown."""
        first, last = self.days
        found = events.between(start_of(first), start_of(last + timedelta(days=1)))
        if self.shown == Shown.EVERYTHING or self.cleaned_data["action"]:
            return found
        return found.keys_and_downloads()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of a valid form."""
        return self.cleaned_data["first_day"], self.cleaned_data["last_day"]


def _by_user(events: EventQuerySet, name: str) -> EventQuerySet:
    """Those of a user, of a job, or of people without a name, who are asked for as the log calls them."""
    kind = next((kind for kind in NAMELESS if str(kind.label).casefold() == name), None)
    return events.by_kind(kind) if kind else events.by_user(name)


_NARROWED_BY = {
    "user": _by_user,
    "customer": EventQuerySet.of_customer,
    "product": EventQuerySet.of_product,
    "order": EventQuerySet.of_order,
    "action": EventQuerySet.with_action,
    "address": EventQuerySet.from_address,
    "link": EventQuerySet.of_link,
    "key": lambda events, hashes: events.with_key_hash(hashes.split(",")),
}


def _day(text: str) -> date | None:
    """The day that `text` names, if it is one that the log can be asked about."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
