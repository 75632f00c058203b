"""Activation keys: one row each, encrypted, found by a keyed hash, never shown in clear but on request (K2)."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from software import custody
from software.models.catalogue import Product, Sku
from software.models.purchases import SoftwarePurchase


class KeyStatus(models.TextChoices):
    AVAILABLE = "available", _("in the pool")
    ALLOTTED = "allotted", _("allotted")
    REVOKED = "revoked", _("revoked")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return "good" if self == KeyStatus.ALLOTTED else "neutral"


class ProductKeyQuerySet(models.QuerySet["ProductKey"]):
    def visible_to(self, user: User) -> Self:
        """Keys of the purchases that the user may see; what is in the pool is the operator's."""
        return self.filter(purchase__in=SoftwarePurchase.objects.visible_to(user))

    def of(self, tenant_id: uuid.UUID, purchase_id: uuid.UUID) -> Self:
        """Keys of one purchase of a customer."""
        return self.filter(purchase__customer__tenant_id=tenant_id, purchase__public_id=purchase_id)

    def of_key(self, product_key: str) -> Self:
        """The rows of a key in clear, found by its hash under any hash key that is still configured."""
        return self.filter(hash__in=custody.hashes_of(product_key))

    def to_rotate(self) -> Self:
        """Rows that are not encrypted and hashed with the newest keys, or of which that is not known (K2)."""
        hash_key_id = custody.key_id(custody.newest_hash_key())
        return self.exclude(secret_key_id=custody.newest_encryption_key_id(), hash_key_id=hash_key_id)

    def with_purchase(self) -> Self:
        """With all that `log_subject` reads."""
        return self.select_related("purchase__customer", "purchase__sku__product", "purchase__order_line__order")


class ProductKey(models.Model):
    """One activation key of a SKU's pool; once allotted it stays with its purchase, revoked or not."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="keys")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="keys", verbose_name=_("SKU"))
    secret = models.TextField(editable=False)
    # With which encryption key; empty for what was encrypted before that was noted.
    secret_key_id = models.CharField(max_length=8, default="", db_default="", editable=False)
    last_five = models.CharField(_("last five characters"), max_length=5)
    hash = models.CharField(max_length=64)
    hash_key_id = models.CharField(max_length=8)
    status = models.CharField(_("status"), max_length=10, choices=KeyStatus.choices, default=KeyStatus.AVAILABLE)
    purchase = models.ForeignKey(SoftwarePurchase, on_delete=models.PROTECT, null=True, related_name="keys")
    imported_at = models.DateTimeField(_("imported"))
    allotted_at = models.DateTimeField(_("allotted"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    seen_at = models.DateTimeField(null=True, editable=False)  # first shown, copied or exported; the log says by whom

    objects = ProductKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key of a pool")
        verbose_name_plural = _("key pools")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint("product", "hash_key_id", "hash", name="software_key_once"),
            models.CheckConstraint(
                condition=Q(status=KeyStatus.AVAILABLE, purchase=None)
                | (~Q(status=KeyStatus.AVAILABLE) & Q(purchase__isnull=False)),
                name="software_key_allotted_to_purchase",
            ),
        )
        indexes = (
            models.Index("sku", "id", condition=Q(status=KeyStatus.AVAILABLE), name="software_key_pool"),
            models.Index("purchase", "id", name="software_key_by_purchase"),
        )

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """What pages show until the key is asked for."""
        return f"•••••-•••••-•••••-•••••-{self.last_five}"

    @property
    def state(self) -> KeyStatus:
        return KeyStatus(self.status)

    def reveal(self) -> str:
        """The key in clear. Only `services.keys` may call this, which logs it first."""
        return custody.decrypt(self.secret)

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it: its last five characters, its keyed hash, and its id, which stays."""
        assert self.purchase is not None  # a key in the pool has nothing to log
        return {
            **self.purchase.log_subject(),
            "key_last_five": self.last_five,
            "key_hash": self.hash,
            "key_hash_key_id": self.hash_key_id,
            "details": {"key": str(self.public_id)},
        }
