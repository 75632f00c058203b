"""What comes in with a call, checked: names in any case, unknown members ignored, wrong ones named (X3)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.settings import api_settings

from csp_portal.api.dates import day_of
from csp_portal.api.folding import squashed
from csp_portal.day_field import FIRST_DAY, LAST_DAY


class ApiSerializer(serializers.Serializer):
    """A body or a query as the documentation names its members; they come folded to lower case.

    What is null was not given: SDKs send all the members they know, empty ones too.
    """

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [_("It must be an object.")]})
        known = {name: data[name.lower()] for name in self.fields if data.get(name.lower()) is not None}
        found: dict[str, Any] = super().to_internal_value(known)
        return found


class WordField(serializers.ChoiceField):
    """A word of an enumeration, in any of its spellings: `one_time`, `OneTime`, `onetime`."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices=choices, **options)
        self._by_word = {squashed(str(choice)): choice for choice in self.choices}

    def to_internal_value(self, data: Any) -> Any:
        word = squashed(data) if isinstance(data, str) else ""  # no number, list or object is a word
        if word not in self._by_word:
            self.fail("invalid_choice", input=data)
        return self._by_word[word]


class TextField(serializers.CharField):
    """A text, and nothing that was made one: a number or a list is wrong."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return text


class WholeNumberField(serializers.IntegerField):
    """A whole number, also as its digits in a text, but no `true` and no fraction."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        number: int = super().to_internal_value(data)
        return number


class DayField(serializers.DateField):
    """A day of the calendar in one of the ways in which clients write it; with `allow_empty` an empty text is None."""

    default_error_messages = {
        "invalid": _("It must be a day, such as 2026-11-19."),
        "beyond": _("Choose a day from {first} to {last}."),
    }

    def __init__(self, *, allow_empty: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._allow_empty = allow_empty

    def to_internal_value(self, value: Any) -> Any:
        if self._allow_empty and value == "":
            return None
        try:
            day = day_of(value)
        except (ValueError, OverflowError, TypeError, AttributeError):
            self.fail("invalid")
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("beyond", first=FIRST_DAY, last=LAST_DAY)
        return day


class FlagField(serializers.BooleanField):
    """True or false in any case, as the query has them: `showExpiry=True`."""

    def to_internal_value(self, data: Any) -> bool:
        given: bool = super().to_internal_value(data.lower() if isinstance(data, str) else data)
        return given
