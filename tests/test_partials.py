"""The partials that pages are put together from."""

import pytest
from django import forms
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.test import RequestFactory

from csp_portal.errors import Reason, Refusal
from csp_portal.navigation import Tab
from csp_portal.pagination import MOST_ROWS_COUNTED, CappedPaginator, page_of

REFUSAL = Refusal(
    Reason(code="test_window", rule="C2", sentence="The window closed on %(day)s.", next_step="Ask <support>."),
    day="Monday",
)
CODE = '<a class="reason-code" href="/reasons/#test_window"><code>test_window</code></a>'


class SampleForm(forms.Form):
    name = forms.CharField(label="Company name", help_text="As registered.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    market = forms.ChoiceField(label="Market", choices=[("AU", "Australia")])
    way = forms.ChoiceField(label="Way", choices=[("a", "By term"), ("b", "At once")], widget=forms.RadioSelect)
    tick = forms.BooleanField(label="I understand")
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


def field(form, name):
    return render_to_string("partials/field.html", {"field": form[name]})


def test_a_field_has_its_label_and_help_tied_to_it():
    shown = field(SampleForm(), "name")
    assert '<label class="form-label" for="id_name">Company name' in shown
    assert 'aria-describedby="id_name_helptext"' in shown
    assert 'id="id_name_helptext"' in shown
    assert 'class="form-control"' in shown
    assert "optional" not in shown


def test_a_wrong_field_keeps_what_was_typed_and_names_its_error():
    form = SampleForm({"name": "", "market": "XX"})
    shown = field(form, "market") + field(form, "name")
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_name_helptext id_name_error"' in shown
    assert 'id="id_name_error"' in shown
    assert "is-invalid" in shown
    assert 'value="Contoso"' in field(SampleForm({"name": "Contoso"}), "name")


def test_a_field_that_may_stay_empty_says_so():
    assert "(optional)" in field(SampleForm(), "note")


@pytest.mark.parametrize(
    ("name", "css_class"), [("note", "form-control"), ("market", "form-select"), ("tick", "form-check-input")]
)
def test_a_control_has_the_class_of_its_kind(name, css_class):
    assert f'class="{css_class}"' in field(SampleForm(), name)


def test_radio_buttons_are_a_group_with_a_legend():
    shown = field(SampleForm(), "way")
    assert shown.count('class="form-check-input"') == 2
    assert "<legend" in shown
    assert 'for="id_way_1"' in shown


def test_a_hidden_field_is_only_its_input():
    assert field(SampleForm(), "seen").strip() == '<input type="hidden" name="seen" id="id_seen">'


def test_the_errors_of_a_form_link_to_its_fields():
    shown = render_to_string("partials/form_errors.html", {"form": SampleForm({"market": "AU"})})
    assert 'role="alert"' in shown
    assert '<a class="alert-link" href="#id_name">Company name: This field is required.</a>' in shown
    assert 'href="#id_way"' in shown
    assert 'id="id_way"' in field(SampleForm(), "way")


def test_a_form_without_errors_shows_none():
    assert render_to_string("partials/form_errors.html", {"form": SampleForm()}).strip() == ""


def test_a_refusal_is_told_with_facts_next_step_code_and_rule():
    shown = render_to_string("partials/refusal.html", {"refusal": REFUSAL})
    assert "The window closed on Monday." in shown
    assert "Ask &lt;support&gt;." in shown
    assert f"Reason {CODE}, rule C2" in shown


def test_a_disabled_action_can_be_reached_and_says_why():
    shown = render_to_string("partials/disabled_action.html", {"label": "Cancel", "refusal": REFUSAL, "key": "7"})
    assert 'aria-disabled="true"' in shown
    assert " disabled" not in shown.replace('aria-disabled="true"', "").replace("disabled-action", "")
    assert 'aria-describedby="why-cancel-7"' in shown
    assert 'id="why-cancel-7">' in shown
    assert f"The window closed on Monday. Ask &lt;support&gt;. {CODE}" in shown


def test_a_compact_disabled_action_opens_its_reason_without_scripts():
    shown = render_to_string(
        "partials/disabled_action.html", {"label": "Cancel", "reason": "Too late.", "compact": "yes"}
    )
    assert "<details" in shown
    assert '<p class="reason">Too late.</p>' in shown


def test_an_empty_list_offers_the_first_step_or_says_why_not():
    context = {"icon": "building", "title": "No customers yet", "action": "Add customer", "url": "/add/"}
    assert '<a class="btn btn-primary" href="/add/">Add customer</a>' in render_to_string(
        "partials/empty.html", context
    )
    refused = render_to_string("partials/empty.html", {**context, "refusal": REFUSAL})
    assert "/add/" not in refused
    assert "The window closed on Monday." in refused


def test_a_definition_list_shows_zero_and_a_dash_for_nothing():
    shown = render_to_string("partials/definition_list.html", {"items": [("Left", 0), ("Note", "")]})
    assert '<dd class="datagrid-content">0</dd>' in shown
    assert '<dd class="datagrid-content">–</dd>' in shown


def test_the_current_tab_is_marked_for_everybody():
    tabs = [Tab("Overview", "/a/", current=True), Tab("Software", "/b/")]
    shown = render_to_string("partials/tabs.html", {"label": "Customer", "tabs": tabs})
    assert '<a class="nav-link active" href="/a/" aria-current="page">Overview</a>' in shown
    assert '<a class="nav-link" href="/b/">Software</a>' in shown


def pages(address, rows):
    request = RequestFactory().get(address)
    page = page_of(request, rows)
    return render_to_string("partials/pagination.html", {"page": page, "label": "Customers"}, request)


def test_the_number_of_a_page_may_have_another_name_in_the_address():
    request = RequestFactory().get("/operator/?q=north&p=1")
    facts = {"page": page_of(request, range(60)), "label": "Customers", "parameter": "p"}
    assert 'href="?q=north&amp;p=2"' in render_to_string("partials/pagination.html", facts, request)


def test_pages_keep_the_rest_of_the_query():
    shown = pages("/customers/?q=north&page=2", range(60))
    assert "26 to 50 of 60" in shown
    assert 'href="?q=north&amp;page=1"' in shown
    assert 'href="?q=north&amp;page=3"' in shown


def test_a_page_number_that_does_not_exist_leads_to_the_nearest():
    assert "51 to 60 of 60" in pages("/?page=99", range(60))
    assert "1 to 25 of 60" in pages("/?page=x", range(60))


def test_one_page_needs_no_way_to_others():
    assert "<nav" not in pages("/", range(3))


def test_rows_beyond_the_cap_are_not_counted():
    shown = pages("/?page=400", range(MOST_ROWS_COUNTED + 1))
    assert "of more than 10,000" in shown
    assert "Next" not in shown
    assert "Page 400 of 400" in shown


def test_exactly_the_cap_is_counted():
    paginator = CappedPaginator(range(MOST_ROWS_COUNTED), 25)
    assert (paginator.count, paginator.is_capped) == (MOST_ROWS_COUNTED, False)
    assert isinstance(paginator.page(400), Page)
