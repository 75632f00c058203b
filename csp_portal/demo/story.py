"""What happened in the demo: orders on both sides of every boundary, under every policy, with their links."""

from dataclasses import dataclass
from datetime import timedelta

from csp_portal.demo.goods import (
    EXCHANGE_2019,
    OFFICE_2021,
    RED_HAT,
    RESERVED_VM,
    SERVER_2022,
    SERVER_CAL,
    SERVER_DATACENTER,
    SERVER_STANDARD,
    SQL_2019,
    SUSE,
    WINDOWS_7_UPDATES,
)
from csp_portal.demo.moments import Moment, ago, first_second, last_second, month_start, year_ends_in
from software.models import LINK_DOWNLOADS

FOUNDED = timedelta(days=400)  # before the demo is loaded: when its people and customers were entered


@dataclass(frozen=True)
class DemoLabel:
    """A link with a label beside the one without, and how many downloads were made with it."""

    label: str
    downloads: int = 1
    revoked: bool = False


@dataclass(frozen=True)
class DemoLink:
    """A link to the product's newest build, how many downloads were made with it, and the labelled ones beside it."""

    made: Moment
    downloads: int = 1
    labelled: tuple[DemoLabel, ...] = ()


@dataclass(frozen=True)
class DemoOrder:
    """What a customer ordered and when; `number` is its purchase order number, by which a second run knows it."""

    placed: Moment
    customer: str
    skus: tuple[tuple[str, str, int], ...]
    number: str
    link: DemoLink | None = None
    exported: Moment | None = None  # all its keys
    cancelled: Moment | None = None


ORDERS = (
    # Terms: one that is over, one that ends in 30 days, one of three years.
    DemoOrder(ago(days=380), "contosobicycles.example", ((SERVER_STANDARD, "0001", 1),), "PO-4102"),
    DemoOrder(year_ends_in(30), "thistle.example", ((SERVER_STANDARD, "0001", 2),), "TS-0088"),
    DemoOrder(ago(days=200), "sakurai.example", ((SERVER_DATACENTER, "0004", 2),), "桜-2417"),
    # The window of 60 days: closed with the end of yesterday; today is the last day, twice; seven days left or fewer.
    DemoOrder(last_second(61), "contosobicycles.example", ((SQL_2019, "0002", 1),), "PO-4471"),
    DemoOrder(first_second(60), "sermeq.example", ((SERVER_STANDARD, "0001", 1),), "SF-301"),
    DemoOrder(last_second(60), "northernloon.example", ((OFFICE_2021, "0001", 2),), "NL-7715"),
    DemoOrder(
        ago(days=56), "contosobicycles.example", ((SERVER_STANDARD, "0003", 2),), "PO-4502", DemoLink(ago(days=20)),
    ),
    # Only by support request, in time and too late; never.
    DemoOrder(
        ago(days=33), "contosobicycles.example", ((WINDOWS_7_UPDATES, "0001", 25),), "PO-4519",
        exported=ago(days=32),
    ),
    DemoOrder(ago(days=75), "saffronloom.example", ((WINDOWS_7_UPDATES, "0001", 4),), "SL/19/204"),
    # That refunds were asked for, one approved and one denied (`asked.py`).
    DemoOrder(ago(days=18), "hanbit.example", ((RESERVED_VM, "0003", 1),), "HB-1098"),
    DemoOrder(
        ago(days=27), "contosobicycles.example", ((WINDOWS_7_UPDATES, "0001", 4),), "PO-4508",
        exported=ago(days=26),
    ),
    DemoOrder(ago(days=12), "hanbit.example", ((RESERVED_VM, "0003", 1),), "HB-1120"),
    DemoOrder(ago(days=72), "contosobicycles.example", ((SUSE, "0001", 2),), "PO-4466"),
    DemoOrder(ago(days=10), "gletscherblick.example", ((RED_HAT, "0001", 3),), "GB-55"),
    # Cancelled: on the day it was bought, after some days, perpetual software, over the end of a month, and in a month
    # in which nothing else was bought, so that its invoice is negative.
    DemoOrder(
        ago(days=21), "gulfpearl.example", ((SERVER_STANDARD, "0001", 1),), "KW/2285",
        cancelled=ago(days=21, hours=-0.5),
    ),
    DemoOrder(
        ago(days=13), "sakurai.example", ((SERVER_2022, "0001", 1),), "桜-2502",
        DemoLink(ago(days=12)), cancelled=ago(days=4),
    ),
    DemoOrder(ago(days=6), "ipe.example", ((SERVER_2022, "0001", 1),), "IPE-31", cancelled=ago(days=2)),
    DemoOrder(
        month_start(seconds=-1), "wattle.example", ((SERVER_STANDARD, "0001", 1),), "WB-0411",
        cancelled=month_start(),
    ),
    DemoOrder(
        month_start(1, days=-5), "uhrwerk.example", ((SERVER_STANDARD, "0001", 3),), "UB-9",
        cancelled=month_start(1, days=9),
    ),
    # Links: nearly used up, used up, in its last hours, fresh.
    DemoOrder(
        ago(days=11), "wattle.example", ((SERVER_DATACENTER, "0003", 1),), "WB-0419",
        DemoLink(ago(days=11, hours=-1), downloads=41),
    ),
    DemoOrder(
        ago(days=8), "sakurai.example", ((SERVER_2022, "0001", 1),), "桜-2519",
        DemoLink(ago(days=7), downloads=LINK_DOWNLOADS),
    ),
    DemoOrder(
        ago(days=15), "thistle.example", ((SERVER_STANDARD, "0003", 1),), "TS-0101", DemoLink(ago(days=13, hours=14)),
    ),
    # Tiers of quantity, keys that have to be waited for, and what was bought lately.
    DemoOrder(ago(days=9), "gulfpearl.example", ((SERVER_CAL, "0001", 10),), "KW/2291"),
    DemoOrder(ago(days=5), "saffronloom.example", ((SERVER_CAL, "0001", 100),), "SL/19/229"),
    DemoOrder(ago(days=3), "haifeng.example", ((OFFICE_2021, "0001", 5),), "HF-2020-17"),
    DemoOrder(ago(days=4), "ambervineyards-group.example", ((SERVER_2022, "0001", 1),), "WT-2001"),
    DemoOrder(ago(days=2), "nordlicht.example", ((SERVER_STANDARD, "0001", 4),), "NW-118"),
    DemoOrder(ago(days=1), "ipe.example", ((EXCHANGE_2019, "0001", 1), (OFFICE_2021, "0001", 3)), "IPE-33"),
    DemoOrder(
        ago(hours=5), "contosobicycles.example", ((SERVER_STANDARD, "0003", 1),), "PO-4533",
        DemoLink(
            ago(hours=4), downloads=3,
            labelled=(DemoLabel("Branch Portland", downloads=7), DemoLabel("Jo Berg, contractor", 2, revoked=True)),
        ),
    ),
)  # fmt: skip
