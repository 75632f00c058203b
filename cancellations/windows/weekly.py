"""The mail of Monday, 06:00 UTC, about windows that close within the next 7 days (C10)."""

from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cancellations.windows.models import WeeklyMail
from cancellations.windows.rows import OpenWindow
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import ROLES_THAT_MAY, Permission
from csp_portal.calendar_utc import start_of_day, utc_day
from csp_portal.jobs import for_each
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from orders.models import OrderLine

DUE_AT = timedelta(hours=6)  # after Monday has begun (UTC)
MOST_LINES = 100  # in one mail; all of them stand on the page


def monday_of(instant: datetime) -> date:
    """The first day of the ISO week of `instant` (UTC)."""
    day = utc_day(instant)
    return day - timedelta(days=day.weekday())


def mail_closing_windows() -> int:
    """Mail each Admin agent whose windows close within 7 days, once in an ISO week, from Monday 06:00 UTC on (C10).

    Where the job was down then, it is made up for in the same week, counted from that day. Without a window there is no
    mail. Answers how many were mailed.
    """
    now = timezone.now()
    week = monday_of(now)
    due = start_of_day(week) + DUE_AT
    if now < due:
        return 0
    role = Q(role_assignments__role__in=ROLES_THAT_MAY[Permission.CANCEL], role_assignments__assigned_at__lte=due)
    seen_to = Q(weekly_mail__week__gte=week)
    agents = User.objects.filter(role, is_active=True, partner__isnull=False).exclude(seen_to).order_by("pk")
    return for_each(list(agents.values_list("pk", flat=True).distinct()), partial(_see_to, week))


@transaction.atomic
def _see_to(week: date, user_pk: int) -> int:
    """One agent's mail of a week; what another run holds is its affair."""
    now = timezone.now()
    WeeklyMail.objects.get_or_create(user_id=user_pk)
    waiting = WeeklyMail.objects.to_see_to(week).filter(user=user_pk).select_related("user")
    setting = waiting.select_for_update(of=("self",), skip_locked=True).first()
    if setting is None:
        return 0
    setting.week = week
    setting.save(update_fields=["week"])
    wanted = setting.is_wanted and setting.user.may(Permission.CANCEL)
    return _mail(setting.user, week, now) if wanted else 0


def _mail(agent: User, week: date, now: datetime) -> int:
    closing = OrderLine.objects.visible_to(agent).closing_soon(now)
    windows = [OpenWindow.of(line, agent, now) for line in closing.with_purchase().with_requests()[:MOST_LINES]]
    if not windows:
        return 0
    year, number, _weekday = week.isocalendar()
    queue_mail(
        agent.email,
        "windows_closing",
        cause=f"windows_closing:{year}-W{number:02}",
        windows=[(window, site_address(window.cancel_place)) for window in windows],
        total=closing.count() if len(windows) == MOST_LINES else len(windows),
        most=MOST_LINES,
        page=site_address(f"{reverse('windows:list')}?days=7"),
        settings=site_address(reverse("windows:list")),
    )
    return 1
