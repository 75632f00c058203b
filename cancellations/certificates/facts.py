"""The facts of a cancellation as its certificate states them (C9).

Each function is an object of the schema in docs/certificate.md. Amounts are texts with the digits of their currency,
instants are in UTC. Never a key: each is told by its public id, its last five characters and its keyed hash.
"""

from typing import Any

from django.conf import settings
from django.db.models import OuterRef
from django.utils.translation import get_language

from activity.models import Seal
from cancellations.certificates.contents import SCHEMA, VERSION, instant
from cancellations.certificates.models import Certificate
from cancellations.models import Cancellation
from cancellations.notice import NOTICES
from csp_portal.accounts.models import Partner, User
from csp_portal.rounding import plain_amount
from customers.models import Customer
from orders.billing.services import month_of_credit
from orders.models import OrderLine
from software.models import DownloadLink, ProductKey
from software.models.counting import downloads_counted
from software.services.revoking import Revoked


def facts_of(certificate: Certificate, revoked: Revoked) -> dict[str, Any]:
    """All that the certificate says of its cancellation, in the reader's language where it says it in sentences."""
    cancellation = certificate.cancellation
    line = cancellation.order_line
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "id": str(certificate.public_id),
        "made_at": instant(certificate.made_at),
        "language": get_language() or settings.LANGUAGE_CODE,
        "issuer": _issuer(),
        "partner": _partner(line.order.partner),
        "customer": _customer(line.order.customer),
        "purchase": _purchase(line),
        "policy": _policy(line),
        "cancellation": _cancellation(cancellation),
        "revoked": _revoked(cancellation, revoked),
        "accepted": _accepted(cancellation),
        "credit": _credit(cancellation),
        "activity_log": _activity_log(line.order.partner_id),
    }


def _issuer() -> dict[str, Any]:
    return {
        "legal_name": settings.OPERATOR_NAME,
        "address": settings.OPERATOR_ADDRESS,
        "tax_id": settings.OPERATOR_TAX_ID,
    }


def _partner(partner: Partner) -> dict[str, Any]:
    return {
        "id": str(partner.public_id),
        "legal_name": partner.legal_name,
        "address": partner.address,
        "tax_id": partner.tax_id,
    }


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "tenant_id": str(customer.tenant_id),
        "company_name": customer.company_name,
        "primary_domain": customer.primary_domain,
    }


def _purchase(line: OrderLine) -> dict[str, Any]:
    sku = line.purchase.sku
    return {
        "id": str(line.purchase.public_id),
        "order_number": line.order.number,
        "line_number": line.line_number,
        "product_id": sku.product.product_id,
        "product_title": line.product_title,
        "sku_id": sku.sku_id,
        "sku_title": line.sku_title,
        "kind": sku.product.kind,
        "quantity": line.quantity,
        "purchased_at": instant(line.purchase.purchased_at),
    }


def _policy(line: OrderLine) -> dict[str, Any]:
    return {
        "name": line.policy.value,
        "version": line.policy_version.version,
        "last_day": line.last_cancel_day.isoformat() if line.last_cancel_day else None,
        "window_closes_at": instant(line.window_closes_at),
    }


def _cancellation(cancellation: Cancellation) -> dict[str, Any]:
    return {
        "cancelled_at": instant(cancellation.cancelled_at),
        "cancelled_by": _canceller(cancellation),
        "quantity": cancellation.quantity,
        "quantity_before": cancellation.credit.units_before,
        "quantity_left": cancellation.left,
    }


def _canceller(cancellation: Cancellation) -> dict[str, Any]:
    """Who cancelled; of the operator's staff no name and address is told, but where support is reached."""
    told = _user(cancellation.cancelled_by)
    if cancellation.filed_by:
        told.update(email=settings.OPERATOR_SUPPORT_EMAIL, name=str(cancellation.canceller))
    return told


def _user(user: User) -> dict[str, Any]:
    return {"id": str(user.public_id), "email": user.email, "name": user.name}


def _revoked(cancellation: Cancellation, revoked: Revoked) -> dict[str, Any]:
    links = DownloadLink.objects.filter(pk__in=[link.pk for link in revoked.links])
    downloads = dict(links.annotate(downloads=downloads_counted(link=OuterRef("pk"))).values_list("pk", "downloads"))
    return {
        "revoked_at": instant(cancellation.cancelled_at),
        "keys": [_key(key) for key in revoked.keys],
        "links": [_link(link, downloads[link.pk]) for link in revoked.links],
        "open_downloads": revoked.sessions,
    }


def _key(key: ProductKey) -> dict[str, Any]:
    return {
        "id": str(key.public_id),
        "last_five": key.last_five,
        "hash": key.hash,
        "hash_key_id": key.hash_key_id,
        "seen_at": instant(key.seen_at),
    }


def _link(link: DownloadLink, downloads: int) -> dict[str, Any]:
    return {
        "id": str(link.public_id),
        "label": link.label,
        "file_name": link.build.file_name,
        "downloads": downloads,
    }


def _accepted(cancellation: Cancellation) -> dict[str, Any]:
    return {
        "notice_version": cancellation.notice_version,
        "sentences": [str(sentence) for sentence in NOTICES[cancellation.notice_version]],
        "accepted_at": instant(cancellation.accepted_at),
        "accepted_by": _user(cancellation.accepted_by),
    }


def _credit(cancellation: Cancellation) -> dict[str, Any]:
    credit, line = cancellation.credit, cancellation.order_line
    currency = line.order.currency
    amounts = {name: getattr(credit, name) for name in ("net", "tax", "gross", "charged")}
    return {
        **{name: plain_amount(amount, currency) for name, amount in amounts.items()},
        "currency": currency,
        "tax_included": line.tax_included,
        "quoted_at": instant(cancellation.quoted_at),
        "term_days": credit.term_days,
        "days_used": credit.days_used,
        "sentences": [str(sentence) for sentence in credit.how_computed],
        "invoice_month": f"{month_of_credit(credit):%Y-%m}",
    }


def _activity_log(partner_id: int) -> dict[str, Any] | None:
    """Where the partner's log stood: whoever has the certificate can prove that nothing before it was changed (A5)."""
    seal = Seal.objects.head_of(partner_id)
    if seal is None:
        return None
    return {
        "head": seal.head,
        "seal": seal.number,
        "rows": seal.last,
        "sealed_at": instant(seal.sealed_at),
        "key": seal.key_id,
    }
