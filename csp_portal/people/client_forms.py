"""What a Global admin fills in about an API client."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activity.models.scope import MOST_CUSTOMERS
from csp_portal.accounts.models import NAME_LENGTH, ApiClient, User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.choices import offer
from csp_portal.people import named_customers
from csp_portal.text_errors import NO_SUCH_CHOICE, TEXT_ERRORS
from customers.domains import LONGEST_DOMAIN
from customers.models import Customer


class ClientForm(forms.Form):
    """The roles of a client and the customers that it is limited to; `seen` are the rights that the page showed."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={**NO_SUCH_CHOICE, "required": _("Choose at least one role.")},
        help_text=_("The program is held to them as a person is: keys, links and cancelling need an Admin agent."),
    )
    customers = forms.CharField(
        label=_("Customers that it is limited to"),
        required=False,
        max_length=MOST_CUSTOMERS * (LONGEST_DOMAIN + 2),
        error_messages=TEXT_ERRORS,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "One a line, by tenant GUID or primary domain. Empty: all. A client that is limited sees no invoices and "
            "manages no users."
        ),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, reader: User, client: ApiClient | None = None) -> None:
        self._visible = Customer.objects.visible_to(reader)
        super().__init__(data, initial=self._held(client))
        offer(self, "roles", [(role.value, role.label) for role in roles_of_side(reader.partner_id)])

    def _held(self, client: ApiClient | None) -> dict[str, Any]:
        if client is None:
            return {}
        roles = [held.role for held in client.user.held_roles]
        limit = named_customers.written(client.user.limited_to, self._visible)
        return {"roles": roles, "customers": limit, "seen": client.user.rights}

    def clean_customers(self) -> Any:
        """The customers on the lines; another partner's are as unknown as those that do not exist."""
        return named_customers.read(self.cleaned_data["customers"], self._visible)

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks for, as the services take it."""
        roles = [Role(role) for role in self.cleaned_data["roles"]]
        return {"roles": roles, "limited_to": self.cleaned_data["customers"]}

    def changed(self) -> dict[str, Any]:
        """The same of a client that stands."""
        return {**self.chosen(), "seen": self.cleaned_data["seen"]}


class NewClientForm(ClientForm):
    """The same, of a client that is to be made."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        error_messages=TEXT_ERRORS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        help_text=_("The program that will use it. It stands in the activity log with what the program does."),
    )
    field_order = ("name", "roles", "customers")
