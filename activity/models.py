"""The activity log: who did what to which customer's software, append-only (A3, A4).

The table is partitioned by month and made by SQL in the first migration, which also holds the columns
that only PostgreSQL fills (`xid`, `server_epoch`, for sealing) and the triggers that refuse any change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused")
    PASSWORD_RESET_ASKED = "password_reset_asked", _("New password asked for")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    ACCESS_REFUSED = "access_refused", _("Access refused")
    PARTNER_CREATED = "partner_created", _("Partner created")
    PARTNER_CHANGED = "partner_changed", _("Partner changed")
    CREDIT_LIMIT_SET = "credit_limit_set", _("Credit limit set")
    USER_CREATED = "user_created", _("User created")
    USER_INVITED = "user_invited", _("User invited")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_REFUSED = "invitation_refused", _("Invitation refused")
    ROLES_CHANGED = "roles_changed", _("Roles changed")
    USER_DEACTIVATED = "user_deactivated", _("User deactivated")
    USER_REACTIVATED = "user_reactivated", _("User reactivated")
    USER_CHANGE_REFUSED = "user_change_refused", _("Change of a user refused")
    CUSTOMER_CREATED = "customer_created", _("Customer created")
    CUSTOMER_CHANGED = "customer_changed", _("Customer changed")
    CUSTOMERS_IMPORTED = "customers_imported", _("Customers imported")
    CUSTOMER_CHANGE_REFUSED = "customer_change_refused", _("Change of a customer refused")
    CATALOGUE_CHANGED = "catalogue_changed", _("Catalogue changed")
    CATALOGUE_CHANGE_REFUSED = "catalogue_change_refused", _("Change of the catalogue refused")
    PRICE_LIST_IMPORTED = "price_list_imported", _("Price list imported")
    TAX_RATES_IMPORTED = "tax_rates_imported", _("Tax rates imported")
    BUILD_IMPORTED = "build_imported", _("Build imported")
    KEYS_IMPORTED = "keys_imported", _("Keys imported")
    KEYS_ROTATED = "keys_rotated", _("Keys encrypted and hashed anew")
    ORDER_PLACED = "order_placed", _("Order placed")
    ORDER_REFUSED = "order_refused", _("Order refused")
    KEYS_ALLOTTED = "keys_allotted", _("Keys allotted")
    KEYS_PENDING = "keys_pending", _("Keys pending")
    KEY_REVEALED = "key_revealed", _("Key shown")
    KEY_COPIED = "key_copied", _("Key copied")
    KEY_EXPORTED = "key_exported", _("Key exported")
    KEY_REFUSED = "key_refused", _("Key refused")
    LINK_GRANTED = "link_granted", _("Link made")
    LINK_RENEWED = "link_renewed", _("Link renewed")
    LINK_EXPIRED = "link_expired", _("Link expired")
    LINK_REVOKED = "link_revoked", _("Link revoked")
    LINK_REFUSED = "link_refused", _("Link refused")
    DOWNLOAD_STARTED = "download_started", _("Download started")
    DOWNLOAD_REFUSED = "download_refused", _("Download refused")
    DOWNLOAD_RELEASED = "download_released", _("Download given back")
    DOWNLOAD_CLOSED = "download_closed", _("Download closed")
    DOWNLOADS_MISCOUNTED = "downloads_miscounted", _("Downloads miscounted")
    PURCHASE_CANCELLED = "purchase_cancelled", _("Purchase cancelled")
    QUANTITY_CANCELLED = "quantity_cancelled", _("Part of a purchase cancelled")
    CANCEL_REFUSED = "cancel_refused", _("Cancellation refused")
    CREDIT_POSTED = "credit_posted", _("Credit posted")
    MONTH_CLOSED = "month_closed", _("Month closed")
    INVOICE_ISSUED = "invoice_issued", _("Invoice issued")
    INVOICE_REFUSED = "invoice_refused", _("Issuing of an invoice refused")
    PAYMENT_POSTED = "payment_posted", _("Payment posted")
    PAYMENT_REVERSED = "payment_reversed", _("Payment reversed")
    PAYMENT_REFUSED = "payment_refused", _("Payment refused")
    CALENDAR_MADE = "calendar_made", _("Calendar address made")
    CALENDAR_REPLACED = "calendar_replaced", _("Calendar address replaced")
    CALENDAR_REVOKED = "calendar_revoked", _("Calendar address revoked")
    WEEKLY_MAIL_SET = "weekly_mail_set", _("Weekly mail switched on or off")
    REQUEST_FILED = "request_filed", _("Support request filed")
    REQUEST_REPLIED = "request_replied", _("Support request answered")
    REQUEST_CLOSED = "request_closed", _("Support request closed")
    REQUEST_ASSIGNED = "request_assigned", _("Support request assigned")
    REQUEST_NOTED = "request_noted", _("Note on a support request written")
    REFUND_APPROVED_FIRST = "refund_approved_first", _("Refund approved by the first of two")
    REFUND_APPROVAL_WITHDRAWN = "refund_approval_withdrawn", _("First approval of a refund withdrawn")
    REFUND_APPROVED = "refund_approved", _("Refund approved")
    REFUND_DENIED = "refund_denied", _("Refund denied")
    REQUEST_REFUSED = "request_refused", _("Support request refused")
    EVIDENCE_READ = "evidence_read", _("Evidence of a support request read")
    FILE_ADDED = "file_added", _("File of a support request added")
    FILE_DOWNLOADED = "file_downloaded", _("File of a support request downloaded")
    FILE_REFUSED = "file_refused", _("File of a support request refused")
    SUPPORT_HOUSE_CHANGED = "support_house_changed", _("Settings of support changed")
    SUPPORT_HOUSE_REFUSED = "support_house_refused", _("Change of the settings of support refused")
    MAIL_TRIED_AGAIN = "mail_tried_again", _("Mail tried again")
    LOG_READ = "log_read", _("Activity log read")


# What the log page lists first (A1): who came by a key, a link or a download, and who was refused one.
SAW_THE_KEY = frozenset({Action.KEY_REVEALED, Action.KEY_COPIED, Action.KEY_EXPORTED})
MADE_THE_LINK = frozenset({Action.LINK_GRANTED, Action.LINK_RENEWED})
USED_THE_LINK = frozenset({Action.DOWNLOAD_STARTED})
KEYS_AND_DOWNLOADS = frozenset(
    {*SAW_THE_KEY, *MADE_THE_LINK, *USED_THE_LINK, Action.KEY_REFUSED, Action.LINK_REFUSED, Action.DOWNLOAD_REFUSED}
)


class ActorKind(models.TextChoices):
    USER = "user", _("user")
    SYSTEM = "system", _("the portal")
    LINK_HOLDER = "link_holder", _("holder of the link")
    VISITOR = "visitor", _("visitor without sign-in")


class EventQuerySet(models.QuerySet["Event"]):
    def of_partner(self, partner_id: int | None) -> Self:
        """Rows of one partner's chain; of nobody's where there is no partner."""
        return self.filter(partner_id=partner_id) if partner_id else self.none()

    def between(self, start: datetime, end: datetime) -> Self:
        """Rows from `start` until before `end`."""
        return self.filter(occurred_at__gte=start, occurred_at__lt=end)

    def keys_and_downloads(self) -> Self:
        return self.filter(action__in=KEYS_AND_DOWNLOADS)

    def of_purchase(self, purchase_id: UUID) -> Self:
        """Rows about one purchase, its keys and its links."""
        return self.filter(purchase_id=purchase_id)

    def about_key(self, key_id: UUID, *, last_five: str, key_hash: str, hash_key_id: str) -> Self:
        """Rows about the key with this public id.

        Those of earlier versions name no key. They are found by its hash, or by its last five characters where they
        were hashed with another hash key than it is now: those may be about another key of the purchase.
        """
        nameless = Q(details__key__isnull=True, key_last_five=last_five)
        return self.filter(
            Q(details__key=str(key_id)) | nameless & (Q(key_hash=key_hash) | ~Q(key_hash_key_id=hash_key_id))
        )

    def with_key_hash(self, hashes: Sequence[str]) -> Self:
        """Rows about the key that has one of these hashes, each made with another hash key."""
        return self.filter(key_hash__in=hashes)

    def by_user(self, name: str) -> Self:
        """Rows of who acted under `name`: an e-mail address, or a job's name."""
        return self.filter(actor_name__iexact=name)

    def of_customer(self, named: str) -> Self:
        """Rows about the customer with this tenant GUID, or about those that had this name then."""
        try:
            return self.filter(customer_id=UUID(named))
        except ValueError:
            return self.filter(customer_name__iexact=named)

    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-id")


class Event(models.Model):
    """One row of the log: names as they then were beside public ids; only the partner is a foreign key (A4)."""

    append_only = True

    occurred_at = models.DateTimeField(default=timezone.now)
    partner = models.ForeignKey("accounts.Partner", on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)  # no choices: a new action is no migration
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField(default="")
    customer_id = models.UUIDField(null=True)
    customer_name = models.TextField(default="")
    product_id = models.TextField(default="")
    product_name = models.TextField(default="")
    order_number = models.TextField(default="")
    purchase_id = models.UUIDField(null=True)
    key_last_five = models.TextField(default="")
    key_hash = models.TextField(default="")
    key_hash_key_id = models.TextField(default="")
    link_id = models.UUIDField(null=True)
    link_made_by = models.TextField(default="")
    details = models.JSONField(default=dict)
    ip_commitment = models.BinaryField(default=b"")

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "activity_event"

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%dT%H:%M:%SZ} {self.action} {self.actor_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; a row that stands is never saved again."""
        super().save(*args, **{**kwargs, "force_insert": True})

    @property
    def what(self) -> str:
        """The action as a reader is told."""
        return str(Action(self.action).label)

    @property
    def who(self) -> str:
        """The actor as a reader is told."""
        return self.actor_name or str(ActorKind(self.actor_kind).label)

    @property
    def link_short(self) -> str:
        """The start of the link's public id, enough to tell links apart on a page."""
        return str(self.link_id)[:8] if self.link_id else ""

    @property
    def saw_the_key(self) -> str:
        return self.who if self.action in SAW_THE_KEY else ""

    @property
    def made_the_link(self) -> str:
        return self.who if self.action in MADE_THE_LINK else self.link_made_by

    @property
    def used_the_link(self) -> str:
        return self.who if self.action in USED_THE_LINK else ""


class Address(models.Model):
    """The IP address of one event, apart from it so that it can be redacted; the event holds its salted commitment."""

    append_only = True

    event_id = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    address = models.GenericIPAddressField()
    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.address)
