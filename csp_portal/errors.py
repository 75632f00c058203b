"""Refusals: why the portal did not do what was asked, on which facts, and what to do next (P2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Protocol

from django.utils import formats, timezone
from django.utils.functional import Promise

from csp_portal.instants import written_instant

Text = str | Promise


class Loggable(Protocol):
    """Something the activity log can name: its public ids and names as they are now."""

    def log_subject(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Reason:
    """One rule that refuses: a stable code, the spec's rule id, a sentence and the next step.

    Sentence and step may hold named placeholders (`%(last_day)s`) that the refusal's facts fill.
    Every reason registers itself, so that no two have one code.
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


class Refusal(Exception):
    """Raised by a service that will not do what was asked; a face shows it and changes nothing."""

    def __init__(self, reason: Reason, *, on: Loggable | None = None, **facts: Any) -> None:
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
