"""A customer's Software tab: K1, and of K4, C4, P1 and P2 what it shows."""

import re

import pytest
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from csp_portal.territories import language_name
from software.models import LINK_DOWNLOADS, CancellationPolicy, DownloadLink, KeyIssue, Kind
from tests.factories import CustomerFactory, UserFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, words_of

pytestmark = pytest.mark.django_db

SELECTS = {"HX-Request": "true", "HX-Target": "select-product"}
LABELS = ("version", "language", "file_type")
CHOICES = [("2022", "en-US", "ISO x64"), ("2022", "ko-KR", "ISO x64"), ("2019", "en-US", "VHD")]


def look(client, customer, sku=None, *, headers=None, **query):
    address = reverse("cancellations:software", args=[customer.tenant_id])
    return client.get(address, ({"sku": sku.public_id} if sku else {}) | query, headers=headers)


def options_of(page, name):
    """The values of a select, of the form that offers only what is possible."""
    select = re.search(rf'<select name="{name}"[^>]*id="choose_{name}".*?</select>', page, re.DOTALL)[0]
    return re.findall(r'<option value="([^"]*)"', select)


@pytest.fixture
def builds(clock):
    """A SKU whose product has three builds."""
    sku = make_sku(keys=9)
    for values in CHOICES:
        make_build(sku.product, **dict(zip(LABELS, values, strict=True)), file_name=f"{'_'.join(values)}.iso")
    return sku


# The list


def test_a_row_stands_for_all_purchases_of_a_product_and_sku(clock, agent, client_of, customer):
    clock.set("2020-01-24T12:00:00Z")
    sku = make_sku(keys=9)
    buy_line(agent, customer, sku, 2)
    clock.set("2020-02-01T12:00:00Z")
    buy_line(agent, customer, sku, 3)
    rows = look(client_of(agent), customer).context["rows"]
    assert len(rows) == 1
    assert (rows[0].figures.purchases, rows[0].figures.quantity, rows[0].state.value) == (2, 5, "active")
    assert (str(rows[0].cancel_day), rows[0].days_left) == ("2020-03-24", 52)


def test_rows_stand_by_title_and_each_has_its_own_figures(clock, agent, client_of, customer):
    first, second = (make_sku(keys=3, product__title=title) for title in ("Alpha", "Beta"))
    buy_line(agent, customer, second, 7)
    buy_line(agent, customer, first, 1)
    rows = look(client_of(agent), customer).context["rows"]
    assert [(row.line.product_title, row.figures.quantity) for row in rows] == [("Alpha", 1), ("Beta", 7)]


def test_what_is_cancelled_stays_listed(clock, agent, client_of, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    cancel(line, agent)
    response = look(client_of(agent), customer)
    row = response.context["rows"][0]
    assert (row.state.value, row.figures.quantity, row.cancel_day) == ("cancelled", 0, None)
    assert line.sku_title in words_of(response)


def test_a_row_waits_while_one_of_its_purchases_waits_for_keys(clock, agent, client_of, customer):
    sku = make_sku(keys=1)
    for _purchase in range(2):
        buy_line(agent, customer, sku)
    response = look(client_of(agent), customer)
    assert response.context["rows"][0].state.value == "waiting"
    assert "keys pending" in words_of(response)


@pytest.mark.parametrize(
    ("instant", "words", "state"),
    [
        ("2020-01-24T12:00:00Z", "can be cancelled until the end of 24 March 2020 (UTC) 60 days left", "active"),
        ("2020-03-23T23:59:59Z", "1 day left", "active"),
        ("2020-03-24T23:59:59Z", "today is the last day", "active"),
        ("2020-03-25T00:00:00Z", "the term ends on 24 January 2021 (UTC)", "active"),
        ("2021-01-23T23:59:59Z", "the term ends on 24 January 2021 (UTC)", "active"),
        ("2021-01-24T00:00:00Z", "ended", "ended"),
    ],
)
def test_the_next_deadline_is_the_window_and_then_the_term(clock, agent, client_of, customer, instant, words, state):
    buy_line(agent, customer, make_sku(keys=1))
    clock.set(instant)
    response = look(client_of(agent), customer)
    assert words in words_of(response)
    assert response.context["rows"][0].state.value == state


def test_a_customer_without_software_is_told_what_will_stand_here(agent, client_of, customer):
    text = words_of(look(client_of(agent), customer))
    assert "No software yet" in text
    assert "Add products" in text


def test_one_customers_software_is_not_anothers(clock, agent, client_of, customer, partner):
    sku = make_sku(keys=2)
    buy_line(agent, CustomerFactory(partner=partner), sku)
    assert look(client_of(agent), customer).context["rows"] == []
    assert look(client_of(agent), customer, sku).status_code == 404


# Cancel in the list (C4)


def test_cancel_is_offered_where_something_of_the_row_can_be_cancelled(clock, agent, client_of, customer):
    sku = make_sku(keys=2)
    buy_line(agent, customer, sku)
    clock.set("2020-03-25T00:00:00Z")
    buy_line(agent, customer, sku)
    row = look(client_of(agent), customer).context["rows"][0]
    assert row.why_not_cancelled == []
    assert reverse("cancellations:cancel", args=[customer.tenant_id, sku.public_id]) in (
        look(client_of(agent), customer).content.decode()
    )


@pytest.mark.parametrize(
    ("policy", "instant", "words"),
    [
        (CancellationPolicy.SELF_SERVICE, "2020-03-25T00:00:00Z", "ended at the end of 24 March 2020 (UTC)"),
        (CancellationPolicy.SUPPORT_ONLY, "2020-01-25T00:00:00Z", "Report a problem to ask for the refund"),
        (CancellationPolicy.NEVER, "2020-01-25T00:00:00Z", "can never be cancelled or exchanged"),
    ],
)
def test_cancel_is_disabled_with_the_lines_reason(clock, agent, client_of, customer, policy, instant, words):
    sku = make_sku(keys=1, cancellation_policy=policy)
    buy_line(agent, customer, sku)
    clock.set(instant)
    response = look(client_of(agent), customer)
    assert words in words_of(response)
    assert f"{sku.public_id}/cancel/" not in response.content.decode()


def test_a_global_admin_sees_both_reasons_and_no_way_to_cancel(clock, agent, global_admin, client_of, customer):
    sku = make_sku(keys=1)
    buy_line(agent, customer, sku)
    response = look(client_of(global_admin), customer)
    assert "Only these roles may cancel a purchase: Admin agent. Yours: Global admin." in words_of(response)
    assert f"{sku.public_id}/cancel/" not in response.content.decode()
    clock.set("2020-03-25T00:00:00Z")
    codes = [refusal.code for refusal in look(client_of(global_admin), customer).context["rows"][0].why_not_cancelled]
    assert codes == ["window_closed", "role_required"]


# An open row


def test_an_open_row_shows_each_purchase(clock, agent, client_of, customer):
    sku = make_sku(keys=1)
    line = buy_line(agent, customer, sku, 4)
    client = client_of(agent)
    client.cookies["timezone"] = "Asia/Seoul"
    response = look(client, customer, sku)
    text = words_of(response)
    assert reverse("orders:detail", args=[line.order.number]) in response.content.decode()
    for words in ("24 Jan 2020, 21:00 KST", "active", "keys ready", "until the end of 24 March 2020 (UTC)"):
        assert words in text
    assert "60 days left" in text
    assert "25 Mar 2020, 09:00 KST" in text


def test_it_acts_on_the_newest_active_purchase_unless_another_is_chosen(clock, agent, client_of, customer):
    sku = make_sku(keys=9)
    oldest = buy_line(agent, customer, sku)
    clock.set("2020-01-25T12:00:00Z")
    active = buy_line(agent, customer, sku)
    clock.set("2020-01-26T12:00:00Z")
    cancelled = buy_line(agent, customer, sku)
    cancel(cancelled, agent)
    client = client_of(agent)
    assert look(client, customer, sku).context["opened"].chosen == active
    chosen = look(client, customer, sku, purchase=oldest.purchase.public_id).context["opened"].chosen
    assert chosen == oldest
    response = look(client, customer, sku, purchase=cancelled.purchase.public_id)
    assert "its keys and download links are revoked" in words_of(response)
    assert "Select product" not in words_of(response)


def test_of_many_purchases_a_page_is_shown_and_the_chosen_one_always(clock, agent, client_of, customer):
    sku = make_sku(keys=12)
    lines = []
    for day in range(12):
        clock.set(f"2020-01-{day + 1:02}T12:00:00Z")
        lines.append(buy_line(agent, customer, sku))
    client = client_of(agent)
    first = [window.line for window in look(client, customer, sku).context["opened"].windows]
    assert first == lines[:1:-1]
    second = [window.line for window in look(client, customer, sku, purchases=2).context["opened"].windows]
    assert second == [lines[11], lines[1], lines[0]]


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.LINUX_PLAN])
def test_reservations_and_linux_plans_have_neither_keys_nor_builds(clock, agent, client_of, customer, kind):
    sku = make_sku(kind=kind)
    buy_line(agent, customer, sku)
    text = words_of(look(client_of(agent), customer, sku))
    assert "come with neither keys nor downloads" in text
    assert "Select product" not in text
    assert "Get keys and downloads" not in text


@pytest.mark.parametrize("query", ["?sku=x", "?sku=00000000-0000-4000-8000-000000000000", "?purchase=x"])
def test_an_address_that_names_nothing_is_not_found(clock, agent, client_of, customer, query):
    buy_line(agent, customer, make_sku(keys=1))
    address = reverse("cancellations:software", args=[customer.tenant_id])
    assert client_of(agent).get(address + query).status_code == 404


def test_a_purchase_of_another_row_is_not_found(clock, agent, client_of, customer):
    sku = make_sku(keys=1)
    buy_line(agent, customer, sku)
    other = buy_line(agent, customer, make_sku(keys=1))
    assert look(client_of(agent), customer, sku, purchase=other.purchase.public_id).status_code == 404


# Select product


def test_the_selects_stand_on_something_possible_in_the_readers_language(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    response = look(client_of(agent), customer, builds)
    page = response.content.decode()
    assert options_of(page, "version") == ["2022", "2019"]
    assert options_of(page, "language") == ["en-US", "ko-KR"]
    assert options_of(page, "file_type") == ["ISO x64"]
    assert "SHA-256" not in words_of(response)


def test_a_change_refreshes_the_selects_so_that_nothing_impossible_can_be_chosen(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    response = look(
        client_of(agent), customer, builds, headers=SELECTS, version="2019", language="ko-KR", file_type="ISO x64"
    )
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="select-product"')
    assert options_of(page, "language") == ["en-US"]
    assert options_of(page, "file_type") == ["VHD"]
    assert '<option value="2019" selected>' in page


def test_submit_shows_the_matching_build(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    text = words_of(look(client_of(agent), customer, builds, version="2022", language="ko-KR", file_type="ISO x64"))
    build = builds.product.builds.get(language="ko-KR")
    for words in (build.file_name, build.sha256, "20 bytes", "Get keys and downloads"):
        assert words in text


def test_an_impossible_combination_is_answered_with_the_possible_ones(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    client = client_of(agent)
    text = words_of(look(client, customer, builds, version="2022", language="en-US", file_type="VHD"))
    english, korean = language_name("en-US"), language_name("ko-KR")
    assert f"There is no file of version 2022 in {english} as VHD. These are possible:" in text
    assert f"2022, {english}, ISO x64" in text
    assert f"2022, {korean}, ISO x64" in text
    assert "2019, " not in text
    assert "Get keys and downloads" not in text
    text = words_of(look(client, customer, builds, version="x", language="x", file_type="x"))
    assert f"2019, {english}, VHD" in text


def test_without_scripts_every_value_can_be_chosen(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    page = look(client_of(agent), customer, builds).content.decode()
    select = re.search(r'<select name="file_type"[^>]*id="id_file_type".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'value="([^"]*)"', select) == ["ISO x64", "VHD"]


def test_a_product_without_files_still_shows_its_keys(clock, agent, client_of, customer):
    sku = make_sku(keys=1)
    buy_line(agent, customer, sku)
    text = words_of(look(client_of(agent), customer, sku))
    assert "has not loaded any files" in text
    assert "•••••-•••••-•••••-•••••-" in text


# Keys and link


def test_before_they_are_got_there_is_neither_key_nor_link(agent, client_of, customer, builds):
    buy_line(agent, customer, builds)
    page = look(client_of(agent), customer, builds, **dict(zip(LABELS, CHOICES[0], strict=True))).content.decode()
    assert "•••••" not in page
    assert "/d/" not in page
    assert '<input type="hidden" name="grant" value="0">' in page


def test_a_live_link_stands_with_its_quota_and_a_download_button_instead_of_the_get_button(
    agent, client_of, customer, builds
):
    line = buy_line(agent, customer, builds)
    link = make_link(agent, line.purchase, builds.product.builds.get(language="ko-KR"))
    DownloadLink.objects.update(used=13)
    response = look(client_of(agent), customer, builds)
    page, text = response.content.decode(), words_of(response)
    assert f"http://testserver{link.get_absolute_url()}" in text
    for words in ("37 of 50 left", "expires", "in 14 days", "active", "Download", "•••••-•••••-•••••-•••••-"):
        assert words in text
    assert f'<form method="post" action="{link.get_absolute_url()}">' in page
    assert '<progress class="quota-bar" max="50" value="37"' in page
    assert "Get keys and downloads" not in text


@pytest.mark.parametrize("dead", ["expired", "used up"])
def test_beside_a_dead_link_the_button_renews_the_grant_that_was_seen(clock, agent, client_of, customer, builds, dead):
    line = buy_line(agent, customer, builds)
    link = make_link(agent, line.purchase, builds.product.builds.get(language="ko-KR"))
    if dead == "expired":
        clock.set("2020-02-07T12:00:00Z")
    DownloadLink.objects.update(grant_number=3, used=LINK_DOWNLOADS if dead == "used up" else 0)
    response = look(client_of(agent), customer, builds)
    assert dead in words_of(response)
    assert "Get keys and downloads" in words_of(response)
    assert '<input type="hidden" name="grant" value="3" id="renew_link_grant">' in response.content.decode()
    assert f'action="{link.get_absolute_url()}"' not in response.content.decode()


def test_keys_that_are_not_there_yet_are_told(clock, agent, client_of, customer):
    sku = make_sku()
    buy_line(agent, customer, sku)
    make_build(sku.product)
    response = look(client_of(agent), customer, sku, version="2022", language="en-US", file_type="ISO x64")
    assert "The keys of this purchase are not there yet" in words_of(response)


def test_many_keys_are_shown_page_by_page(clock, agent, client_of, customer):
    sku = make_sku(keys=12, key_issue=KeyIssue.PER_UNIT)
    line = buy_line(agent, customer, sku, 12)
    make_link(agent, line.purchase)
    client = client_of(agent)
    assert look(client, customer, sku).content.decode().count("•••••-•••••-•••••-•••••-") == 10
    second = look(client, customer, sku, keys=2)
    assert second.content.decode().count("•••••-•••••-•••••-•••••-") == 2
    assert "12 keys" in words_of(second)


def test_a_global_admin_sees_the_purchase_but_no_key_and_no_link(agent, global_admin, client_of, customer, builds):
    line = buy_line(agent, customer, builds)
    link = make_link(agent, line.purchase, builds.product.builds.get(language="ko-KR"))
    response = look(client_of(global_admin), customer, builds, **dict(zip(LABELS, CHOICES[1], strict=True)))
    page, text = response.content.decode(), words_of(response)
    assert line.order.number in text
    assert "Only these roles may see keys and downloads: Admin agent. Yours: Global admin." in text
    assert line.purchase.keys.get().masked in text
    assert line.purchase.keys.get().reveal() not in page
    assert link.token not in page
    assert reverse("software:get", args=[customer.tenant_id, line.purchase.public_id]) not in page


# Who may


def test_another_partners_customer_is_not_found(clock, agent, stranger, client_of, customer):
    sku = make_sku(keys=1)
    buy_line(agent, customer, sku)
    assert look(client_of(stranger), customer).status_code == 404
    assert look(client_of(stranger), customer, sku).status_code == 404


def test_an_auditor_is_refused(client_of, customer, partner):
    response = look(client_of(UserFactory(partner=partner, roles=[Role.AUDITOR])), customer)
    assert response.status_code == 403
    assert "may see software" in words_of(response)
