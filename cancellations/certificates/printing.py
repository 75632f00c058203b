"""A certificate set as PDF (C9)."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cancellations.certificates.models import Certificate
from csp_portal.instants import written_instant
from csp_portal.money import format_money
from csp_portal.pdf import render_pdf

Facts = list[list[str]]


def printed(certificate: Certificate) -> bytes:
    """The PDF, in the language of the certificate's sentences and in UTC: the same bytes for whoever asks, whenever."""
    with translation.override(certificate.contents["language"]), timezone.override("UTC"):
        return render_pdf("certificate", _data(certificate, certificate.contents))


def _data(certificate: Certificate, contents: dict[str, Any]) -> dict[str, Any]:
    order = {"number": contents["purchase"]["order_number"]}
    return {
        "title": _("Certificate of cancellation · order %(number)s") % order,
        "page_words": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "parties": _parties(contents),
        "purchase": {
            "title": contents["purchase"]["sku_title"],
            "facts": _purchase(contents) + _cancellation(certificate, contents),
        },
        "revoked": _revoked(contents["revoked"]),
        "accepted": _accepted(contents["accepted"]),
        "credit": {
            "title": _("Credit"),
            "facts": _credit(contents["credit"]),
            "sentences": contents["credit"]["sentences"],
        },
        "check": _check(certificate, contents),
    }


def _parties(contents: dict[str, Any]) -> list[dict[str, str]]:
    customer = contents["customer"]
    of_customer = [customer["primary_domain"], customer["tenant_id"]]
    return [
        _party(_("Issued by"), contents["issuer"]),
        _party(_("Partner"), contents["partner"]),
        {"title": _("Customer"), "name": customer["company_name"], "words": "\n".join(of_customer)},
    ]


def _party(title: str, party: dict[str, str]) -> dict[str, str]:
    tax_id = _("Tax id %(tax_id)s") % {"tax_id": party["tax_id"]} if party["tax_id"] else ""
    words = "\n".join(filter(None, [*party["address"].splitlines(), tax_id]))
    return {"title": title, "name": party["legal_name"], "words": words}


def _purchase(contents: dict[str, Any]) -> Facts:
    purchase = contents["purchase"]
    return [
        [_("Product"), purchase["product_title"]],
        [_("Product and SKU"), f"{purchase['product_id']}:{purchase['sku_id']}"],
        [_("Order and line"), f"{purchase['order_number']}, {purchase['line_number']}"],
        [_("Purchase"), purchase["id"]],
        [_("Bought"), _when(purchase["purchased_at"])],
    ]


def _cancellation(certificate: Certificate, contents: dict[str, Any]) -> Facts:
    cancellation, policy = contents["cancellation"], contents["policy"]
    terms = {"policy": certificate.policy.label, "version": policy["version"], "last_day": _day(policy["last_day"])}
    return [
        [_("Cancelled"), _when(cancellation["cancelled_at"])],
        [_("Cancelled by"), cancellation["cancelled_by"]["email"]],
        [_("Units"), _units(contents["purchase"]["quantity"], cancellation)],
        [
            _("Cancellation policy"),
            _("%(policy)s, version %(version)s: until the end of %(last_day)s") % terms,
        ],
    ]


def _units(ordered: int, cancellation: dict[str, Any]) -> str:
    facts = {
        "ordered": ordered,
        "before": cancellation["quantity_before"],
        "cancelled": cancellation["quantity"],
        "left": cancellation["quantity_left"],
    }
    if cancellation["quantity_before"]:
        return _("%(ordered)s ordered, %(before)s cancelled before, %(cancelled)s cancelled, %(left)s left") % facts
    return _("%(ordered)s ordered, %(cancelled)s cancelled, %(left)s left") % facts


def _revoked(revoked: dict[str, Any]) -> dict[str, Any]:
    counts = {
        "keys": len(revoked["keys"]),
        "links": len(revoked["links"]),
        "downloads": revoked["open_downloads"],
        "when": _when(revoked["revoked_at"]),
    }
    words = _("Keys: %(keys)s. Download links: %(links)s. Downloads that were open: %(downloads)s. All at %(when)s.")
    return {
        "title": _("Revoked"),
        "words": words % counts,
        "key_heads": [_("Key ends in"), _("First seen"), _("Id of the key; its keyed hash, and which key made it")],
        "keys": [_key(key) for key in revoked["keys"]],
        "link_heads": [_("File"), _("Label"), _("Id of the link"), _("Downloads")],
        "links": [
            [link["file_name"], link["label"] or "–", link["id"], str(link["downloads"])] for link in revoked["links"]
        ],
    }


def _key(key: dict[str, Any]) -> list[str]:
    seen = _when(key["seen_at"]) if key["seen_at"] else _("never")
    return [key["last_five"], seen, f"{key['id']}\n{key['hash']}, {key['hash_key_id']}"]


def _accepted(accepted: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "who": accepted["accepted_by"]["email"],
        "version": accepted["notice_version"],
        "when": _when(accepted["accepted_at"]),
    }
    return {
        "title": _("Duty to uninstall"),
        "words": _("%(who)s read and accepted this, version %(version)s, on %(when)s:") % facts,
        "sentences": accepted["sentences"],
    }


def _credit(credit: dict[str, Any]) -> Facts:
    net, tax, gross = (format_money(credit[name], credit["currency"]) for name in ("net", "tax", "gross"))
    days = {"used": credit["days_used"], "term": credit["term_days"]}
    return [
        [_("Net, excl. tax"), net],
        [_("Tax"), tax],
        [_("Gross, incl. tax"), gross],
        [_("On the invoice of"), date_format(credit["invoice_month"], "YEAR_MONTH_FORMAT")],
        *([[_("Days used"), _("%(used)s of %(term)s") % days]] if credit["term_days"] is not None else []),
        [_("Computed"), _when(credit["quoted_at"])],
    ]


def _check(certificate: Certificate, contents: dict[str, Any]) -> dict[str, str]:
    made = {"id": contents["id"], "when": _when(contents["made_at"])}
    told = _("Certificate %(id)s was made on %(when)s and has not changed since.") % made
    sha256 = _("SHA-256 of its JSON: %(sha256)s") % {"sha256": certificate.sha256}
    how = _("Download the JSON and run sha256sum %(name)s.json: it prints the same.") % {"name": certificate.file_name}
    log = _log(contents.get("activity_log"))
    return {"title": _("Check this certificate"), "words": told, "sha256": sha256, "how": how, "log": log}


def _log(stood: dict[str, Any] | None) -> str:
    """Where the activity log stood; empty where it was not sealed yet, and in certificates made before that."""
    if stood is None:
        return ""
    told = _("The activity log stood at seal %(seal)s of %(when)s, which covers its first %(rows)s rows.")
    told += " " + _("Hash of the seal: %(head)s. Key: %(key)s.")
    return told % {**stood, "when": _when(stood["sealed_at"])}


def _when(when: datetime) -> str:
    return written_instant(timezone.localtime(when))


def _day(day: date | None) -> str:
    return "–" if day is None else _("%(day)s (UTC)") % {"day": date_format(day, "DATE_FORMAT")}
