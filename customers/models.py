"""The customers of a partner (U1)."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models.scope import LogScope
from csp_portal.accounts.models import Partner, User
from csp_portal.guids import guid_of
from csp_portal.rounding import minor_unit_digits
from csp_portal.territories import countries, is_country
from csp_portal.typed_text import one_line
from customers.domains import LONGEST_DOMAIN, domain_name

# Characters
LONGEST_NAME = 200  # of a company or street
LONGEST_PLACE = 100
LONGEST_POSTAL_CODE = 20


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
        """Customers of the user's own partner, to a limited API client some of them; the operator's staff see none."""
        if not user.partner_id:
            return self.none()
        of_partner = self.filter(partner_id=user.partner_id)
        return of_partner.filter(tenant_id__in=user.limited_to) if user.limited_to else of_partner

    def within(self, scope: LogScope) -> Self:
        """Those whose rows of the log lie in `scope`, its days aside."""
        return self.filter(tenant_id__in=scope.customers) if scope.customers else self

    def names_of(self, tenant_ids: Collection[UUID]) -> dict[UUID, str]:
        """The names of those with these tenant GUIDs; no query where there are none."""
        if not tenant_ids:
            return {}
        return dict(self.order_by().filter(tenant_id__in=tenant_ids).values_list("tenant_id", "company_name"))

    def matching(self, text: str) -> Self:
        """Customers whose name or domain contains `text`, or whose tenant GUID it is (U2)."""
        tenant_id = guid_of(text)
        if tenant_id:
            return self.filter(tenant_id=tenant_id)
        part = one_line(text)
        found = Q(company_name__icontains=part) | Q(primary_domain__icontains=part)
        with suppress(ValidationError):
            found |= Q(primary_domain=domain_name(part))  # written in another way, such as xn--…
        return self.filter(found)

    def with_guid(self, text: str) -> "Customer | None":
        """The customer whose tenant GUID is `text`, in any of the ways to write one; None if it is no such thing."""
        tenant_id = guid_of(text)
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
        """The markets they are in, by code: country by country, which takes no longer with more customers."""
        if self.query.is_empty():
            return []
        there = self.order_by().filter(market=RawSQL("code", ())).values("pk")
        statement, parameters = there.query.sql_with_params()
        asked = f"SELECT code FROM unnest(%s) AS code WHERE EXISTS ({statement})"  # noqa: S608  # Django's own SQL
        with connection.cursor() as cursor:
            cursor.execute(asked, [countries(), *parameters])
            return [code for (code,) in cursor.fetchall()]


class Customer(models.Model):
    """A tenant of a partner. GUID and domain are unique within the partner.

    `version` counts its changes, so that of two people who edit it at once the second is told.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="customers")
    tenant_id = models.UUIDField(_("tenant GUID"))
    company_name = models.CharField(_("company name"), max_length=LONGEST_NAME)
    primary_domain = models.CharField(_("primary domain"), max_length=LONGEST_DOMAIN)
    market = models.CharField(_("market"), max_length=2, validators=[known_country])
    currency = models.CharField(_("currency"), max_length=3, validators=[known_currency])
    address_line = models.CharField(_("street"), max_length=LONGEST_NAME, blank=True)
    city = models.CharField(_("city"), max_length=LONGEST_PLACE, blank=True)
    region = models.CharField(_("state or province"), max_length=LONGEST_PLACE, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=LONGEST_POSTAL_CODE, blank=True)
    country = models.CharField(_("country"), max_length=2, validators=[known_country], blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)  # null: never
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = (Lower("company_name"), "pk")
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
            models.CheckConstraint(
                condition=~Q(address_line="") & ~Q(city="") & ~Q(country="")
                | Q(address_line="", city="", region="", postal_code="", country=""),
                name="customers_address_whole",
            ),
        )
        indexes = (
            models.Index("partner", Lower("company_name"), "id", name="customers_in_order"),
            models.Index("partner", "market", Lower("company_name"), "id", name="customers_in_market"),
            # Of the capitals, for that is what `icontains` compares.
            GinIndex(OpClass(Upper("company_name"), "gin_trgm_ops"), name="customers_name_parts"),
            GinIndex(OpClass(Upper("primary_domain"), "gin_trgm_ops"), name="customers_domain_parts"),
        )

    def __str__(self) -> str:
        return self.company_name

    def get_absolute_url(self) -> str:
        return reverse("orders:overview", args=[self.tenant_id])

    @property
    def has_address(self) -> bool:
        """Whether its billing address is known; of an imported customer it often is not yet (U4)."""
        return bool(self.country)

    @property
    def has_orders(self) -> bool:
        """Whether anything was ever ordered for it, which fixes its market and currency (U4)."""
        return self.orders.exists()

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {
            "partner_id": self.partner_id,
            "customer_id": self.tenant_id,
            "customer_name": self.company_name,
        }
