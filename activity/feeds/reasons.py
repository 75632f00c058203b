"""Why a feed is not made, changed or read (A6, P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

FEED_TOKEN_WRONG = Reason(
    code="feed_token_wrong",
    rule="A6",
    sentence=_("The activity log is read with the token of a feed. None was given, or it is not known or was revoked."),
    next_step=_("Send the header Authorization: Bearer TOKEN. A Global admin makes tokens on the page of feeds."),
    status=401,
)
CURSOR_UNREADABLE = Reason(
    code="cursor_unreadable",
    rule="A6",
    sentence=_("The cursor is none of this log."),
    next_step=_("Send nextCursor of the last answer as it was, or no cursor to begin with the first row kept."),
    status=400,
)
CURSOR_AHEAD = Reason(
    code="cursor_ahead",
    rule="A6",
    sentence=_("The cursor stands behind row %(position)s, and the log ends with row %(head)s."),
    next_step=_(
        "The log may have been restored from an earlier copy. Ask the operator, and begin where you know what you have."
    ),
    status=400,
)
CURSOR_STALE = Reason(
    code="cursor_stale",
    rule="A6",
    sentence=_("The cursor stands behind row %(position)s, and another row is there now than was read."),
    next_step=_("The log was restored from an earlier copy. Ask the operator, and begin where you know what you have."),
    status=400,
)
SIZE_WRONG = Reason(
    code="size_wrong",
    rule="A6",
    sentence=_("The size must be a whole number from 1 to %(most)s."),
    next_step=_("Send such a size, or none for %(usual)s rows."),
    status=400,
)
FEED_WITHOUT_NAME = Reason(
    code="feed_without_name",
    rule="A6",
    sentence=_("A token needs a name of at most %(longest)s characters."),
    next_step=_("Name the program that will read with it."),
    status=400,
)
FEED_NAME_TAKEN = Reason(
    code="feed_name_taken",
    rule="A6",
    sentence=_("A token with the name %(name)s stands already. It is not shown again."),
    next_step=_("Give this one another name, or revoke the other one first."),
)
TOO_MANY_FEEDS = Reason(
    code="too_many_feeds",
    rule="A6",
    sentence=_("Your organisation has %(limit)s tokens, and more cannot be made."),
    next_step=_("Revoke one that is not used any more."),
)
FEED_GONE = Reason(
    code="feed_gone",
    rule="A6",
    sentence=_("The token is revoked already, or none of your organisation's."),
    next_step=_("Choose one of those that the page lists as they are now."),
)
WEBHOOK_ADDRESS_WRONG = Reason(
    code="webhook_address_wrong",
    rule="A6",
    sentence=_("A webhook is sent to an address such as https://collector.partner.example/hook."),
    next_step=_("Give one that begins with https:// and holds no user name, password or #."),
    status=400,
)
WEBHOOK_PORT_WRONG = Reason(
    code="webhook_port_wrong",
    rule="A6",
    sentence=_("A webhook is sent to port %(allowed)s, and the address names port %(port)s."),
    next_step=_("Let the receiver listen at one of these ports, or put a proxy before it that does."),
    status=400,
)
WEBHOOK_HOST_UNKNOWN = Reason(
    code="webhook_host_unknown",
    rule="A6",
    sentence=_("The name %(host)s leads to no address on the internet."),
    next_step=_("Look whether it is written as in the DNS, and whether it is known outside your network."),
    status=400,
)
WEBHOOK_TARGET_PRIVATE = Reason(
    code="webhook_target_private",
    rule="A6",
    sentence=_("The name %(host)s leads to %(address)s, which is no address on the public internet."),
    next_step=_("Give the receiver a public address. The portal sends nothing into private networks."),
    status=400,
)
TOO_MANY_WEBHOOKS = Reason(
    code="too_many_webhooks",
    rule="A6",
    sentence=_("Your organisation has %(limit)s webhooks, and more cannot be made."),
    next_step=_("Give one that is not used any more another address."),
)
WEBHOOK_GONE = Reason(
    code="webhook_gone",
    rule="A6",
    sentence=_("The webhook is none of your organisation's."),
    next_step=_("Choose one of those that the page of feeds lists."),
    status=404,
)
WEBHOOK_CHANGED_MEANWHILE = Reason(
    code="webhook_changed_meanwhile",
    rule="A6",
    sentence=_("The webhook, which now goes to %(host)s, was changed after you opened it, so nothing was saved."),
    next_step=_("Look at it as it is now, and change it again if that is still needed."),
)
DELIVERY_NOT_DEAD = Reason(
    code="delivery_not_dead",
    rule="A6",
    sentence=_("Delivery %(sequence)s of this webhook was not given up, so there is nothing to send again."),
    next_step=_("See on the page of the webhook what became of it."),
)
WEBHOOK_OFF = Reason(
    code="webhook_off",
    rule="A6",
    sentence=_("The webhook %(url)s is switched off."),
    next_step=_("Switch it on first."),
)
