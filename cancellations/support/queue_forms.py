"""Which requests the queue lists, and to whom some of them are given (S5)."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cancellations.support.models import Impact, ProblemType, RequestLanguage, RequestStatus, SupportRequest
from cancellations.support.models.requests import SupportRequestQuerySet
from cancellations.support.queue import SavedView, Sorting, counts
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission
from csp_portal.choices import offer
from csp_portal.navigation import Tab
from csp_portal.pagination import MOST_ROWS_COUNTED
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from csp_portal.typed_text import one_line
from customers.models import Customer
from orders.models.order import order_number_of

NOBODY = "none"  # as an owner


def agents(reader: User) -> list[User]:
    """The colleagues who triage, by name."""
    return list(User.objects.visible_to(reader).who_may(Permission.TRIAGE).order_by("name", "email"))


def _choice(label: Any, choices: Any = ()) -> forms.ChoiceField:
    offered = [("", _("Any")), *choices]
    return forms.ChoiceField(label=label, choices=offered, required=False, error_messages=NO_SUCH_CHOICE)


class QueueForm(forms.Form):
    """What is wrong with a field leaves it out."""

    view = forms.ChoiceField(choices=SavedView.choices, required=False, widget=forms.HiddenInput)
    find = forms.CharField(  # not `q`, which is the search above every page
        label=_("Number, title, partner, customer or order number"),
        required=False,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    partner = _choice(_("Partner"))
    status = _choice(_("Status"), RequestStatus.choices)
    impact = _choice(_("Impact"), Impact.choices)
    problem = _choice(_("Type of problem"), ProblemType.choices)
    language = _choice(_("Reply in"), RequestLanguage.choices)
    owner = _choice(_("Owner"))
    sort = forms.ChoiceField(label=_("Sort by"), choices=Sorting.choices, required=False, error_messages=NO_SUCH_CHOICE)

    def __init__(self, data: Any, *, reader: User, agents: list[User], now: datetime) -> None:
        super().__init__(data)
        self.reader, self.now = reader, now
        partners = Partner.objects.values_list("public_id", "legal_name").order_by("legal_name", "pk")
        offer(self, "partner", [("", _("Any")), *((str(public_id), name) for public_id, name in partners)])
        named = [(str(agent.public_id), agent.name) for agent in agents]
        offer(self, "owner", [("", _("Anybody or nobody")), (NOBODY, _("Nobody")), *named])
        self.is_valid()

    @property
    def shown(self) -> SavedView:
        return SavedView(self.cleaned_data.get("view", ""))

    @property
    def is_used(self) -> bool:
        """Whether more was asked for than a view, in an order."""
        return any(value for name, value in self.cleaned_data.items() if name not in ("view", "sort"))

    def found(self) -> SupportRequestQuerySet:
        """The requests that fit, in the order that was asked for."""
        requests: SupportRequestQuerySet = SupportRequest.objects.visible_to(self.reader)
        asked = self.cleaned_data
        requests = self.shown.of(requests, self.reader, self.now).filter(self._as_filter)
        if text := one_line(asked.get("find", "")):
            requests = requests.filter(_holding(text, self.reader))
        return requests.order_by(*self._order)

    def rows(self, shown: Any) -> SupportRequestQuerySet:
        """The requests of a page with all that a row names.

        Looked up by their keys: in one query with the search the database would join thousands of rows to show 25.
        """
        found: SupportRequestQuerySet = SupportRequest.objects.filter(pk__in=list(shown.values_list("pk", flat=True)))
        return found.with_names().order_by(*self._order)

    @property
    def _order(self) -> tuple[str, ...]:
        """As asked; what is over is due no more, and stands with the newest first."""
        asked = Sorting(self.cleaned_data.get("sort", ""))
        return (Sorting.NEWEST if self.shown == SavedView.ENDED and not asked.value else asked).fields

    @property
    def _as_filter(self) -> Q:
        """What was chosen in the drop-downs."""
        columns = {"partner": "partner__public_id", "owner": "owner__public_id"}
        columns |= {name: name for name in ("status", "impact", "problem", "language")}
        chosen = {column: value for name, column in columns.items() if (value := self.cleaned_data.get(name))}
        if chosen.get("owner__public_id") == NOBODY:
            chosen["owner__public_id"] = None
        return Q(**chosen)

    def tabs(self) -> list[Tab]:
        """The saved views, each with what it holds, whatever else is asked for."""
        held = counts(self.reader, self.now)
        return [Tab(_tab(view, held[view]), _address_of(view), view == self.shown) for view in SavedView]


def _tab(view: SavedView, count: int) -> str:
    if count > MOST_ROWS_COUNTED:
        return gettext("%(view)s (10,000+)") % {"view": view.label}
    return gettext("%(view)s (%(count)s)") % {"view": view.label, "count": f"{count:,}"}


def _address_of(view: SavedView) -> str:
    query = f"?{urlencode({'view': view.value})}" if view.value else ""
    return f"{reverse('queue:list')}{query}"


def _holding(text: str, reader: User) -> Q:
    """Requests whose number or order's number `text` is, or that hold it in title, partner or customer."""
    found = (
        Q(number=text) | Q(title__icontains=text) | Q(partner__in=Partner.objects.filter(legal_name__icontains=text))
    )
    found |= Q(customer__in=Customer.objects.matching(text))
    if number := order_number_of(text):
        found |= Q(order_line__order__number=number)
    return found


class AgentForm(forms.Form):
    """To whom something is assigned."""

    agent = forms.ChoiceField(
        label=_("Assign to"),
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose to whom.")},
    )

    def __init__(self, data: Any = None, *, agents: list[User]) -> None:
        super().__init__(data)
        named = [(str(agent.public_id), f"{agent.name} ({agent.email})") for agent in agents]
        offer(self, "agent", [("", _("Choose a colleague")), *named])

    @property
    def chosen(self) -> UUID:
        """The public id of the colleague."""
        return UUID(self.cleaned_data["agent"])
