"""The figures of support, as charts and as tables with the same numbers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cancellations.support.figures import PERIODS, Figures
from cancellations.support.models import OPEN_STATUSES
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest


@require_safe
@role_required(Permission.SEE_SUPPORT_FIGURES)
def figures(request: SignedInRequest) -> HttpResponse:
    """How support does; `?days=` looks back further, and what is no such period shows the first."""
    typed = request.GET.get("days", "")
    days = next((period for period in PERIODS if str(period) == typed), PERIODS[0])
    found = Figures(timezone.now(), days)
    context = {
        "figures": found,
        "periods": PERIODS,
        "statuses": OPEN_STATUSES,
        "charts": {"open": _open_chart(found), "months": _month_chart(found)},
    }
    return render(request, "queue/figures.html", context)


def _open_chart(found: Figures) -> dict[str, Any]:
    """Open requests by age, a colour for each status."""
    return {
        "labels": [str(age.label) for age in found.open],
        "series": [
            {"label": str(status.label), "values": list(counts)}
            for status, counts in zip(OPEN_STATUSES, zip(*(age.counts for age in found.open), strict=True), strict=True)
        ],
    }


def _month_chart(found: Figures) -> dict[str, Any]:
    """What was filed and how it ended, month by month."""
    names = {"filed": _("filed"), "approved": _("approved"), "denied": _("denied"), "closed": _("closed")}
    return {
        "labels": [formats.date_format(month.month, "YEAR_MONTH_FORMAT") for month in found.months],
        "series": [
            {"label": label, "values": [getattr(month, name) for month in found.months]}
            for name, label in names.items()
        ],
    }
