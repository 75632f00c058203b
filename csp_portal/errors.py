"""Refusals: why the portal did not do what was asked, on which facts, and what to do next (P2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, Protocol

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.instants import written_instant

Text = str | Promise
_RULE = re.compile(r"[A-Z][1-9][0-9]*")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Chapter(TextChoices):
    """What a rule is about: the letter that its id starts with."""

    PEOPLE = "P", _("People and roles")
    CUSTOMERS = "U", _("Customers")
    CATALOGUE = "M", _("Catalogue, markets, tax")
    BUYING = "B", _("Buying")
    KEYS = "K", _("Keys and downloads")
    CANCELLING = "C", _("Cancelling")
    CREDITS = "R", _("Credits and invoices")
    SUPPORT = "S", _("Support requests")
    ACTIVITY = "A", _("Activity log")
    REACH = "X", _("The portal as a whole")


class Loggable(Protocol):
    """Something the activity log can name: its public ids and names as they are now."""

    def log_subject(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Reason:
    """One rule that refuses: a stable code, the spec's rule id, a sentence and the next step.

    Sentence and step may hold named placeholders (`%(last_day)s`) that the refusal's facts fill.
    Every reason registers itself, so that no two have one code and `/reasons/` lists them all. It is declared in a
    module `reasons` of its app, which is loaded when the portal starts.
    """

    code: str
    rule: str
    sentence: Text
    next_step: Text
    status: int = 409

    registry: ClassVar[dict[str, "Reason"]] = {}

    def __post_init__(self) -> None:
        if self.registry.setdefault(self.code, self) != self:
            raise ValueError(f"two reasons are called {self.code!r}")
        if not _RULE.fullmatch(self.rule) or self.rule[0] not in Chapter.values:
            raise ValueError(f"{self.code!r} names no rule of the spec: {self.rule!r}")

    @property
    def chapter(self) -> Chapter:
        """What the rule is about."""
        return Chapter(self.rule[0])

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The facts that a refusal for this reason must bring."""
        return frozenset(_PLACEHOLDER.findall(f"{self.sentence} {self.next_step}"))


class Refusal(Exception):
    """Raised by a service that will not do what was asked; a face shows it and changes nothing."""

    def __init__(self, reason: Reason, *, on: Loggable | None = None, **facts: Any) -> None:
        missing = sorted(reason.placeholders - facts.keys())
        if missing:
            raise TypeError(f"the reason {reason.code!r} needs the facts {missing}")
        super().__init__(reason.code)
        self.reason = reason
        self.on = on
        self.facts = facts

    @property
    def code(self) -> str:
        return self.reason.code

    @property
    def status(self) -> int:
        """The HTTP status that answers it."""
        return self.reason.status

    @property
    def message(self) -> str:
        """The sentence with its facts, in the reader's language."""
        return str(self.reason.sentence) % written(self.facts)

    @property
    def next_step(self) -> str:
        """What to do now, with the facts, in the reader's language."""
        return str(self.reason.next_step) % written(self.facts)

    @property
    def form_error(self) -> ValidationError:
        """The refusal beside a form; its code leads to its place on the page of reasons."""
        return ValidationError(str(self), code=self.code)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


def written(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` as a reader sees them: days and instants in words, instants in the reader's zone, numbers grouped."""
    return {name: _written(value) for name, value in facts.items()}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return written_instant(timezone.localtime(value))
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, int):
        return formats.number_format(value, force_grouping=True)
    return value
