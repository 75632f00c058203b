"""What became of one key: its own dates, and who saw, copied or exported it as the log tells (K2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.paginator import Page
from django.utils.translation import gettext_lazy as _

from activity.models import SAW_THE_KEY, Action, Event, EventQuerySet
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.errors import Refusal, Text
from software.models import ProductKey, SoftwarePurchase


@dataclass(frozen=True)
class Step:
    """Something that happened to the key; `who` is empty for who may not read the log."""

    what: Text
    when: datetime
    who: Text = ""


@dataclass
class KeyTimeline:
    """The life of a key, the newest step first; whose act each was only as far as the reader may read the log."""

    key: ProductKey
    reader: User

    @cached_property
    def names_refusal(self) -> Refusal | None:
        """Why the reader is told no names."""
        return self.reader.refusal_to(Permission.SEE_ACTIVITY)

    @property
    def seen(self) -> EventQuerySet:
        """The rows of the log in which somebody came by the key."""
        key = self.key
        seen = self._of_purchase.filter(action__in=SAW_THE_KEY)
        return seen.about_key(
            key.public_id, last_five=key.last_five, key_hash=key.hash, hash_key_id=key.hash_key_id
        ).newest_first()

    def steps(self, page: "Page[Event]") -> Iterator[Step]:
        """The steps of a page of `seen`: a key is revoked after all that, and loaded and allotted before it."""
        if self.key.revoked_at and not page.has_previous():
            yield Step(self._how_revoked(), self.key.revoked_at, self._revoker)
        for event in page:
            yield Step(self._what(event), event.occurred_at, self.who(event))
        if not page.has_next():
            if self.key.allotted_at:
                yield Step(_("Allotted to the purchase"), self.key.allotted_at, self.allotter)
            yield Step(_("Loaded into the pool"), self.key.imported_at, "" if self.names_refusal else _("the operator"))

    def who(self, event: Event) -> str:
        """Whose act it was, where the row is one that the reader may read in the log."""
        scope = self.reader.log_scope
        return event.who if scope and scope.covers(event.customer_id, event.occurred_at) else ""

    def _how_revoked(self) -> Text:
        if self._purchase.cancelled_at == self.key.revoked_at:
            return _("Revoked with its purchase")
        return _("Revoked with a part of its purchase")

    def _what(self, event: Event) -> Text:
        """What was done, and whether it is certain that it was done with this key."""
        if "key" in event.details or event.key_hash == self.key.hash:
            return event.what
        unsure = _("%(what)s – this key, or another of the purchase that ends in the same five characters")
        return unsure % {"what": event.what}

    @property
    def _purchase(self) -> SoftwarePurchase:
        assert self.key.purchase is not None  # a key in the pool is nobody's
        return self.key.purchase

    @property
    def _of_purchase(self) -> EventQuerySet:
        return Event.objects.of_partner(self._purchase.customer.partner_id).of_purchase(self._purchase.public_id)

    @property
    def allotter(self) -> str:
        """Who gave it to its purchase."""
        return next((event.who for event in self._acts if event.action == Action.KEYS_ALLOTTED), "")

    @property
    def _revoker(self) -> str:
        """Who cancelled the purchase, or the part of it, with which the key was revoked."""
        revoked_at = self.key.revoked_at
        cancelled = (event for event in self._acts if event.action != Action.KEYS_ALLOTTED)
        return next((event.who for event in cancelled if revoked_at and event.occurred_at >= revoked_at), "")

    @cached_property
    def _acts(self) -> list[Event]:
        """What gave the purchase its keys and took them, in its order, as far as the reader may read the log."""
        if self.names_refusal:
            return []
        acts = (Action.KEYS_ALLOTTED, Action.QUANTITY_CANCELLED, Action.PURCHASE_CANCELLED)
        visible = Event.objects.visible_to(self.reader).of_purchase(self._purchase.public_id)
        return list(visible.filter(action__in=acts).order_by("occurred_at", "pk"))
