"""What partners of the demo asked support for, in every status, and what came of it."""

from dataclasses import dataclass

from cancellations.support.models import DenialReason, Impact, ProblemType, RefundReason, RequestLanguage
from csp_portal.demo.moments import Moment, ago

SAM, SUN_HEE = "support@operator.example", "sunhee@operator.example"  # the operator's support agents


@dataclass(frozen=True)
class DemoStep:
    """What was done next with a request, by whom of support; without one, by who had filed it."""

    at: Moment
    does: str  # claims, answers, asks, notes, replies, approves, denies, closes
    text: str = ""
    by: str = ""
    reason: DenialReason = DenialReason.OTHER


@dataclass(frozen=True)
class DemoRequest:
    """A request: about a customer's order, known by its purchase order number, or about none; and its steps."""

    key: str  # of the form that filed it, by which a second run knows it
    filed: Moment
    customer: str
    title: str
    description: str
    order: str = ""
    problem: ProblemType = ProblemType.REFUND
    impact: Impact = Impact.MODERATE
    reason: RefundReason = RefundReason.WRONG_PRODUCT
    language: RequestLanguage = RequestLanguage.ENGLISH
    contact: str = "Alex Agent"
    steps: tuple[DemoStep, ...] = ()


REQUESTS = (
    # Approved, in Korean.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000001", ago(days=16), "hanbit.example", "예약 지역을 잘못 선택했습니다",
        "고객이 다른 지역의 예약이 필요합니다. 환불을 요청합니다.", "HB-1098",
        language=RequestLanguage.KOREAN, contact="김민준",
        steps=(
            DemoStep(ago(days=16, hours=-3), "claims", by=SUN_HEE),
            DemoStep(ago(days=16, hours=-4), "asks", "어느 지역이 필요하십니까?", SUN_HEE),
            DemoStep(ago(days=15), "replies", "한국 중부 지역입니다."),
            DemoStep(ago(days=14), "approves", "환불이 승인되었습니다. 크레딧은 다음 청구서에 표시됩니다.", SUN_HEE),
        ),
    ),
    # Denied.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000002", ago(days=24), "contosobicycles.example", "Updates no longer needed",
        "The customer moved to a newer version and asks for its money back.", "PO-4508",
        reason=RefundReason.NOT_NEEDED, impact=Impact.MINIMAL,
        steps=(
            DemoStep(ago(days=23), "claims", by=SAM),
            DemoStep(ago(days=23, hours=-1), "notes", "All keys were exported the day after the order.", SAM),
            DemoStep(ago(days=22), "denies", "The updates were installed.", SAM, DenialReason.SOFTWARE_USED),
        ),
    ),
    # Approved by the first of two agents.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000003", ago(days=3), "contosobicycles.example", "Ordered for the wrong year",
        "We meant the updates of the year after. Nothing was installed.", "PO-4519",
        steps=(
            DemoStep(ago(days=2), "claims", by=SAM),
            DemoStep(ago(days=1), "approves", "The refund is approved.", SAM),
        ),
    ),
    # Action required.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000004", ago(days=5), "hanbit.example", "Reservation bought twice",
        "The second reservation was ordered by mistake.", "HB-1120", reason=RefundReason.BY_MISTAKE,
        steps=(
            DemoStep(ago(days=4), "claims", by=SAM),
            DemoStep(ago(days=4, hours=-2), "asks", "Is any virtual machine running on this reservation?", SAM),
        ),
    ),
    # In progress, in Chinese.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000005", ago(days=2), "haifeng.example", "密钥无法激活",
        "客户输入密钥后提示无效。", "HF-2020-17", ProblemType.KEYS,
        language=RequestLanguage.CHINESE, contact="王小明",
        steps=(
            DemoStep(ago(days=1), "claims", by=SUN_HEE),
            DemoStep(ago(hours=20), "answers", "我们正在检查，谢谢您的耐心。", SUN_HEE),
        ),
    ),
    # Overdue and nobody's; new; closed by the partner.
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000006", ago(days=6), "nordlicht.example", "Download breaks off at 3 GB",
        "The site's line is slow, and each try starts again.", "", ProblemType.DOWNLOADS, Impact.CRITICAL,
        contact="Otto Fremd",
    ),
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000007", ago(hours=2), "saffronloom.example", "Invoice address has changed",
        "Which invoices carry the new address?", "", ProblemType.INVOICES, Impact.MINIMAL,
    ),
    DemoRequest(
        "5f1d6e0a-5a55-4c7e-9a30-000000000008", ago(days=9), "wattle.example", "Link does not open",
        "A colleague says that the link is dead.", "", ProblemType.DOWNLOADS,
        steps=(DemoStep(ago(days=9, hours=-1), "closes", "It was a typing error. Thank you."),),
    ),
)  # fmt: skip

# Above which credit a second agent approves: about the same worth in all currencies, as a part of the credit limit.
THRESHOLD = 250
HOLIDAYS = (
    (1, 1, "New Year's Day"),
    (5, 1, "Labour Day"),
    (12, 25, "Christmas Day"),
    (12, 26, "Boxing Day"),
)  # month, day and name
