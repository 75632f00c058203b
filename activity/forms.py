"""Which rows of the log are asked for (A1, A2)."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models import EventQuerySet
from csp_portal.accounts.models import User
from csp_portal.day_field import FIRST_DAY, LAST_DAY, DayField, keep_what_was_typed
from csp_portal.text_errors import TEXT_ERRORS
from customers.models import Customer

DAYS_BY_DEFAULT = 30
FILTERS = ("user", "customer", "key")
_HASHES = re.compile(r"[0-9a-f]{64}(,[0-9a-f]{64}){0,19}")  # of one product key, under different hash keys
_LONGEST_EMAIL = User._meta.get_field("email").max_length
_LONGEST_COMPANY_NAME = Customer._meta.get_field("company_name").max_length


class Shown(TextChoices):
    """Which events are listed."""

    KEYS_AND_DOWNLOADS = "keys", _("Keys and downloads")
    EVERYTHING = "all", _("Everything")


class NameField(forms.CharField):
    """A name as the log holds it; what may be meant is suggested by the list with the id `list_id`."""

    def __init__(self, *, list_id: str, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": list_id, "autocomplete": "off"})
        super().__init__(required=False, error_messages=TEXT_ERRORS, widget=widget, **options)


class LogForm(forms.Form):
    """The range of days, both inclusive, in the reader's zone, without one the last 30 days; and whose events."""

    first_day = DayField(label=_("From"))
    last_day = DayField(label=_("To"))
    user = NameField(label=_("User"), list_id="users-in-the-log", max_length=_LONGEST_EMAIL)
    customer = NameField(label=_("Customer"), list_id="customers-in-the-log", max_length=_LONGEST_COMPANY_NAME)
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    show = forms.ChoiceField(choices=Shown.choices, widget=forms.HiddenInput)

    def __init__(self, asked: dict[str, str]) -> None:
        last = _day(asked.get("to", "")) or timezone.localdate()
        default = {
            "from": max(FIRST_DAY, last - timedelta(days=DAYS_BY_DEFAULT - 1)).isoformat(),
            "to": last.isoformat(),
            "show": Shown.KEYS_AND_DOWNLOADS.value,
        }
        given = {name: asked[name] for name in (*default, *FILTERS) if asked.get(name)}
        if given.get("show") not in set(Shown):
            given.pop("show", None)
        if not _HASHES.fullmatch(given.get("key", "")):
            given.pop("key", None)
        super().__init__({**default, **given})

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
    def is_filtered(self) -> bool:
        """Whether a valid form asks for the events of somebody or of one key only."""
        return any(self.cleaned_data[name] for name in FILTERS)

    def narrow(self, events: EventQuerySet) -> EventQuerySet:
        """The events that a valid form asks for."""
        found = self.in_range(events)
        user, customer, key = (self.cleaned_data[name] for name in FILTERS)
        found = found.by_user(user) if user else found
        found = found.with_key_hash(key.split(",")) if key else found
        return found.of_customer(customer) if customer else found

    def in_range(self, events: EventQuerySet) -> EventQuerySet:
        """The events of the days, whoever acted for whichever customer."""
        start = _start_of(self.cleaned_data["first_day"])
        end = _start_of(self.cleaned_data["last_day"] + timedelta(days=1))
        found = events.between(start, end)
        return found if self.shown == Shown.EVERYTHING else found.keys_and_downloads()


def _day(text: str) -> date | None:
    """The day that `text` names, if it is one that the log can be asked about."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _start_of(day: date) -> datetime:
    """The first instant of `day` in the reader's zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
