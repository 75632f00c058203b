"""Who the demo has: partners, users and customers."""

from dataclasses import dataclass
from decimal import Decimal

from csp_portal.accounts.permissions import Role


@dataclass(frozen=True)
class DemoPartner:
    key: str
    legal_name: str
    address: str
    tax_id: str
    support_name: str
    support_email: str
    support_phone: str


@dataclass(frozen=True)
class DemoUser:
    email: str
    name: str
    roles: tuple[Role, ...]
    partner: str | None


@dataclass(frozen=True)
class DemoApiClient:
    name: str
    admin: str  # the Global admin who makes it
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class DemoCustomer:
    partner: str
    tenant_id: str
    company_name: str
    primary_domain: str
    market: str
    currency: str
    address_line: str
    city: str
    postal_code: str


PARTNERS = (
    DemoPartner(
        "fabrikam",
        "Fabrikam Cloud Services Ltd",
        "14 Quay Street, Bristol BS1 4DJ, United Kingdom",
        "GB 987 6543 21",
        "Fabrikam service desk",
        "desk@fabrikam.example",
        "+44 117 496 0123",
    ),
    DemoPartner(
        "adatum",
        "Adatum Systemhaus GmbH",
        "Hafenstraße 7, 20457 Hamburg, Germany",
        "DE 123456789",
        "Adatum Support",
        "support@adatum.example",
        "+49 40 5550 123",
    ),
    DemoPartner(
        "wingtip",
        "Wingtip Distribution Inc.",
        "900 Runway Drive, Reno, NV 89502, United States",
        "US 12-3456789",
        "Wingtip help line",
        "help@wingtip.example",
        "+1 775 555 0142",
    ),
)
PARTNER_OF_THOUSANDS = "wingtip"  # whose customers `many.py` makes
USERS = (
    DemoUser("agent@fabrikam.example", "Alex Agent", (Role.ADMIN_AGENT,), "fabrikam"),
    DemoUser("admin@fabrikam.example", "Grace Global", (Role.GLOBAL_ADMIN,), "fabrikam"),
    DemoUser("accounts@fabrikam.example", "Ana Account", (Role.ACCOUNT_ADMIN,), "fabrikam"),
    DemoUser("referrals@fabrikam.example", "Rui Referral", (Role.REFERRAL_ADMIN,), "fabrikam"),
    DemoUser("marketing@fabrikam.example", "Mina Marketing", (Role.MARKETING_CONTENT_ADMIN,), "fabrikam"),
    DemoUser("auditor@fabrikam.example", "Ulla Auditor", (Role.AUDITOR,), "fabrikam"),
    DemoUser("agent@adatum.example", "Otto Fremd", (Role.ADMIN_AGENT, Role.GLOBAL_ADMIN), "adatum"),
    DemoUser("agent@wingtip.example", "Wendy Wing", (Role.ADMIN_AGENT, Role.GLOBAL_ADMIN), "wingtip"),
    DemoUser("support@operator.example", "Sam Support", (Role.SUPPORT_AGENT,), None),
    DemoUser("sunhee@operator.example", "박선희", (Role.SUPPORT_AGENT,), None),
    DemoUser("catalogue@operator.example", "Olga Operator", (Role.OPERATOR_ADMIN,), None),
)
API_CLIENTS = (
    DemoApiClient("Shop", "admin@fabrikam.example", (Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)),
    DemoApiClient("Price watch", "admin@fabrikam.example", (Role.GLOBAL_ADMIN,)),
    DemoApiClient("Bestellsystem", "agent@adatum.example", (Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)),
)
CUSTOMERS = (
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a01", "Contoso Bicycle Works", "contosobicycles.example",
        "US", "USD", "500 Spoke Avenue", "Portland", "97201",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a02", "Wattle & Banksia Pty Ltd", "wattle.example",
        "AU", "AUD", "8 Jetty Road", "Adelaide", "5045",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a03", "Ipê Tecnologia Ltda", "ipe.example",
        "BR", "BRL", "Rua das Acácias 210", "Curitiba", "80010-000",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a04", "青岛海风贸易有限公司", "haifeng.example",
        "CN", "CNY", "香港中路 40 号", "青岛", "266071",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a05", "桜井商事株式会社", "sakurai.example",
        "JP", "JPY", "本町 2-4-1", "大阪市", "541-0053",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a06", "한빛전자 주식회사", "hanbit.example",
        "KR", "KRW", "테헤란로 152", "서울", "06236",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a07", "Gulf Pearl Trading Co.", "gulfpearl.example",
        "KW", "KWD", "Block 3, Fahad Al-Salem Street", "Kuwait City", "13001",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a08", "Thistle & Sons Ltd", "thistle.example",
        "GB", "GBP", "22 Castle Wynd", "Stirling", "FK8 1EG",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a09", "Northern Loon Outfitters", "northernloon.example",
        "CA", "CAD", "77 Portage Road", "Kenora", "P9N 3X9",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a10", "Gletscherblick Hotels AG", "gletscherblick.example",
        "CH", "CHF", "Höheweg 41", "Interlaken", "3800",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a11", "Saffron Loom Pvt Ltd", "saffronloom.example",
        "IN", "INR", "14 Residency Road", "Bengaluru", "560025",
    ),
    DemoCustomer(
        "fabrikam", "0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a12", "Sermeq Fisk A/S", "sermeq.example",
        "GL", "DKK", "Aqqusinersuaq 9", "Nuuk", "3900",
    ),
    DemoCustomer(
        "adatum", "7d1f0c42-94d8-4f7e-8a55-6c0f5b3d9b01", "Nordlicht Werft AG", "nordlicht.example",
        "DE", "EUR", "Am Sandtorkai 30", "Hamburg", "20457",
    ),
    DemoCustomer(
        "adatum", "7d1f0c42-94d8-4f7e-8a55-6c0f5b3d9b02", "Uhrwerk Biel AG", "uhrwerk.example",
        "CH", "CHF", "Zentralstrasse 12", "Biel", "2502",
    ),
)  # fmt: skip

# What each partner may owe, by currency (B3): about the same worth in all of them.
CREDIT_LIMITS = {
    currency: Decimal(limit)
    for currency, limit in {
        "USD": 250_000,
        "AUD": 380_000,
        "BRL": 1_250_000,
        "CNY": 1_800_000,
        "JPY": 37_000_000,
        "KRW": 330_000_000,
        "KWD": 77_000,
        "EUR": 230_000,
        "GBP": 200_000,
        "CAD": 340_000,
        "CHF": 220_000,
        "INR": 21_000_000,
        "DKK": 1_700_000,
    }.items()
}
