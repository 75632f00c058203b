"""What the form of the log asks for, as it may stand in an address."""

from collections.abc import Mapping

from activity.fields import HIDDEN_ADDRESS
from activity.models.scope import WHOLE_LOG
from csp_portal.accounts.models import User
from csp_portal.key_text import holds_key
from customers.models import Customer
from software.addresses import token_in
from software.models import DownloadLink


def without_secrets(asked: Mapping[str, str], reader: User) -> dict[str, str]:
    """What was given, but no product key, and the id of a link in the place of its copied address (K2, K5).

    Both would stay in histories and logs. An address that is no visible link's is only told to have been one.
    """
    given = {name: value.strip() for name, value in asked.items()}
    kept = {name: value for name, value in given.items() if value and not holds_key(value)}
    if token := token_in(kept.get("link", "")):
        kept["link"] = _id_of(token, reader)
    return kept


def _id_of(token: str, reader: User) -> str:
    """The public id of the link, if it is one of a customer about whom the reader may read."""
    customers = Customer.objects.visible_to(reader).within(reader.log_scope or WHOLE_LOG)
    try:
        return str(DownloadLink.objects.filter(purchase__customer__in=customers).from_token(token).public_id)
    except DownloadLink.DoesNotExist:
        return HIDDEN_ADDRESS
