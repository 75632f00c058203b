"""Domain names: what a customer's primary domain may be, and the one way in which it is kept (U1)."""

import re

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Text

LONGEST_DOMAIN = 253  # characters, as DNS carries it
_LONGEST_PART = 63
_PART = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NO_DOMAIN_AT_ALL = re.compile(r"[\s/@:\\]")


def domain_name(text: str) -> str:
    """The domain that `text` names, in small letters and, where it is an international one, in its own script.

    `Contoso.COM.`, `contoso。com` and `xn--…` each come out as the one form in which they are compared.
    Raises ValidationError with what is wrong.
    """
    if _NO_DOMAIN_AT_ALL.search(text.strip()):
        raise _wrong(_("Give the domain alone, such as contoso.com: without https://, path, @ or spaces."))
    try:
        mapped = idna.uts46_remap(text.strip(), std3_rules=False).removesuffix(".")
    except idna.IDNAError as error:
        raise _wrong(_("A domain holds letters, digits, hyphens and dots only, such as contoso.com.")) from error
    parts = mapped.split(".")
    if len(parts) < 2 or parts[-1].isdigit():
        raise _wrong(_("A domain ends in a name such as .com or .example; this does not."))
    read = [_read_part(part) for part in parts]
    if len(".".join(carried for _shown, carried in read)) > LONGEST_DOMAIN:
        raise _wrong(_("This is too long: a domain has at most %(most)d characters."), most=LONGEST_DOMAIN)
    return ".".join(shown for shown, _carried in read)


def _read_part(part: str) -> tuple[str, str]:
    """A part between dots as people read it, and as DNS carries it."""
    shown, carried = part, part
    if not part.isascii() or part.startswith("xn--"):
        try:
            carried = idna.alabel(part).decode()
            shown = idna.ulabel(carried)
        except idna.IDNAError as error:
            raise _wrong(
                _("“%(part)s” cannot stand in a domain: it breaks the rules for its script."), part=part
            ) from error
    if not part:
        raise _wrong(_("Something is missing between two dots of this domain."))
    if len(carried) > _LONGEST_PART:
        raise _wrong(_("A part between two dots has at most %(most)d characters."), most=_LONGEST_PART)
    if not _PART.fullmatch(carried):
        reason = _("“%(part)s” cannot stand in a domain: letters, digits and hyphens only, no hyphen at its ends.")
        raise _wrong(reason, part=part)
    return shown, carried


def _wrong(reason: Text, **facts: object) -> ValidationError:
    return ValidationError(reason, params=facts, code="domain")  # type: ignore[arg-type]  # the stubs: str, not lazy
