"""The list of services: how to call each, and the rows of the log that it then writes."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from activity.models import Action
from csp_portal.errors import Refusal
from tests.recorded.world import AGENT, PARTNER, World

Call = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """A row of the log: what was done, the name of who did it, and in whose chain it stands."""

    action: Action
    by: str = AGENT
    chain: str = PARTNER


@dataclass(frozen=True)
class Service:
    """What changes or shows something: `prepare` makes a world in which the call that it answers does so.

    `beside` names the tables whose change is no action of anybody's, and stands although its row could not be written.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    prepare: Callable[[World], Call]
    beside: frozenset[str]


SERVICES: list[Service] = []
RECORDS_NOTHING: dict[str, str] = {}


def system(job: str) -> str:
    """The name of a job or command in the log."""
    return f"system:{job}"


def records(
    *names: str, rows: Iterable[Row], beside: Iterable[str] = ()
) -> Callable[[Callable[[World], Call]], Callable[[World], Call]]:
    """Enter a service into the list; under several names where one is the plain face of the other."""

    def enter(prepare: Callable[[World], Call]) -> Callable[[World], Call]:
        SERVICES.append(Service(names, tuple(rows), prepare, frozenset(beside)))
        return prepare

    return enter


def record_nothing(reason: str, *names: str) -> None:
    """Enter what writes no row of its own, and why it need not."""
    RECORDS_NOTHING.update(dict.fromkeys(names, reason))


def named() -> list[str]:
    """Every name in the list, as often as it stands there."""
    return [*RECORDS_NOTHING, *(name for service in SERVICES for name in service.names)]


def refused(call: Call) -> Call:
    """A call that ends with a refusal, after it has done something that is recorded."""

    def calling() -> None:
        with suppress(Refusal):
            call()

    return calling
