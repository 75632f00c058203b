"""The rules in plain words with worked numbers, and the calculator (P2)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cancellations.rules_page import worked
from cancellations.rules_page.case import Case
from cancellations.rules_page.forms import EXAMPLE, CalculatorForm
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import start_of_day
from orders.billing.models import Account
from software.models import CancellationPolicy, PolicyVersion

CALCULATOR = "calculator"  # id of the part that htmx exchanges


@dataclass(frozen=True)
class Answer:
    """What the calculator says of a case under the terms of its purchase day."""

    case: Case
    version: PolicyVersion | None

    @property
    def window(self) -> worked.WorkedWindow | None:
        """How the day of cancelling stands to the window."""
        if self.version is None:
            return None
        return worked.WorkedWindow(self.version, start_of_day(self.case.start), start_of_day(self.case.cancelled))

    @property
    def month(self) -> date:
        """The invoice month, as long as that is open."""
        return Account().month_for(start_of_day(self.case.cancelled))


@require_safe
@role_required(Permission.SEE_RULES)
def rules(request: SignedInRequest) -> HttpResponse:
    """The page; with a case in the address, its answer. htmx is given the calculator alone."""
    sent = any(name in request.GET for name in EXAMPLE)
    form = CalculatorForm(request.GET if sent else EXAMPLE)
    context: dict[str, Any] = {"form": form, "answer": _answer(form)}
    if request.htmx.target == CALCULATOR:
        return render(request, "cancellations/rules/calculator.html", context)
    in_force = worked.policies_in_force(timezone.now())
    context |= {
        "policies": [in_force[policy] for policy in CancellationPolicy if policy in in_force],
        "link": worked.LINK,
        "windows": worked.windows(in_force[CancellationPolicy.SELF_SERVICE]),
        "prorated": worked.PRORATED,
        "taxed": worked.TAXED,
        "taxed_credit": worked.TAXED_CREDIT,
        "parts": worked.PARTS,
        "months": worked.MONTHS,
    }
    return render(request, "cancellations/rules.html", context)


def _answer(form: CalculatorForm) -> Answer | None:
    if not form.is_valid():
        return None
    case = form.case
    in_force = worked.policies_in_force(start_of_day(case.start))
    return Answer(case, in_force.get(CancellationPolicy.SELF_SERVICE))
