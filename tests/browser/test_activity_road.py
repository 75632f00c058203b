"""The log's page in a browser: its chart leads to a day, and without scripts its table does (A1, X2)."""

import re

import pytest
from playwright.sync_api import expect

from activity.models import Action
from activity.services import record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(global_admin):
    """A Global admin; a key was shown today, the last day of the range."""
    record(Action.KEY_REVEALED, actor=global_admin)
    return global_admin


def test_a_bar_of_the_chart_leads_to_its_day(signed_in, reader):
    page = signed_in(reader)
    page.goto("/activity/")
    chart = page.get_by_role("img", name="Chart of the events by day or month.")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/activity/\?from=(\d{4}-\d\d-\d\d)&to=\1$"))
    expect(page.get_by_role("region", name="Rows of the log")).to_contain_text("Key shown")
    expect(chart).to_have_count(0)


def test_without_scripts_days_are_found_in_the_table_and_views_are_saved(signed_in, reader):
    page = signed_in(reader, scripts=False, width=390)
    page.goto("/activity/?show=all")
    page.get_by_text("Events by day, as a table").click()
    page.get_by_role("row").filter(has_text=re.compile("[1-9] event")).get_by_role("link").last.click()
    expect(page).to_have_url(re.compile(r"from=(\d{4}-\d\d-\d\d)&to=\1$"))
    page.get_by_text("Save this view", exact=True).click()
    page.get_by_label("Name of the new view").fill("오늘")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="오늘")).to_have_attribute("aria-current", "true")


def test_the_form_leads_to_an_address_that_holds_the_query(signed_in, reader):
    page = signed_in(reader)
    page.goto("/activity/")
    page.get_by_text("More filters").click()
    page.get_by_label("Action").select_option(label="Key shown")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("action=key_revealed"))
    page.get_by_role("link", name="Action: Key shown Remove this filter").click()
    expect(page).not_to_have_url(re.compile("action="))
