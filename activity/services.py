"""Writing to the activity log: `record()` in the transaction of what it records (A3)."""

import hashlib
import ipaddress
import secrets
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action, ActorKind, Address, Event
from csp_portal.errors import Loggable, Refusal

P = ParamSpec("P")
R = TypeVar("R")

_ROWS_PER_STATEMENT = 1000

# The address of the client whose request is being answered; set by the middleware, empty in jobs and commands.
client_address: ContextVar[str] = ContextVar("client_address", default="")


class SignedIn(Protocol):
    """What the log needs of a user."""

    public_id: UUID
    email: str
    is_program: bool
    partner_id: int | None


@dataclass(frozen=True)
class Actor:
    """Who did something: a user's text, a job, or somebody without sign-in."""

    kind: ActorKind
    name: str = ""
    public_id: UUID | None = None
    partner_id: int | None = None

    @classmethod
    def of(cls, actor: "Actor | SignedIn") -> "Actor":
        if isinstance(actor, Actor):
            return actor
        kind = ActorKind.API_CLIENT if actor.is_program else ActorKind.USER
        return cls(kind, actor.email, actor.public_id, actor.partner_id)

    @classmethod
    def system(cls, job: str) -> "Actor":
        """A job, command or scheduled task of the portal."""
        return cls(ActorKind.SYSTEM, f"system:{job}")

    @classmethod
    def link_holder(cls) -> "Actor":
        """Somebody who came with a download link and no sign-in."""
        return cls(ActorKind.LINK_HOLDER)

    @classmethod
    def visitor(cls) -> "Actor":
        return cls(ActorKind.VISITOR)


@transaction.atomic(savepoint=False)
def record(
    action: Action,
    *,
    actor: Actor | SignedIn,
    on: Loggable | None = None,
    partner: Any = None,
    details: dict[str, Any] | None = None,
) -> Event:
    """Write one row, with its address, in the caller's transaction: no row, no action (A3).

    `on` names what it happened to, and may bring details of its own; the row belongs to that thing's partner, else to
    `partner`, else to the actor's. Never put a secret or a token in `details`.
    """
    who = Actor.of(actor)
    row: dict[str, Any] = {"partner_id": partner.pk if partner else who.partner_id}
    row.update(on.log_subject() if on else {})
    (event,) = _write(action, who, [row], details or {})
    return event


@transaction.atomic(savepoint=False)
def record_each(action: Action, *, actor: Actor | SignedIn, on: Iterable[Loggable]) -> None:
    """Write a row for each of many things, as `record` does for one: a bulk change is as many actions."""
    who = Actor.of(actor)
    _write(action, who, [{"partner_id": who.partner_id, **subject.log_subject()} for subject in on], {})


def _write(action: Action, who: Actor, rows: list[dict[str, Any]], details: dict[str, Any]) -> list[Event]:
    address, now = client_address.get(), timezone.now()
    salts = [secrets.token_bytes(16) if address else b"" for _row in rows]
    events = Event.objects.bulk_create(
        (
            Event(
                occurred_at=now,
                action=action,
                actor_kind=who.kind,
                actor_id=who.public_id,
                actor_name=who.name,
                ip_commitment=address_commitment(address, salt) if address else b"",
                **{**row, "details": {**row.get("details", {}), **details}},
            )
            for row, salt in zip(rows, salts, strict=True)
        ),
        batch_size=_ROWS_PER_STATEMENT,
    )
    if address:
        Address.objects.bulk_create(
            (
                Address(event=event, partner_id=event.partner_id, occurred_at=now, address=address, salt=salt)
                for event, salt in zip(events, salts, strict=True)
            ),
            batch_size=_ROWS_PER_STATEMENT,
        )
    return events


def address_commitment(address: str, salt: bytes) -> bytes:
    """SHA-256 over the salt and the packed address: proves the address while it is kept, tells nothing after."""
    return hashlib.sha256(salt + ipaddress.ip_address(address).packed).digest()


def record_refusal(action: Action, refusal: Refusal, *, actor: Actor | SignedIn, **details: Any) -> None:
    """Write a refusal in a transaction of its own, after what it refused was rolled back (A3)."""
    record(action, actor=actor, on=refusal.on, details={"reason": refusal.code, **details})


def refusals_recorded(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Log every Refusal that leaves the service, as `action`; stands outside `transaction.atomic`.

    The service takes its `actor` by keyword.
    """

    def decorate(service: Callable[P, R]) -> Callable[P, R]:
        @wraps(service)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return service(*args, **kwargs)
            except Refusal as refusal:
                actor: Any = kwargs["actor"]
                record_refusal(action, refusal, actor=actor)
                raise

        return watched

    return decorate
