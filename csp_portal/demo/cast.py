"""Who and what the demo has: partners, users, customers, keys, builds, and the orders of its history."""

from dataclasses import dataclass
from datetime import timedelta
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


@dataclass(frozen=True)
class DemoBuild:
    product_id: str
    version: str
    language: str
    file_type: str
    file_name: str
    size: int  # bytes


@dataclass(frozen=True)
class DemoOrder:
    """What a customer ordered how long ago; `cancelled` says how long ago it was cancelled, if it was."""

    ago: timedelta
    customer: str
    skus: tuple[tuple[str, str, int], ...]
    purchase_order_number: str = ""
    with_link: bool = False
    cancelled: timedelta | None = None


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
)
USERS = (
    DemoUser("agent@fabrikam.example", "Alex Agent", (Role.ADMIN_AGENT,), "fabrikam"),
    DemoUser("admin@fabrikam.example", "Grace Global", (Role.GLOBAL_ADMIN,), "fabrikam"),
    DemoUser("accounts@fabrikam.example", "Ana Account", (Role.ACCOUNT_ADMIN,), "fabrikam"),
    DemoUser("referrals@fabrikam.example", "Rui Referral", (Role.REFERRAL_ADMIN,), "fabrikam"),
    DemoUser("marketing@fabrikam.example", "Mina Marketing", (Role.MARKETING_CONTENT_ADMIN,), "fabrikam"),
    DemoUser("auditor@fabrikam.example", "Ulla Auditor", (Role.AUDITOR,), "fabrikam"),
    DemoUser("agent@adatum.example", "Otto Fremd", (Role.ADMIN_AGENT, Role.GLOBAL_ADMIN), "adatum"),
    DemoUser("support@operator.example", "Sam Support", (Role.SUPPORT_AGENT,), None),
    DemoUser("catalogue@operator.example", "Olga Operator", (Role.OPERATOR_ADMIN,), None),
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
        "adatum", "7d1f0c42-94d8-4f7e-8a55-6c0f5b3d9b01", "Nordlicht Werft AG", "nordlicht.example",
        "DE", "EUR", "Am Sandtorkai 30", "Hamburg", "20457",
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
    }.items()
}

SERVER_STANDARD = "DG7GMGF0NGQ0"
SERVER_DATACENTER = "DG7GMGF0CD6W"
SERVER_CAL = "DG7GMGF0FPXC"
SERVER_2022 = "DG7GMGF0C6XF"
SQL_2019 = "DG7GMGF0GWFX"
OFFICE_2021 = "DG7GMGF00JPF"
EXCHANGE_2019 = "DG7GMGF0MW61"
WINDOWS_7_UPDATES = "DG7GMGF0W2DX"
SUSE = "DG7GMGF0CZJT"
RESERVED_VM = "DG7GMGF0NSX9"

# ProductId, SkuId and how many keys its pool is given.
POOLS = (
    (SERVER_STANDARD, "0001", 40),
    (SERVER_STANDARD, "0003", 40),
    (SERVER_DATACENTER, "0003", 40),
    (SERVER_CAL, "0001", 120),
    (SERVER_2022, "0001", 40),
    (SQL_2019, "0002", 40),
    (OFFICE_2021, "0001", 40),
    (WINDOWS_7_UPDATES, "0001", 40),
)

_MIB = 1024 * 1024
BUILDS = (
    DemoBuild(SERVER_STANDARD, "2022", "en-US", "ISO x64", "windows-server-2022-en-us.iso", 192 * _MIB),
    DemoBuild(SERVER_STANDARD, "2022", "de-DE", "ISO x64", "windows-server-2022-de-de.iso", 3 * _MIB),
    DemoBuild(SERVER_STANDARD, "2022", "ja-JP", "ISO x64", "windows-server-2022-日本語.iso", 2 * _MIB),
    DemoBuild(SERVER_STANDARD, "2019", "en-US", "ISO x64", "windows-server-2019-en-us.iso", 2 * _MIB),
    DemoBuild(SERVER_STANDARD, "2019", "en-US", "VHD", "windows-server-2019-en-us.vhd", _MIB),
    DemoBuild(SERVER_DATACENTER, "2022", "en-US", "ISO x64", "windows-server-2022-datacenter-en-us.iso", 4 * _MIB),
    DemoBuild(SERVER_2022, "21H2", "en-US", "ISO x64", "windows-server-2022-21h2-en-us.iso", 3 * _MIB),
    DemoBuild(SERVER_2022, "21H2", "ja-JP", "ISO x64", "windows-server-2022-21h2-ja-jp.iso", 3 * _MIB),
    DemoBuild(SQL_2019, "2019", "en-US", "ISO x64", "sql-server-2019-standard-en-us.iso", 2 * _MIB),
    DemoBuild(OFFICE_2021, "2021", "pt-BR", "IMG", "office-ltsc-2021-pt-br.img", 2 * _MIB),
)

FOUNDED = timedelta(days=80)  # before the demo is loaded: when its people and customers were entered
ORDERS = (
    DemoOrder(timedelta(days=72), "contosobicycles.example", ((SQL_2019, "0002", 1), (SUSE, "0001", 2)), "PO-4471"),
    DemoOrder(timedelta(days=56), "contosobicycles.example", ((SERVER_STANDARD, "0003", 2),), "PO-4502", True),
    DemoOrder(timedelta(days=11), "wattle.example", ((SERVER_DATACENTER, "0003", 1),), with_link=True),
    DemoOrder(timedelta(days=33), "contosobicycles.example", ((WINDOWS_7_UPDATES, "0001", 25),), "PO-4519"),
    DemoOrder(timedelta(days=13), "sakurai.example", ((SERVER_2022, "0001", 1),), cancelled=timedelta(days=4)),
    DemoOrder(timedelta(days=12), "hanbit.example", ((RESERVED_VM, "0003", 1),)),
    DemoOrder(timedelta(days=9), "gulfpearl.example", ((SERVER_CAL, "0001", 10),), "KW/2291"),
    DemoOrder(timedelta(days=2), "nordlicht.example", ((SERVER_STANDARD, "0001", 4),)),
    DemoOrder(timedelta(days=1), "ipe.example", ((EXCHANGE_2019, "0001", 1), (OFFICE_2021, "0001", 3))),
    DemoOrder(timedelta(hours=5), "contosobicycles.example", ((SERVER_STANDARD, "0003", 1),), "PO-4533"),
)  # fmt: skip
