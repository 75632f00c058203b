"""How the portal writes things: icons, money, instants, days, countries, sizes, states. Built in to every template."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_timedelta
from babel.units import format_unit
from django import template
from django.forms.boundfield import BoundField, BoundWidget
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from activity.models.scope import LogScope
from csp_portal.accounts.scope_words import in_short
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Reason
from csp_portal.instants import written_instant
from csp_portal.money import format_money
from csp_portal.pagination import MOST_ROWS_COUNTED
from csp_portal.sizes import bytes_written, limit_written
from csp_portal.territories import country_name, language_name, reader_locale

register = template.Library()

NOTHING = "\N{EN DASH}"  # stands where there is no value
BADGE_COLOURS = {"good": "green", "waiting": "orange", "bad": "red", "neutral": "secondary"}
_BYTE_UNITS = (("digital-terabyte", 10**12), ("digital-gigabyte", 10**9), ("digital-megabyte", 10**6))
_CONTROL_CLASSES = {
    "checkbox": "form-check-input",
    "radio": "form-check-input",
    "select": "form-select",
    "selectmultiple": "form-select",
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon of the sprite (`manage.py build_icons`); it decorates, so screen readers pass over it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def page_address(context: template.RequestContext, number: int, parameter: str) -> str:
    """Another page of the list that is shown, all else in the address kept; `parameter` is `page` unless told."""
    return querystring(context, None, **{parameter or "page": number})


@register.simple_tag
def reason_link(code: str) -> str:
    """A refusal's code, leading to its place on the page of reasons (P2); nothing where it is no refusal's."""
    if code not in Reason.registry:
        return ""
    return format_html('<a class="reason-code" href="{}#{}"><code>{}</code></a>', reverse("reasons"), code, code)


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> str:
    """`1,193.44 USD`, with all digits of the currency's minor unit."""
    if amount is None:
        return NOTHING
    return format_html('<span class="amount">{}</span>', format_money(amount, currency))


@register.simple_tag
def tax_label(tax_included: bool) -> str:
    """Whether an amount includes tax, in two words (M3)."""
    return _("incl. tax") if tax_included else _("excl. tax")


@register.simple_tag
def price(amount: Decimal | None, currency: str, tax_included: bool) -> str:
    """An amount with its tax label (M3)."""
    if amount is None:
        return NOTHING
    return format_html('{} <span class="tax-label">{}</span>', money(amount, currency), tax_label(tax_included))


@register.simple_tag
def instant(when: datetime | None, relative: str = "") -> str:
    """An instant in the reader's zone, with UTC on hover and focus (X4); with `relative="yes"` how far from now."""
    if when is None:
        return NOTHING
    in_utc, local = when.astimezone(UTC), timezone.localtime(when)
    shown, hint = written_instant(local), written_instant(in_utc)
    if relative:
        shown, hint = _from_now(when), shown if shown == hint else f"{shown} = {hint}"
    when_element = format_html('<time datetime="{}">{}</time>', in_utc.strftime("%Y-%m-%dT%H:%M:%SZ"), shown)
    if shown == hint:
        return when_element
    return format_html('<span class="instant" tabindex="0"><span class="hint">{}</span>{}</span>', hint, when_element)


def _from_now(when: datetime) -> str:
    """`in 3 days`, `2 hours ago`; days and not weeks up to two months, for deadlines are counted in days."""
    away = when - timezone.now()
    days = abs(away) / timedelta(days=1)
    # Babel takes the largest unit of which there are more than the threshold.
    threshold = days / 7 + 0.01 if 1 <= days < 60 else 0.85
    return format_timedelta(away, add_direction=True, threshold=threshold, locale=reader_locale())


@register.simple_tag
def day(when: date | datetime | None) -> str:
    """A day of the calendar in UTC, in words: `24 March 2020 (UTC)` (C2)."""
    if when is None:
        return NOTHING
    that_day = utc_day(when) if isinstance(when, datetime) else when
    words = _("%(day)s (UTC)") % {"day": formats.date_format(that_day, "DATE_FORMAT")}
    return format_html('<time class="text-nowrap" datetime="{}">{}</time>', that_day.isoformat(), words)


@register.simple_tag
def log_scope(scope: LogScope, names: Mapping[UUID, str] | str) -> str:
    """`the log of Contoso, from 1 January 2020 on (UTC)`: an Auditor's; empty for the whole log."""
    return in_short(scope, names if isinstance(names, Mapping) else {})  # of a name it lacks a template makes ""


@register.simple_tag
def month(first_day: date | None) -> str:
    """A month in UTC: `February 2020`."""
    if first_day is None:
        return NOTHING
    words = formats.date_format(first_day, "YEAR_MONTH_FORMAT")
    return format_html('<time class="text-nowrap" datetime="{}">{}</time>', f"{first_day:%Y-%m}", words)


@register.filter
def utc_second(when: datetime) -> SafeString:
    """`2020-01-24 23:59:59 UTC`: an instant in a rule, where the second decides and the reader's zone does not."""
    in_utc = when.astimezone(UTC)
    return format_html(
        '<time class="text-nowrap" datetime="{}">{} UTC</time>',
        in_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        in_utc.strftime("%Y-%m-%d %H:%M:%S"),
    )


register.filter("country", country_name)
register.filter("language", language_name)  # not `language_name`: Django's i18n library has one, which would hide it


@register.filter
def written_count(count: int) -> str:
    """The number, or that there are more than are counted (X4)."""
    if count > MOST_ROWS_COUNTED:
        return _("more than %(most)s") % {"most": formats.number_format(MOST_ROWS_COUNTED, force_grouping=True)}
    return formats.number_format(count, force_grouping=True)


@register.filter
def size_limit(size: int) -> str:
    """`20 MiB`: the most that a file may have, in the unit in which that is set."""
    return limit_written(size)


@register.filter(name="bytes")
def bytes_filter(size: int | None) -> str:
    """`1.4 GB` (10^9 bytes), with the exact number in the title."""
    if size is None:
        return NOTHING
    exact = bytes_written(size)
    unit, bytes_in_unit = next((pair for pair in _BYTE_UNITS if size >= pair[1]), ("digital-kilobyte", 1000))
    if size < bytes_in_unit:
        return exact
    shown = format_unit(round(Decimal(size) / bytes_in_unit, 1), unit, length="short", locale=reader_locale())
    return format_html('<data class="text-nowrap" value="{}" title="{}">{}</data>', size, exact, shown)


@register.filter
def breakable(name: str) -> SafeString:
    """A name or e-mail address that a narrow column may break after its @."""
    return format_html_join(mark_safe("@<wbr>"), "{}", ((part,) for part in name.split("@")))


@register.inclusion_tag("partials/badge.html")
def badge(state: str, label: Any) -> dict[str, Any]:
    """A status as a word; `state` (good, waiting, bad, neutral) only colours it."""
    return {"colour": BADGE_COLOURS[state], "label": label}


@register.filter
def choices(field: BoundField) -> Iterable[BoundWidget]:
    """The radio buttons or tick boxes of a field, with the component library's class."""
    field.field.widget.attrs["class"] = "form-check-input"  # of this form's own copy of the field
    return field.subwidgets


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's control with the component library's class for its kind."""
    classes = [_CONTROL_CLASSES.get(field.widget_type, "form-control"), field.field.widget.attrs.get("class", "")]
    if field.errors:
        classes.append("is-invalid")
    return mark_safe(field.as_widget(attrs={"class": " ".join(filter(None, classes))}))  # noqa: S308  # Django's own HTML
