"""The customers of a partner (U1)."""

import uuid
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Partner, User
from csp_portal.rounding import minor_unit_digits
from csp_portal.territories import is_country


def known_country(code: str) -> None:
    """Raise ValidationError unless `code` names a country (U1)."""
    if not is_country(code):
        raise ValidationError(_("Give a country's code of two capital letters, such as DE."), code="country")


def known_currency(code: str) -> None:
    """Raise ValidationError unless `code` is a currency of ISO 4217 (M5)."""
    if code not in minor_unit_digits():
        raise ValidationError(_("Give a currency's code of three capital letters, such as EUR."), code="currency")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: User) -> Self:
        """Customers of the user's own partner; the operator's staff see none here."""
        return self.filter(partner_id=user.partner_id) if user.partner_id else self.none()

    def matching(self, text: str) -> Self:
        """Customers whose name or domain contains `text`, or whose tenant GUID it is (U2)."""
        tenant_id = _guid(text)
        if tenant_id:
            return self.filter(tenant_id=tenant_id)
        return self.filter(Q(company_name__icontains=text) | Q(primary_domain__icontains=text))

    def with_guid(self, text: str) -> "Customer | None":
        """The customer whose tenant GUID is `text`, in any of the ways to write one; None if it is no such thing."""
        tenant_id = _guid(text)
        return self.filter(tenant_id=tenant_id).first() if tenant_id else None

    def with_activity(self) -> Self:
        """Each with `purchase_count` and `last_order_at`, looked up only for the rows that a page shows."""
        itself = Customer.objects.order_by().filter(pk=OuterRef("pk"))
        return self.annotate(
            purchase_count=Subquery(itself.annotate(found=Count("purchases")).values("found")),
            last_order_at=Subquery(itself.annotate(found=Max("orders__placed_at")).values("found")),
        )

    def with_cart_of(self, user: User) -> Self:
        """Each with `cart_lines`: how many lines the user's open cart for it holds."""
        itself = Customer.objects.order_by().filter(pk=OuterRef("pk"))
        own = Count("carts__lines", filter=Q(carts__user=user))
        return self.annotate(cart_lines=Subquery(itself.annotate(found=own).values("found")))

    def markets(self) -> list[str]:
        """The markets they are in, by code."""
        return list(self.order_by("market").values_list("market", flat=True).distinct())


def _guid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


class Customer(models.Model):
    """A tenant of a partner. GUID and domain are unique within the partner."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="customers")
    tenant_id = models.UUIDField(_("tenant GUID"))
    company_name = models.CharField(_("company name"), max_length=200)
    primary_domain = models.CharField(_("primary domain"), max_length=253)
    market = models.CharField(_("market"), max_length=2, validators=[known_country])
    currency = models.CharField(_("currency"), max_length=3, validators=[known_currency])
    address_line = models.CharField(_("street"), max_length=200)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("state or province"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, validators=[known_country])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ("company_name", "pk")
        constraints = (
            models.UniqueConstraint(
                "partner",
                "tenant_id",
                name="customers_tenant_once",
                violation_error_message=_("One of your customers has this tenant GUID already."),
            ),
            models.UniqueConstraint(
                "partner",
                "primary_domain",
                name="customers_domain_once",
                violation_error_message=_("One of your customers has this primary domain already."),
            ),
        )
        indexes = (models.Index("partner", "company_name", "id", name="customers_by_name"),)

    def __str__(self) -> str:
        return self.company_name

    def get_absolute_url(self) -> str:
        return reverse("orders:overview", args=[self.tenant_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {
            "partner_id": self.partner_id,
            "customer_id": self.tenant_id,
            "customer_name": self.company_name,
        }
