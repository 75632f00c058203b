"""The facts that fill the sentences of refusals, by name: what each is called, and one to give as an example."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Text


@dataclass(frozen=True)
class Fact:
    """What a placeholder of a reason stands for."""

    label: Text
    example: Any

    @property
    def placeholder(self) -> str:
        """`‹last day›`: the fact's name where its value will stand."""
        return f"‹{self.label}›"


FACTS = {
    "action": Fact(_("what was asked for"), _("cancel a purchase")),
    "address": Fact(_("address on the network"), "10.0.0.7"),
    "allowed": Fact(_("what is allowed"), "443, 8443"),
    "amount": Fact(_("amount of the order"), "1,875.00 USD"),
    "asked": Fact(_("what was asked for"), "P1M"),
    "bad": Fact(_("how many rows are bad"), 12),
    "billing": Fact(_("billing cycle"), "OneTime"),
    "changed": Fact(_("what changed"), _("prices, cancellation terms")),
    "contact": Fact(_("the partner's support contact"), "support@partner.example"),
    "count": Fact(_("how many there were"), 120),
    "country": Fact(_("country"), _("Norway")),
    "credit_limit": Fact(_("credit limit"), "10,000.00 USD"),
    "currency": Fact(_("currency"), "NOK"),
    "customer": Fact(_("customer"), "Contoso Bicycle Works"),
    "customers": Fact(_("how many customers"), 3),
    "day": Fact(_("day"), date(2020, 1, 1)),
    "email": Fact(_("e-mail address"), "person@partner.example"),
    "expired_at": Fact(_("time of expiry"), datetime(2020, 2, 7, 9, 30, tzinfo=UTC)),
    "expires_at": Fact(_("time of expiry"), datetime(2020, 1, 27, 8, 15, tzinfo=UTC)),
    "field": Fact(_("field of the reply"), "{{ amount }}"),
    "fields": Fact(_("fields of the list"), "CompanyName, Domain"),
    "file": Fact(_("name of the file"), "windows-server-2022.iso"),
    "file_type": Fact(_("file type"), "ISO x64"),
    "finding": Fact(_("name of the virus"), "Eicar-Test-Signature"),
    "first": Fact(_("the first refusal"), _("The cart is empty.")),
    "given": Fact(_("what was given"), "Weekly"),
    "head": Fact(_("last row of the log"), 900),
    "held": Fact(_("roles held"), _("Global admin")),
    "host": Fact(_("name of the receiver"), "collector.partner.example"),
    "inviter": Fact(_("who invited"), "admin@partner.example"),
    "invoice": Fact(_("number of the invoice"), "G000123"),
    "item": Fact(_("item of the catalogue"), "DG7GMGF0D5RX:0001:4K2MZQ7HW3XA"),
    "kind": Fact(_("kind of product"), _("Linux software plan")),
    "known": Fact(_("what there is"), "OneTime, Recurring"),
    "language": Fact(_("language"), "en-US"),
    "largest": Fact(_("the largest that is allowed"), 1_048_576),
    "last": Fact(_("the last number"), 4),
    "last_day": Fact(_("last day"), date(2020, 3, 24)),
    "left": Fact(_("what is left"), "1,250.00 USD"),
    "limit": Fact(_("the most that is allowed"), 50),
    "line": Fact(_("line"), 3),
    "longest": Fact(_("the longest that is allowed"), 60),
    "market": Fact(_("market"), _("Norway")),
    "method": Fact(_("method of the call"), "DELETE"),
    "month": Fact(_("month"), _("January 2020")),
    "most": Fact(_("the most that is allowed"), 2000),
    "name": Fact(_("name"), "SIEM"),
    "needed": Fact(_("roles needed"), _("Admin agent")),
    "open": Fact(_("what is still to be paid"), "1,200.00 USD"),
    "operator": Fact(_("the operator's e-mail address"), "support@operator.example"),
    "order": Fact(_("order number"), "7F3K9Q2M8D"),
    "owed": Fact(_("amount owed"), "8,750.00 USD"),
    "payment": Fact(_("amount of the payment"), "1,250.00 USD"),
    "policy": Fact(_("cancellation policy"), _("self-service")),
    "port": Fact(_("port"), "25"),
    "position": Fact(_("position in the log"), 1000),
    "possible": Fact(_("what is possible"), "2022 en-US ISO x64"),
    "problem": Fact(_("what is wrong"), _("Choose the country.")),
    "product": Fact(_("product"), "DG7GMGF0D5RX"),
    "quantity": Fact(_("quantity"), 1200),
    "reference": Fact(_("reference of the payment"), "WIRE-2020-0214"),
    "request": Fact(_("number of the support request"), "481516234210815"),
    "revoked_at": Fact(_("time of revocation"), datetime(2020, 1, 22, 16, 40, tzinfo=UTC)),
    "role": Fact(_("role"), _("Support agent")),
    "sent_at": Fact(_("time of sending"), datetime(2020, 1, 24, 12, 0, tzinfo=UTC)),
    "sequence": Fact(_("number of the delivery"), 12),
    "setting": Fact(_("what is set"), "2020-12-25 Christmas Day"),
    "size": Fact(_("size"), "20 MB"),
    "sku": Fact(_("product"), "Windows Server Standard, 16 Core, 1 year"),
    "span": Fact(_("opening hours"), "09:00–17:30"),
    "status": Fact(_("status"), _("cancelled")),
    "term": Fact(_("term"), "P1Y"),
    "term_end": Fact(_("last day of the term"), date(2021, 1, 24)),
    "today": Fact(_("today"), date(2020, 1, 24)),
    "types": Fact(_("types of file"), ".pdf, .png, .txt"),
    "url": Fact(_("address of the webhook"), "https://collector.partner.example/hook"),
    "usual": Fact(_("what is usual"), 500),
    "valid_from": Fact(_("first day"), date(2020, 1, 1)),
    "valid_to": Fact(_("day from which it counts no more"), date(2020, 7, 1)),
    "version": Fact(_("version"), "2022"),
    "view": Fact(_("name of the saved view"), "Contoso"),
    "what": Fact(_("what happened"), _("The partner replied")),
    "when": Fact(_("time"), datetime(2020, 2, 2, 14, 5, tzinfo=UTC)),
    "where": Fact(_("where, or what is wrong"), "line 3, column 7"),
    "who": Fact(_("who"), "agent@partner.example"),
    "whom": Fact(_("who gives out roles"), _("a Global admin of your organisation")),
    "why": Fact(_("what the system said"), _("permission denied")),
}


def fact(name: str) -> Fact:
    """The fact called `name`; one without an entry is shown by its bare name."""
    return FACTS.get(name) or Fact(name.replace("_", " "), "…")
