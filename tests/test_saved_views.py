"""Saved views of the log: saved, opened, renamed and deleted by their user alone, each time recorded (A2, A3)."""

import html
import re

import pytest
from django.db import IntegrityError, transaction

from activity.models import LONGEST_VIEW_NAME, MOST_VIEWS, Action, Event, SavedView
from activity.saved_views import delete_view, rename_view, save_view
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from tests.factories import UserFactory
from tests.helpers import MOST_QUERIES, in_threads, queries_of, source_of, words_of

pytestmark = pytest.mark.django_db

PAGE = "/activity/"
QUERY = {"show": "keys", "customer": "서울무역 주식회사"}


@pytest.fixture
def browser(client_of, global_admin, clock):
    return client_of(global_admin)


@pytest.fixture
def saved(browser):
    """Save what the page shows at an address, by the form that stands on it; answers the view."""

    def save(query, name):
        page = source_of(browser.get(f"{PAGE}{query}"))
        form = re.search(r'<form class="view-form" method="post" action="/activity/views/save/">(.*?)</form>', page)[1]
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
        fields = {field: html.unescape(value) for field, value in hidden if field != "csrfmiddlewaretoken"}
        response = browser.post(f"{PAGE}views/save/", {**fields, "name": name}, follow=True)
        assert f"The view {name} is saved." in words_of(response)
        return SavedView.objects.get(name=name)

    return save


def changes():
    return [event.details for event in Event.objects.filter(action=Action.LOG_VIEW_CHANGED).order_by("pk")]


def names(user):
    return [view.name for view in SavedView.objects.visible_to(user).by_name()]


# Saving and opening


def test_a_view_keeps_the_query_and_opens_with_it(browser, saved):
    view = saved("?from=2020-01-02&to=2020-01-03&user=eve%40partner.example&show=all", "Eve in January")
    assert view.query == {"from": "2020-01-02", "to": "2020-01-03", "user": "eve@partner.example", "show": "all"}
    response = browser.get(view.get_absolute_url())
    assert response.context["form"].kept == view.query
    assert "User: eve@partner.example" in words_of(response)


@pytest.mark.parametrize("query", ["?customer=a", "?customer=a&from=2019-12-26&to=2020-01-24"])
def test_the_days_that_are_shown_by_default_go_with_the_time(browser, saved, clock, client_of, global_admin, query):
    view = saved(query, "王小明")
    assert view.query == {"show": "keys", "customer": "a"}
    clock.set("2020-06-15T12:00:00Z")
    form = client_of(global_admin).get(view.get_absolute_url()).context["form"]
    assert (form.query["from"], form.query["to"]) == ("2020-05-17", "2020-06-15")


@pytest.mark.parametrize("days", ["from=2019-12-25&to=2020-01-24", "from=2019-12-26&to=2020-01-23"])
def test_other_days_stay(saved, days):
    view = saved(f"?{days}", "A month")
    assert "&".join(f"{name}={view.query[name]}" for name in ("from", "to")) == days


def test_the_views_stand_on_the_page_by_name_and_the_one_shown_is_marked(browser, saved, global_admin):
    saved("?customer=b", "Zürich")
    view = saved("?customer=a", "alpha")
    page = html.unescape(source_of(browser.get(view.get_absolute_url())))
    assert f'<a class="chip" href="{view.get_absolute_url()}" aria-current="true">alpha</a>' in page
    assert page.count('aria-current="true">alpha') == 1
    assert 'aria-current="true">Zürich' not in page
    assert names(global_admin) == ["alpha", "Zürich"]


def test_what_cannot_be_asked_for_is_not_saved(browser, global_admin):
    response = browser.post(f"{PAGE}views/save/", {"name": "x", "address": "nowhere"}, follow=True)
    assert "What the log was asked for cannot be read, so no view was saved." in words_of(response)
    assert names(global_admin) == []


def test_a_view_holds_no_token(browser, global_admin):
    browser.post(f"{PAGE}views/save/", {"name": "x", "link": f"/d/{'A' * 48}"})
    assert names(global_admin) == []


# Renaming and deleting


def test_a_view_is_renamed_and_deleted_on_the_page(browser, saved, global_admin):
    view = saved("?customer=a", "Before")
    fields = {"view": str(view.public_id), "next": f"{PAGE}?show=all"}
    response = browser.post(f"{PAGE}views/rename/", {**fields, "name": " After "}, follow=True)
    assert response.redirect_chain == [(f"{PAGE}?show=all", 302)]
    assert "The view is called After now." in words_of(response)
    assert names(global_admin) == ["After"]
    response = browser.post(f"{PAGE}views/delete/", fields, follow=True)
    assert "The view After is deleted." in words_of(response)
    assert names(global_admin) == []


def test_the_way_back_leads_to_no_other_site(browser, saved):
    view = saved("", "Mine")
    response = browser.post(f"{PAGE}views/delete/", {"view": str(view.public_id), "next": "https://evil.example/"})
    assert response.url == PAGE


@pytest.mark.parametrize("way", ["rename", "delete"])
@pytest.mark.parametrize("view", ["", "x", "7560b0fc-1f00-4e7a-8157-21de25f08c01", "\0"])
def test_a_view_that_is_gone_is_told(browser, way, view):
    response = browser.post(f"{PAGE}views/{way}/", {"view": view, "name": "x"}, follow=True)
    assert "The saved view is none of yours, or is deleted by now." in words_of(response)
    assert changes() == []


# Rules


def test_each_change_is_recorded(global_admin):
    view = save_view("First", QUERY, actor=global_admin)
    rename_view(view.public_id, "Second", actor=global_admin)
    rename_view(view.public_id, "Second", actor=global_admin)
    delete_view(view.public_id, actor=global_admin)
    assert changes() == [
        {"change": "saved", "view": "First", "query": QUERY},
        {"change": "renamed", "view": "Second", "was": "First"},
        {"change": "deleted", "view": "Second"},
    ]
    row = Event.objects.filter(action=Action.LOG_VIEW_CHANGED).first()
    assert (row.actor_name, row.partner_id) == (global_admin.email, global_admin.partner_id)


def code_of(work, *arguments, **named):
    with pytest.raises(Refusal) as refused:
        work(*arguments, **named)
    return refused.value.code


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * (LONGEST_VIEW_NAME + 1)])
def test_a_name_is_needed_and_has_an_end(global_admin, name):
    assert code_of(save_view, name, QUERY, actor=global_admin) == "view_without_name"
    view = save_view("x" * LONGEST_VIEW_NAME, QUERY, actor=global_admin)
    assert code_of(rename_view, view.public_id, name, actor=global_admin) == "view_without_name"
    assert names(global_admin) == ["x" * LONGEST_VIEW_NAME]


def test_a_name_is_taken_once_whatever_the_case(global_admin):
    save_view("Zürich", QUERY, actor=global_admin)
    other = save_view("Other", QUERY, actor=global_admin)
    assert code_of(save_view, "ZÜRICH", QUERY, actor=global_admin) == "view_name_taken"
    assert code_of(rename_view, other.public_id, "zürich", actor=global_admin) == "view_name_taken"
    assert rename_view(other.public_id, "OTHER", actor=global_admin).name == "OTHER"
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(user=global_admin, name="zÜRICH")


def test_each_user_has_names_and_views_of_their_own(global_admin, partner, client_of):
    colleague = UserFactory(partner=partner, roles=[Role.AUDITOR])
    view = save_view("Contoso", QUERY, actor=global_admin)
    save_view("Contoso", {}, actor=colleague)
    assert code_of(rename_view, view.public_id, "Theirs", actor=colleague) == "view_gone"
    assert code_of(delete_view, view.public_id, actor=colleague) == "view_gone"
    assert view.get_absolute_url() not in source_of(client_of(colleague).get(PAGE))
    view.refresh_from_db()
    assert view.name == "Contoso"


def test_at_most_twenty_are_kept(global_admin):
    for number in range(MOST_VIEWS):
        save_view(f"View {number}", QUERY, actor=global_admin)
    assert code_of(save_view, "One more", QUERY, actor=global_admin) == "too_many_views"
    assert len(names(global_admin)) == MOST_VIEWS


def test_who_may_not_read_the_log_saves_nothing(agent):
    assert code_of(save_view, "x", QUERY, actor=agent) == "role_required"
    assert not SavedView.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_saved_at_once_the_last_place_takes_one(global_admin):
    for number in range(MOST_VIEWS - 1):
        save_view(f"View {number}", QUERY, actor=global_admin)
    answers = in_threads(*(lambda name=name: save_view(name, QUERY, actor=global_admin).name for name in ("a", "b")))
    assert "too_many_views" in answers
    assert len(names(global_admin)) == MOST_VIEWS


@pytest.mark.django_db(transaction=True)
def test_of_two_saved_at_once_under_one_name_one_is_kept(global_admin):
    answers = in_threads(*[lambda: save_view("Twice", QUERY, actor=global_admin).name] * 2)
    assert sorted(answers) == ["Twice", "view_name_taken"]
    assert len(changes()) == 1


def test_twenty_views_cost_the_page_no_more_questions(browser, global_admin):
    first = queries_of(browser, PAGE)
    for number in range(MOST_VIEWS):
        save_view(f"View {number}", QUERY, actor=global_admin)
    assert len(queries_of(browser, PAGE)) <= len(first) <= MOST_QUERIES
