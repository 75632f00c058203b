"""What the operator has set for support: opening hours, holidays, how soon a request is due, reply templates (S5)."""

from datetime import time

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cancellations.support.models.requests import LONGEST_TEXT, Impact, RequestLanguage

MIDNIGHT = time(0)


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningSpan(models.Model):
    """Hours of a weekday in which support works, in the operator's zone (SUPPORT_TIME_ZONE).

    What closes at 00:00 is open until the day is over; a night is told as two spans.
    """

    reference_data = True

    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ("weekday", "opens")
        constraints = (
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes=MIDNIGHT), name="support_span_ordered"
            ),
            models.UniqueConstraint("weekday", "opens", name="support_span_once"),
        )

    def __str__(self) -> str:
        return f"{Weekday(self.weekday).label} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Holiday(models.Model):
    """A day on which support does not work."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


class ResponseTarget(models.Model):
    """How many business hours support has for a request of one impact."""

    reference_data = True

    impact = models.CharField(_("impact"), max_length=20, choices=Impact.choices, unique=True)
    hours = models.PositiveSmallIntegerField(_("business hours"))

    class Meta:
        verbose_name = _("response target")
        verbose_name_plural = _("response targets")
        ordering = ("hours",)
        constraints = (models.CheckConstraint(condition=Q(hours__gt=0), name="support_target_not_zero"),)

    def __str__(self) -> str:
        return f"{Impact(self.impact).label}: {self.hours}"


class ReplyTemplate(models.Model):
    """Words for a reply, in one language; `{{ customer }}` and its like are filled in when it is chosen (S5)."""

    reference_data = True

    name = models.CharField(_("name"), max_length=100)
    language = models.CharField(_("language"), max_length=10, choices=RequestLanguage.choices)
    text = models.TextField(_("text"), max_length=LONGEST_TEXT)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ("name", "language")
        constraints = (models.UniqueConstraint("name", "language", name="support_template_once"),)

    def __str__(self) -> str:
        return f"{self.name} ({RequestLanguage(self.language).label})"
