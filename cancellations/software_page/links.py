"""The links of the purchase that is acted on, as the Software tab shows them (K1, K4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from software.forms import RenewForm
from software.models import DownloadLink, LinkState
from software.places import link_anchor

EARLIER_SHOWN = 5

InFull = Callable[[str], str]  # makes an address whole: with scheme and host


@dataclass(frozen=True)
class ShownLink:
    """A link that is not revoked, as it stands at `now`, with what may be done with it."""

    link: DownloadLink
    now: datetime
    in_full: InFull

    @property
    def anchor(self) -> str:
        return link_anchor(self.link)

    @property
    def address(self) -> str:
        """Its address as it is passed on; empty once the key of its token was retired."""
        return self.in_full(self.link.get_absolute_url()) if self.link.has_address else ""

    @property
    def state(self) -> LinkState:
        return self.link.state(self.now)

    @property
    def is_active(self) -> bool:
        return self.state == LinkState.ACTIVE

    @property
    def has_expired(self) -> bool:
        return self.state == LinkState.EXPIRED

    @property
    def renew_form(self) -> RenewForm:
        """A new grant of the link; it names the grant that the page shows (K4)."""
        return RenewForm(initial={"grant": self.link.grant_number}, auto_id=f"renew_{self.anchor}_%s")


@dataclass(frozen=True)
class ListedLink:
    """A link of which only the facts are shown, and the way to its history."""

    link: DownloadLink
    state: LinkState


@dataclass(frozen=True)
class LinkPage:
    """A page of a list of links: whether there are more was told by one row more than is shown."""

    rows: list[ListedLink]
    number: int
    has_next: bool

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1
