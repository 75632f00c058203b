"""What the operator sets for support, and the due times that hang on it (S5, S7)."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from cancellations.support.models import (
    ApprovalThreshold,
    EventKind,
    Holiday,
    OpeningSpan,
    ReplyTemplate,
    RequestStatus,
    ResponseTarget,
    SupportRequest,
)
from cancellations.support.services import due_times, house
from cancellations.support.services.due_times import work_out_due_times
from cancellations.support.services.happening import happened
from csp_portal.errors import Refusal
from tests.factories import buy_line, make_sku
from tests.held_open import held_open
from tests.helpers import in_threads, until, until_somebody_waits, words_of
from tests.support import file_refund

pytestmark = pytest.mark.django_db

# A Saturday; the operator works from Monday to Friday.
HOURS = {"weekday": 5, "opens": time(9), "closes": time(12)}
WORDS = {"name": "Thanks", "language": "zh-hans", "text": "{{ contact_name }}，您好！{{ number }}"}
MODELS = {
    "openingspan": ({"weekday": "5", "opens": "09:00", "closes": "12:00"}, OpeningSpan),
    "holiday": ({"day": "2020-12-25", "name": "Christmas Day"}, Holiday),
    "replytemplate": (WORDS, ReplyTemplate),
    "approvalthreshold": ({"currency": "USD", "amount": "500"}, ApprovalThreshold),
}


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def address(model, page, *args):
    return reverse(f"admin:support_{model}_{page}", args=args)


def last_change():
    return Event.objects.filter(action=Action.SUPPORT_HOUSE_CHANGED).latest("pk")


def assert_refused(code, act):
    """That it is refused and logged, and that nothing of the house has changed."""
    before = [list(model.objects.order_by("pk").values()) for _form, model in MODELS.values()]
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.code == code
    assert [list(model.objects.order_by("pk").values()) for _form, model in MODELS.values()] == before
    assert Event.objects.get(action=Action.SUPPORT_HOUSE_REFUSED).details["reason"] == code


# In the admin


@pytest.mark.parametrize("model", MODELS)
def test_the_operator_adds_reads_and_removes_a_setting(clock, browser, keeper, model):
    form, kind = MODELS[model]
    kind.objects.filter(**{"currency": "USD"} if model == "approvalthreshold" else {"pk": 0}).delete()
    assert browser.post(address(model, "add"), form).status_code == 302
    row = kind.objects.latest("pk")
    assert (last_change().actor_name, last_change().details["name"]) == (keeper.email, str(row))
    assert browser.get(address(model, "changelist")).status_code == 200
    assert "Remove" in words_of(browser.get(address(model, "change", row.pk)))
    told = words_of(browser.post(address(model, "remove", row.pk), follow=True))
    assert "is removed." in told
    assert not kind.objects.filter(pk=row.pk).exists()
    assert last_change().details["changes"] == {"removed": [str(row), None]}


def test_the_operator_changes_a_target_and_cannot_remove_it(clock, browser):
    target = ResponseTarget.objects.get(impact="critical")
    assert browser.post(address("responsetarget", "change", target.pk), {"hours": "2"}).status_code == 302
    target.refresh_from_db()
    assert target.hours == 2
    assert "Remove" not in words_of(browser.get(address("responsetarget", "change", target.pk)))


def test_a_refusal_stands_on_the_form(clock, browser):
    response = browser.post(address("openingspan", "add"), {"weekday": "0", "opens": "08:00", "closes": "10:00"})
    assert "reach into others of the same day" in words_of(response)
    assert Event.objects.filter(action=Action.SUPPORT_HOUSE_REFUSED).count() == 1


def test_nobody_else_sets_the_house(client_of, agent, support_agent):
    for outsider in (agent, support_agent):
        assert client_of(outsider).post(address("holiday", "add"), MODELS["holiday"][0]).status_code == 403
        with pytest.raises(Refusal):
            house.set_holiday(None, day=date(2020, 12, 25), name="Christmas Day", actor=outsider)
    assert not Holiday.objects.exists()


# What is refused


@pytest.mark.parametrize(
    ("opens", "closes", "fits"),
    [
        (time(8), time(9), True),
        (time(12), time(13), True),
        (time(12), time(0), True),
        (time(8), time(9, 1), False),
        (time(11, 59), time(13), False),
        (time(10), time(11), False),
        (time(8), time(0), False),
    ],
)
def test_hours_do_not_reach_into_others_of_the_day(clock, keeper, opens, closes, fits):
    house.set_opening_span(None, **HOURS, actor=keeper)
    act = partial(house.set_opening_span, None, weekday=5, opens=opens, closes=closes, actor=keeper)
    if fits:
        assert act().pk
    else:
        assert_refused("spans_overlap", act)


def test_hours_may_be_changed_within_their_own(clock, keeper):
    span = house.set_opening_span(None, **HOURS, actor=keeper)
    house.set_opening_span(span.pk, weekday=5, opens=time(10), closes=time(0), actor=keeper)
    assert last_change().details["changes"] == {"opens": ["09:00:00", "10:00:00"], "closes": ["12:00:00", "00:00:00"]}


def test_hours_end_after_they_begin(clock, keeper):
    act = partial(house.set_opening_span, None, weekday=5, opens=time(9), closes=time(9), actor=keeper)
    assert_refused("span_ends_before_start", act)


def test_nothing_is_set_twice(clock, keeper):
    act = partial(house.set_holiday, None, day=date(2020, 12, 25), name="Christmas Day", actor=keeper)
    act()
    assert_refused("set_already", act)


def test_a_template_has_only_fields_that_can_be_filled_in(clock, keeper):
    house.set_reply_template(None, **WORDS, actor=keeper)
    act = partial(house.set_reply_template, None, **{**WORDS, "name": "x", "text": "{{ colour }}"}, actor=keeper)
    assert_refused("template_field_unknown", act)


def test_a_threshold_is_not_below_zero(clock, keeper):
    act = partial(house.set_approval_threshold, None, currency="KRW", amount=Decimal(-1), actor=keeper)
    assert_refused("threshold_below_zero", act)


def test_what_is_saved_unchanged_is_no_change(clock, keeper):
    holiday = house.set_holiday(None, day=date(2020, 12, 25), name="Christmas Day", actor=keeper)
    house.set_holiday(holiday.pk, day=date(2020, 12, 25), name="Christmas Day", actor=keeper)
    assert Event.objects.filter(action=Action.SUPPORT_HOUSE_CHANGED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_adds_hours_waits_for_others_that_are_being_added(keeper):
    """They begin at another time: no constraint would refuse them, only who looks after the wait."""
    act = partial(house.set_opening_span, None, weekday=5, opens=time(10), closes=time(13), actor=keeper)

    def first_commits():
        until_somebody_waits()
        first.commit()

    with held_open(partial(house.set_opening_span, None, **HOURS, actor=keeper)) as first:
        assert in_threads(act, first_commits) == ["spans_overlap", None]
    assert [(span.opens, span.closes) for span in OpeningSpan.objects.filter(weekday=5)] == [(time(9), time(12))]


# Due times


@pytest.fixture
def asked(clock, agent, customer):
    """Filed at noon on a Friday."""
    return file_refund(agent, buy_line(agent, customer, make_sku("100.00", keys=1)))


def due_of(request):
    return SupportRequest.objects.get(pk=request.pk).due_at


def test_a_holiday_puts_off_what_is_due_after_it(asked, keeper):
    before = due_of(asked)
    assert before.date() == date(2020, 1, 27)
    house.set_holiday(None, day=date(2020, 1, 27), name="Closed", actor=keeper)
    assert work_out_due_times() == 1
    assert due_of(asked) == datetime.combine(date(2020, 1, 28), before.time(), tzinfo=UTC)
    assert work_out_due_times() == 0


def test_a_target_moves_what_is_due(asked, keeper):
    house.set_response_target(ResponseTarget.objects.get(impact=asked.impact).pk, hours=1, actor=keeper)
    work_out_due_times()
    assert due_of(asked) == datetime(2020, 1, 24, 13, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_comes_between_is_worked_out_by_itself(asked, support_agent):
    Holiday.objects.create(day=due_of(asked).date(), name="Closed")

    def ask_the_partner():
        request = SupportRequest.objects.locked(asked.number)
        happened(
            request, EventKind.ASKED, actor=support_agent, now=timezone.now(), status=RequestStatus.ACTION_REQUIRED
        )

    def step_commits():
        until_somebody_waits()
        step.commit()

    with held_open(ask_the_partner) as step:
        assert in_threads(work_out_due_times, step_commits) == [0, None]
    assert due_of(asked) is None


@pytest.mark.parametrize("status", [RequestStatus.ACTION_REQUIRED, RequestStatus.CLOSED])
def test_what_does_not_run_stays_without_a_due_time(asked, keeper, support_agent, status):
    happened(asked, EventKind.ASKED, actor=support_agent, now=timezone.now(), status=status)
    house.set_holiday(None, day=date(2020, 1, 27), name="Closed", actor=keeper)
    assert work_out_due_times() == 0
    assert due_of(asked) is None


def test_all_batches_are_gone_through(clock, agent, customer, keeper, monkeypatch):
    monkeypatch.setattr(due_times, "BATCH", 2)
    sku = make_sku("100.00", keys=5)
    for _number in range(5):
        file_refund(agent, buy_line(agent, customer, sku))
    house.set_holiday(None, day=date(2020, 1, 27), name="Closed", actor=keeper)
    assert work_out_due_times() == 5


@pytest.mark.django_db(transaction=True)
def test_the_job_is_queued_with_the_change(asked, keeper, worker):
    before = due_of(asked)
    with worker():
        house.set_holiday(None, day=before.date(), name="Closed", actor=keeper)
        until(lambda: due_of(asked) != before)
