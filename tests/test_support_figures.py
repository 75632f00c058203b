"""The figures of support: open by age and status, times, approve rate, months; charts and tables say the same."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from cancellations.support.figures import Figures
from cancellations.support.models import Impact, ProblemType, RequestStatus
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.support import file_question

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 1, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def filed(clock, agent):
    """File a request so long ago, and give it what it has now: the figures read rows, whatever made them."""

    def file(ago, status=RequestStatus.NEW, *, replied=None, ended=None):
        clock.set((NOW - ago).isoformat())
        request = file_question(agent, problem=ProblemType.KEYS, impact=Impact.MINIMAL, title="密钥无法激活")
        clock.set(NOW.isoformat())
        request.status, request.due_at = status, None
        request.first_reply_at = replied and request.filed_at + replied
        request.ended_at = ended and request.filed_at + ended
        request.save()

    return file


def figures(days=30):
    return Figures(NOW, days)


def test_an_age_begins_with_its_first_instant(filed):
    second = timedelta(seconds=1)
    for ago in (DAY - second, DAY, 3 * DAY - second, 3 * DAY, 7 * DAY - second, 7 * DAY):
        filed(ago)
    assert [age.total for age in figures().open] == [1, 2, 2, 1]


def test_open_requests_are_counted_by_status_and_ended_ones_are_not(filed):
    filed(HOUR)
    filed(HOUR, RequestStatus.IN_PROGRESS)
    filed(HOUR, RequestStatus.ACTION_REQUIRED)
    filed(HOUR, RequestStatus.ACTION_REQUIRED)
    filed(2 * HOUR, RequestStatus.CLOSED, ended=HOUR)
    assert figures().open_by_status == [1, 1, 2]
    assert figures().open_total == 4


def test_median_and_ninetieth_percentile_of_the_first_reply(filed):
    for hours in range(1, 12):
        filed(DAY, RequestStatus.IN_PROGRESS, replied=hours * HOUR)
    first, decision = figures().speeds
    assert (first.count, first.median_hours, first.ninetieth_hours) == (11, 6.0, 10.0)
    assert (decision.count, decision.median_hours, decision.ninetieth_hours) == (0, None, None)


def test_times_and_rate_count_what_was_decided_within_the_days(filed):
    filed(40 * DAY, RequestStatus.DENIED, ended=2 * HOUR)
    filed(29 * DAY, RequestStatus.APPROVED, ended=4 * HOUR)
    filed(28 * DAY, RequestStatus.CLOSED, ended=HOUR)
    assert (figures().decisions, figures().approve_rate) == ({"decided": 1, "approved": 1}, 100)
    assert figures(90).approve_rate == 50
    assert figures(90).speeds[1].median_hours == 3.0


def test_months_are_those_of_utc(filed):
    filed(NOW - datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC))
    filed(NOW - datetime(2020, 1, 1, tzinfo=UTC), RequestStatus.APPROVED, ended=HOUR)
    filed(NOW - datetime(2019, 1, 31, tzinfo=UTC))
    months = {f"{month.month:%Y-%m}": (month.filed, month.approved) for month in figures().months}
    assert len(months) == 12
    assert (months["2019-12"], months["2020-01"], sum(filed for filed, _approved in months.values())) == (
        (1, 0),
        (1, 1),
        2,
    )


def test_without_requests_the_page_says_so(clock, client_of, keeper):
    words = words_of(client_of(keeper).get("/queue/figures/"))
    assert "No refund was decided in this time." in words
    assert "Together 0 0 0 0" in words


def test_the_chart_has_the_numbers_of_the_table(filed, client_of, support_agent):
    filed(HOUR)
    filed(2 * DAY, RequestStatus.IN_PROGRESS)
    page = client_of(support_agent).get("/queue/figures/?days=90").content.decode()
    numbers = json.loads(re.search(r'<script id="open-chart" type="application/json">(.*?)</script>', page)[1])
    assert numbers["labels"] == ["Less than 1 day", "1 to 3 days", "3 to 7 days", "7 days and more"]
    assert [series["values"] for series in numbers["series"]] == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_days_that_nobody_offers_are_the_first_period(clock, client_of, keeper):
    assert "The last 30 days" in words_of(client_of(keeper).get("/queue/figures/?days=9999999999"))


def test_the_page_costs_the_same_for_more_requests(filed, client_of, support_agent):
    browser = client_of(support_agent)
    first = len(queries_of(browser, "/queue/figures/"))
    for hours in range(20):
        filed(hours * DAY, RequestStatus.DENIED, ended=HOUR)
    assert len(queries_of(browser, "/queue/figures/")) == first <= MOST_QUERIES
