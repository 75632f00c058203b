"""Cancellation policies, as versioned data: an order line pins the version in force when it was bought (C1)."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from software import window

MOST_WINDOW_DAYS = 3650  # ten years: longer than any term that is sold


class CancellationPolicy(models.TextChoices):
    SELF_SERVICE = "self_service", _("self-service")
    SUPPORT_ONLY = "support_only", _("support request only")
    NEVER = "never", _("never")

    @property
    def is_never(self) -> bool:
        return self == CancellationPolicy.NEVER

    @property
    def is_support_only(self) -> bool:
        return self == CancellationPolicy.SUPPORT_ONLY


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def in_force(self, day: date) -> Self:
        """For each policy the version that counts on `day` (UTC): the one that started last."""
        return self.filter(valid_from__lte=day).order_by("policy", "-valid_from", "-version").distinct("policy")

    def with_followed(self, day: date) -> Self:
        """Each with `followed`: whether another version of its policy counts in its place on `day` (UTC)."""
        later = Q(valid_from__gt=OuterRef("valid_from"))
        later |= Q(valid_from=OuterRef("valid_from"), version__gt=OuterRef("version"))
        begun = PolicyVersion.objects.filter(policy=OuterRef("policy"), valid_from__lte=day)
        return self.annotate(followed=Exists(begun.filter(later)))


class PolicyVersion(models.Model):
    """One version of a cancellation policy; `window_days` is how many days after the purchase day stay open.

    A version never changes. One that has begun, or that an order line has pinned, is never removed either: a trigger
    and the line's foreign key hold it.
    """

    reference_data = True

    policy = models.CharField(_("policy"), max_length=12, choices=CancellationPolicy.choices)
    version = models.PositiveSmallIntegerField(_("version"))
    window_days = models.PositiveSmallIntegerField(_("days after the purchase day"), null=True)
    valid_from = models.DateField(_("valid from (UTC)"))

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a cancellation policy")
        verbose_name_plural = _("versions of cancellation policies")
        constraints = (
            models.UniqueConstraint("policy", "version", name="software_policy_version_once"),
            models.CheckConstraint(
                condition=Q(policy=CancellationPolicy.NEVER, window_days=None)
                | (~Q(policy=CancellationPolicy.NEVER) & Q(window_days__isnull=False)),
                name="software_policy_window_unless_never",
            ),
            models.CheckConstraint(
                condition=Q(window_days=None) | Q(window_days__lte=MOST_WINDOW_DAYS),
                name="software_policy_window_short",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_policy_display()}, version {self.version}"

    def has_begun(self, day: date) -> bool:
        """Whether it has counted on `day` (UTC) or before."""
        return self.valid_from <= day

    def last_day(self, purchased_at: datetime) -> date | None:
        """The last day (UTC) on which what was bought at `purchased_at` can be cancelled; None if it never can."""
        return None if self.window_days is None else window.last_day(purchased_at, self.window_days)

    def window_closes_at(self, purchased_at: datetime) -> datetime | None:
        """The exclusive instant at which the window closes (C2); None if it never opens."""
        return None if self.window_days is None else window.closes_at(purchased_at, self.window_days)
