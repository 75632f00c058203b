"""Links, downloads and sessions, as many tests make and ask for them."""

from typing import Any

from django.test import Client

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.accounts.models import User
from customers.models import Customer
from software.models import DownloadLink, DownloadSession, Transfer
from software.ranges import ByteRange
from software.services import FileStream, authorise, open_file, open_session
from tests.factories import buy_line, make_build, make_link, make_sku

CONTENT = bytes(range(256)) * 4


def link_to(actor: User, customer: Customer, content: bytes = CONTENT, **build: Any) -> DownloadLink:
    """A link to a new build of what the customer has just bought."""
    line = buy_line(actor, customer, make_sku(keys=1))
    return make_link(actor, line.purchase, make_build(line.purchase.sku.product, content, **build))


def session_of(link: DownloadLink, client: Client | None = None) -> str:
    """The address of a session started with the link."""
    return (client or Client()).post(link.get_absolute_url()).headers["Location"]


def ask(address: str, method: str = "get", **headers: str) -> Any:
    """Ask and read the answer to its end, as a client does that keeps all of it; `If_Range` stands for `If-Range`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    response = getattr(Client(), method)(address, headers=given)
    response.body = response.getvalue()
    return response


def begun(address: str, part: ByteRange | None = None) -> Transfer:
    """A transfer that is authorised in the session at `address`; nobody knows yet what it sends."""
    holder = Actor.link_holder()
    session = open_session(address.split("/")[3], actor=holder)
    return authorise(session, part or ByteRange.whole(session.link.build.size), actor=holder)


def stream_of(link: DownloadLink, first: int = 0, length: int | None = None) -> FileStream:
    """What the development server sends of the link's file from byte `first` on, in a session of its own."""
    last = link.build.size - 1 if length is None else first + length - 1
    transfer = begun(session_of(link), ByteRange(first, last))
    return FileStream(transfer, open_file(transfer))


def used(link: DownloadLink) -> int:
    """How many downloads of the link's standing grant are counted."""
    return DownloadLink.objects.get(pk=link.pk).used


def released() -> int:
    """How many downloads were given back."""
    return Event.objects.filter(action=Action.DOWNLOAD_RELEASED).count()


def assert_given_back(link: DownloadLink, reason: str) -> None:
    """The one download of the link is given back and over."""
    session = DownloadSession.objects.get()
    assert used(link) == 0
    assert (session.end, session.released_at) == (reason, session.closed_at)
    assert session.released_at is not None
    event = Event.objects.get(action=Action.DOWNLOAD_RELEASED)
    assert event.details == {"session": str(session.public_id), "reason": reason, "given_back": 1}
    assert (event.actor_name, event.link_id) == ("system:release_downloads", link.public_id)


def assert_counted(link: DownloadLink) -> None:
    """The one download of the link counts."""
    assert used(link) == 1
    assert DownloadSession.objects.get().released_at is None
    assert released() == 0
