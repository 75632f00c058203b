"""What a partner asked the operator's support for (S1, S2, S4)."""

import secrets
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import NAME_LENGTH, Partner, User
from csp_portal.calendar_utc import months_before
from csp_portal.money import AmountField
from customers.models import Customer
from orders.models import OrderLine

NUMBER_DIGITS = 15  # as the Partner Center API numbers its service requests
LONGEST_TITLE = 200  # characters
LONGEST_TEXT = 10_000  # characters of a description, a reply or a note
CONTACT_KEPT_MONTHS = 24  # after it was decided or closed, and its files as long


def new_request_number() -> str:
    """A number that tells nothing about other requests: 15 digits, the first of them not 0."""
    return str(10 ** (NUMBER_DIGITS - 1) + secrets.randbelow(9 * 10 ** (NUMBER_DIGITS - 1)))


class ProblemType(models.TextChoices):
    REFUND = "refund", _("CSP Purchase/Refund on behalf of customers")
    KEYS = "keys", _("Keys and activation")
    DOWNLOADS = "downloads", _("Downloads and links")
    INVOICES = "invoices", _("Invoices and payments")
    USERS = "users", _("Users, roles and sign-in")
    OTHER = "other", _("Something else")


class Impact(models.TextChoices):
    """How much hangs on it; with it the time until it is due is set."""

    CRITICAL = "critical", _("Critical: work has stopped")
    MODERATE = "moderate", _("Moderate: work is hindered")
    MINIMAL = "minimal", _("Minimal: work goes on")


class RefundReason(models.TextChoices):
    BY_MISTAKE = "by_mistake", _("Ordered by mistake")
    WRONG_PRODUCT = "wrong_product", _("Wrong product or edition")
    WRONG_QUANTITY = "wrong_quantity", _("Wrong quantity")
    WRONG_CUSTOMER = "wrong_customer", _("Ordered for the wrong customer")
    DOES_NOT_WORK = "does_not_work", _("Does not work as described")
    NOT_NEEDED = "not_needed", _("The customer does not need it any more")
    OTHER = "other", _("Another reason")


class RequestLanguage(models.TextChoices):
    """In which language the operator replies."""

    ENGLISH = "en", _("English")
    CHINESE = "zh-hans", _("Chinese (simplified)")
    KOREAN = "ko", _("Korean")


class RequestStatus(models.TextChoices):
    NEW = "new", _("new")
    IN_PROGRESS = "in_progress", _("in progress")
    ACTION_REQUIRED = "action_required", _("action required")
    APPROVED = "approved", _("approved")
    DENIED = "denied", _("denied")
    CLOSED = "closed", _("closed")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        tones = {RequestStatus.ACTION_REQUIRED: "waiting", RequestStatus.APPROVED: "good", RequestStatus.DENIED: "bad"}
        return tones.get(self, "neutral")

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to do something."""
        return self in OPEN_STATUSES


OPEN_STATUSES = (RequestStatus.NEW, RequestStatus.IN_PROGRESS, RequestStatus.ACTION_REQUIRED)


class SupportRequestQuerySet(models.QuerySet["SupportRequest"]):
    def visible_to(self, user: User) -> Self:
        """A partner's users see their own partner's; the operator's staff, who triage, those of every partner.

        An API client that is limited to customers sees those about them.
        """
        if not user.partner_id:
            return self
        of_partner = self.filter(partner_id=user.partner_id)
        return of_partner.filter(customer__tenant_id__in=user.limited_to) if user.limited_to else of_partner

    def open(self) -> Self:
        """Neither decided nor closed."""
        return self.filter(status__in=OPEN_STATUSES)

    def contact_over(self, now: datetime) -> Self:
        """Ended 24 months ago or earlier, and still with its contact and files (X6)."""
        return self.filter(contact_removed_at=None, ended_at__lte=months_before(now, CONTACT_KEPT_MONTHS))

    def with_files_counted(self) -> Self:
        """Each with how many files it has, and how many bytes they are."""
        return self.annotate(file_count=Count("attachments"), file_bytes=Coalesce(Sum("attachments__size"), 0))

    def refunds(self) -> Self:
        return self.filter(problem=ProblemType.REFUND)

    def locked(self, number: str) -> "SupportRequest":
        """The request with this number, locked, and then its names as they are: what is joined to a row that is
        waited for is as it was before. Raises SupportRequest.DoesNotExist.
        """
        request = self.select_for_update().get(number=number)
        return SupportRequest.objects.with_names().get(pk=request.pk)

    def newest_first(self) -> Self:
        return self.order_by("-filed_at", "-pk")

    def with_approval(self) -> Self:
        """Each with the approval that stands, and who gave it first, where there is one."""
        stands = models.FilteredRelation("approvals", condition=Q(approvals__withdrawn_at=None))
        return self.annotate(standing=stands).select_related("standing__first_by")

    def with_names(self) -> Self:
        """With all that a list and the log name."""
        return self.select_related(
            "partner",
            "customer",
            "filed_by",
            "owner",
            "order_line__order__customer",
            "order_line__purchase__sku__product",
        )

    def for_decision(self) -> Self:
        """With all that the page on which it is decided shows of its line."""
        named = self.with_names().select_related("order_line__policy_version")
        return named.prefetch_related("order_line__cancellations")


class SupportRequest(models.Model):
    """A request of a partner. A refund names a line, the units, and what is asked for them; judged as of `filed_at`.

    `amount_requested` is net of tax where the line's price excludes tax, gross where it includes it (R2), and at most
    `creditable`, what could be credited for these units when it was filed. `due_at` follows from the events. The
    contact is empty from `contact_removed_at` on; all else stays (X6).
    """

    number = models.CharField(max_length=NUMBER_DIGITS, unique=True, default=new_request_number, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="support_requests")
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    form_id = models.UUIDField(null=True)  # of the form that filed it: sent twice, it files once
    problem = models.CharField(_("type of problem"), max_length=20, choices=ProblemType.choices)
    impact = models.CharField(_("impact"), max_length=20, choices=Impact.choices)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    description = models.TextField(_("description"), max_length=LONGEST_TEXT)
    language = models.CharField(
        _("reply in"), max_length=10, choices=RequestLanguage.choices, default=RequestLanguage.ENGLISH
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, related_name="support_requests"
    )  # null: it is about none of them
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, related_name="support_requests"
    )  # null: it is about no order
    refund_reason = models.CharField(_("refund reason"), max_length=20, choices=RefundReason.choices, blank=True)
    quantity = models.PositiveIntegerField(_("units"), null=True)
    creditable = AmountField(null=True)
    amount_requested = AmountField(_("amount requested"), null=True)
    notice_version = models.PositiveSmallIntegerField(null=True)  # of the Important message that was accepted with it
    contact_name = models.CharField(_("name"), max_length=NAME_LENGTH)
    contact_email = models.EmailField(_("e-mail"))
    contact_phone = models.CharField(_("phone"), max_length=50, blank=True)
    status = models.CharField(max_length=20, choices=RequestStatus.choices, default=RequestStatus.NEW)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)  # null: nobody of the operator has to do anything now
    changed_at = models.DateTimeField()
    first_reply_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # decided or closed
    contact_removed_at = models.DateTimeField(null=True)  # and its files; null: they are still kept

    # of one that was fetched `with_approval`, where one stands
    standing: Any = None

    # of one that was fetched `with_files_counted`
    file_count: int
    file_bytes: int

    objects = SupportRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-filed_at", "-pk")
        constraints = (
            models.UniqueConstraint("filed_by", "form_id", name="support_form_files_once"),
            models.UniqueConstraint(
                "order_line",
                condition=Q(problem=ProblemType.REFUND, status__in=OPEN_STATUSES),
                name="support_open_refund_once",
            ),
            models.CheckConstraint(
                condition=~Q(problem=ProblemType.REFUND)
                | Q(
                    order_line__isnull=False,
                    customer__isnull=False,
                    quantity__gt=0,
                    amount_requested__gte=0,
                    amount_requested__lte=models.F("creditable"),
                    notice_version__isnull=False,
                )
                & ~Q(refund_reason=""),
                name="support_refund_says_what",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES, ended_at=None)
                | Q(
                    status__in=(RequestStatus.APPROVED, RequestStatus.DENIED, RequestStatus.CLOSED),
                    ended_at__isnull=False,
                    due_at=None,
                ),
                name="support_request_ended_with_instant",
            ),
            models.CheckConstraint(
                condition=~Q(status=RequestStatus.ACTION_REQUIRED) | Q(due_at=None),
                name="support_request_pauses",
            ),
            models.CheckConstraint(
                condition=Q(contact_removed_at=None)
                | Q(ended_at__isnull=False, contact_name="", contact_email="", contact_phone=""),
                name="support_contact_removed_whole",
            ),
        )
        indexes = (
            models.Index(fields=["partner", "-filed_at"], name="support_request_by_partner"),
            models.Index(fields=["customer", "-filed_at"], name="support_request_by_customer"),
            models.Index("due_at", "id", condition=Q(status__in=OPEN_STATUSES), name="support_request_open_by_due"),
            models.Index("filed_at", "id", name="support_request_by_filing"),
            models.Index("owner", "due_at", condition=Q(status__in=OPEN_STATUSES), name="support_request_by_owner"),
            models.Index("ended_at", "id", condition=Q(contact_removed_at=None), name="support_request_contact_kept"),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.title}"

    def get_absolute_url(self) -> str:
        """Where the partner reads it."""
        return reverse("support:request", args=[self.number])

    @property
    def state(self) -> RequestStatus:
        return RequestStatus(self.status)

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to do something."""
        return self.state.is_open

    @property
    def contact_kept_months(self) -> int:
        """For how long after its end the contact and the files are kept."""
        return CONTACT_KEPT_MONTHS

    @property
    def is_refund(self) -> bool:
        return self.problem == ProblemType.REFUND

    @property
    def currency(self) -> str:
        """Of the amounts of a refund; empty where it is about no order."""
        return self.order_line.order.currency if self.order_line else ""

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        about = self.order_line or self.customer
        subject = about.log_subject() if about else {}
        return {**subject, "partner_id": self.partner_id, "details": {"request": self.number}}
