"""The operator's pages of the catalogue: prices, builds, key pools, markets and tax rates (M2, M6 to M8)."""

import csv
import hashlib
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.operator_site import site
from software.models import (
    Build,
    CancellationPolicy,
    KeyIssue,
    KeyState,
    Kind,
    MarketRestriction,
    Price,
    ProductKey,
    Sku,
    TaxRate,
)
from tests.factories import (
    PriceFactory,
    ProductFactory,
    UserFactory,
    add_keys,
    buy_line,
    make_build,
    make_sku,
)
from tests.helpers import MOST_QUERIES, queries_of, words_of

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
KEY = "K7QXR-2M9TB-WFD4H-8PJVC-6YN3G"


@pytest.fixture
def keeper(db):
    """An Operator admin."""
    return UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


@pytest.fixture
def storage(settings, tmp_path):
    """An empty storage; answers its folder."""
    folder = tmp_path / "storage"
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return folder


def listed(model):
    return reverse(f"admin:software_{model}_changelist")


def page_of(model, row):
    return reverse(f"admin:software_{model}_change", args=[row.pk])


def sent(text, name="rows.csv"):
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def stored_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def each_kind_of_row(agent, customer):
    """A row in every list of the house."""
    sku = make_sku(keys=2)
    buy_line(agent, customer, sku)
    make_build(sku.product)
    values = {"name": "VAT", "rate": "0.19", "included_in_price": False}
    TaxRate.objects.get_or_create(market="DE", valid_from=date(2007, 1, 1), defaults=values)


@pytest.mark.parametrize(
    "model", sorted({model._meta.model_name for model in site._registry if model._meta.app_label == "software"})
)
def test_every_list_and_row_is_shown_and_costs_few_queries(browser, agent, customer, model):
    each_kind_of_row(agent, customer)
    kept = next(kept for kept in site._registry if kept._meta.model_name == model)
    few = len(queries_of(browser, listed(model)))
    for _more in range(5):
        each_kind_of_row(agent, customer)
    assert len(queries_of(browser, listed(model))) == few <= MOST_QUERIES
    assert len(queries_of(browser, page_of(model, kept.objects.first()))) <= MOST_QUERIES


def test_no_page_of_the_house_names_a_customer_or_shows_a_key(browser, agent, customer):
    each_kind_of_row(agent, customer)
    keys = [key.reveal() for key in ProductKey.objects.all()]
    pages = [url for model in ("productkey", "sku", "build") for url in (listed(model), page_of(model, _first(model)))]
    for page in [*pages, reverse("admin:software_productkey_find"), reverse("admin:software_productkey_import")]:
        source = browser.get(page).content.decode()
        for secret in (*keys, customer.company_name, str(customer.tenant_id), agent.email):
            assert secret not in source
        assert not [key for key in ProductKey.objects.all() if key.secret in source or key.hash in source]


def _first(model):
    return {"productkey": ProductKey, "sku": Sku, "build": Build}[model].objects.first()


# Key pools


def test_a_key_is_found_by_its_last_five_and_never_by_more_in_an_address(browser):
    sku = make_sku(keys=3)
    keys = list(ProductKey.objects.filter(sku=sku))
    found = words_of(browser.get(listed("productkey"), {"q": keys[1].last_five.lower()}))
    assert keys[1].masked in found
    assert keys[0].masked not in found
    assert "Nothing fits this search" in words_of(browser.get(listed("productkey"), {"q": keys[1].reveal()}))


def test_a_pasted_key_is_found_by_its_hash(browser, settings):
    sku = make_sku()
    (key,) = add_keys(sku, 1)
    settings.KEY_HASH_KEYS = ["a newer key", *settings.KEY_HASH_KEYS]
    response = browser.post(reverse("admin:software_productkey_find"), {"key": f" {key.lower()} "})
    stored = ProductKey.objects.get()
    assert f"{stored.masked} : {sku}, in the pool" in words_of(response)
    assert key not in response.content.decode()
    missed = browser.post(reverse("admin:software_productkey_find"), {"key": KEY})
    assert missed.status_code == 400
    assert "No pool has this key." in words_of(missed)
    assert KEY not in missed.content.decode()


def test_keys_are_loaded_and_lines_that_wait_get_theirs(browser, keeper, agent, customer):
    sku = make_sku()
    line = buy_line(agent, customer, sku)
    rows = f"ProductId,SkuId,ProductKey\n{sku.product.product_id},{sku.sku_id},{KEY}\n"
    response = browser.post(reverse("admin:software_productkey_import"), {"file": sent(rows)}, follow=True)
    assert "1 key is loaded." in words_of(response)
    line.purchase.refresh_from_db()
    assert line.purchase.key_state == KeyState.ALLOTTED
    assert Event.objects.get(action=Action.KEYS_IMPORTED).actor_name == keeper.email
    assert Event.objects.get(action=Action.KEYS_ALLOTTED).actor_name == "system:import_keys"


def test_bad_rows_of_keys_are_named_by_line_without_their_keys(browser):
    sku = make_sku()
    good = f"{sku.product.product_id},{sku.sku_id},{KEY}"
    text = f"ProductId,SkuId,ProductKey\n{good}\n{good}\nNO-SUCH,0001,{KEY}\n{sku.product.product_id},{sku.sku_id},x\n"
    response = browser.post(reverse("admin:software_productkey_import"), {"file": sent(text)})
    assert response.status_code == 400
    told = words_of(response)
    assert "Nothing was loaded: 3 rows are bad." in told
    assert "Line 3: the same key stands on line 2 already" in told
    assert "Line 4: the SKU NO-SUCH:0001 is not in the catalogue" in told
    assert "Line 5: ProductKey must be five groups" in told
    assert KEY not in response.content.decode()
    assert not ProductKey.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"a,b\n1,2\n", b"\x00" * 100])
@pytest.mark.parametrize("page", ["admin:software_productkey_import", "admin:software_price_import"])
def test_a_file_that_is_no_list_is_told_on_the_page(browser, page, content):
    response = browser.post(reverse(page), {"file": SimpleUploadedFile("x.csv", content)})
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Price.objects.exists()


def test_the_list_of_skus_says_how_full_each_pool_is(browser, agent, customer):
    sku = make_sku(title="Pool of five", keys=5)
    buy_line(agent, customer, sku)
    waiting = make_sku(title="Pool of none", key_issue=KeyIssue.PER_UNIT)
    buy_line(agent, customer, waiting)
    buy_line(agent, customer, waiting)
    told = words_of(browser.get(listed("sku"), {"q": "Pool of"}))
    assert f"Pool of five {sku.catalogue_id} 1 year self-service one key per line 4 1 0" in told
    assert f"Pool of none {waiting.catalogue_id} 1 year self-service one key per unit 0 0 2" in told


# Builds


def build_form(of, content=b"the bytes", **changed):
    values = {"product": of.pk, "version": "2022", "language": "en-US", "file_type": "ISO x64"}
    return {**values, "file": SimpleUploadedFile("setup.iso", content), **changed}


def test_a_build_is_uploaded_with_its_hash(browser, keeper, storage):
    product = ProductFactory()
    response = browser.post(reverse("admin:software_build_add"), build_form(product))
    assert response.status_code == 302
    build = Build.objects.get()
    assert (build.product, build.file_name, build.size) == (product, "setup.iso", 9)
    assert build.sha256 == hashlib.sha256(b"the bytes").hexdigest()
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == b"the bytes"
    assert Event.objects.get(action=Action.BUILD_IMPORTED).actor_name == keeper.email


def test_what_cannot_be_stored_is_told_on_the_form_and_what_was_typed_is_kept(browser, storage):
    product = ProductFactory()
    browser.post(reverse("admin:software_build_add"), build_form(product))
    for changed, told in (
        ({}, "has a build 2022, en-US, ISO x64 already."),
        ({"language": "english"}, "“english” is not the tag of a language."),
        ({"version": "2019", "content": b""}, "The submitted file is empty."),
        ({"version": ""}, "This field is required."),
        ({"product": ProductFactory(kind=Kind.LINUX_PLAN).pk}, "Select a valid choice."),
    ):
        response = browser.post(reverse("admin:software_build_add"), build_form(product, **changed))
        assert response.status_code == 200
        assert told in words_of(response)
        assert 'value="ISO x64"' in response.content.decode()
    assert Build.objects.count() == len(stored_files(storage)) == 1


def test_a_build_is_given_another_file_and_nothing_else(browser, storage, django_capture_on_commit_callbacks):
    build = make_build(ProductFactory())
    sending = {
        "file": SimpleUploadedFile("right.iso", b"right"),
        "version": "9",
        "language": "ko-KR",
        "sha256": "0" * 64,
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(page_of("build", build), sending).status_code == 302
    replaced = Build.objects.get()
    assert (replaced.version, replaced.language) == (build.version, build.language)
    assert (replaced.file_name, replaced.sha256) == ("right.iso", hashlib.sha256(b"right").hexdigest())
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == b"right"


# Prices


def test_a_price_list_is_loaded_through_the_page(browser, keeper, clock):
    with (DATA / "software_price_list_2020-02.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": "2020-02-01"})
    assert response.status_code == 200
    assert "587 prices added, 0 changed," not in words_of(response)
    told = words_of(response)
    assert "585 prices added, 0 changed, 0 ended, 2 announced," in told
    assert Price.objects.count() == 587
    assert Event.objects.get(action=Action.PRICE_LIST_IMPORTED).actor_name == keeper.email


def test_the_seven_bad_rows_are_named_by_line_and_nothing_is_loaded(browser):
    with (DATA / "software_price_list_bad.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": ""})
    assert response.status_code == 400
    told = words_of(response)
    assert "Nothing was loaded: 7 rows are bad." in told
    for line in range(3, 10):
        assert f"Line {line}: " in told
    assert not Price.objects.exists()


def test_a_day_that_does_not_exist_is_told_and_loads_nothing(browser):
    with (DATA / "software_price_list_2020-02.csv").open("rb") as file:
        response = browser.post(reverse("admin:software_price_import"), {"file": file, "effective": "2020-02-31"})
    assert response.status_code == 400
    assert "Enter a valid date." in words_of(response)
    assert not Price.objects.exists()


def test_prices_are_found_by_when_they_count(browser, clock):
    sku = make_sku(title="Office")
    ends = datetime(2020, 3, 1, tzinfo=UTC)
    Price.objects.update(effective_end=ends)
    PriceFactory(sku=sku, unit_price="77.00", effective_start=ends)
    for when, told, untold in (("now", "1,200.00", "77.00"), ("to_come", "77.00", "1,200.00")):
        found = words_of(browser.get(listed("price"), {"when": when}))
        assert told in found
        assert untold not in found
    assert "Nothing fits this search" in words_of(browser.get(listed("price"), {"when": "over"}))


# Tax rates and markets


def rate_form(**changed):
    return {"market": "FR", "name": "TVA", "rate": "0.2", "valid_from": "2020-01-01", **changed}


def add_rate(browser, **changed):
    return browser.post(reverse("admin:software_taxrate_add"), rate_form(**changed))


def test_a_market_without_a_rate_gets_one_from_any_day(browser, keeper, clock):
    assert add_rate(browser, market="fr").status_code == 302
    rate = TaxRate.objects.get()
    assert (rate.market, rate.rate, rate.valid_from) == ("FR", Decimal("0.2"), date(2020, 1, 1))
    event = Event.objects.get(action=Action.CATALOGUE_CHANGED)
    assert (event.actor_name, event.details["what"]) == (keeper.email, "taxrate")


def test_a_rate_that_counts_is_followed_by_a_new_one_never_rewritten(browser, clock):
    add_rate(browser)
    rate = TaxRate.objects.get()
    before = TaxRate.objects.values().get()
    changed = browser.post(page_of("taxrate", rate), rate_form(rate="0.1"))
    assert "Add a rate that is valid from 24 January 2020 or later" in words_of(changed)
    for day in ("2020-01-23", "2019-01-01"):
        assert "would change what has been charged by it" in words_of(add_rate(browser, valid_from=day))
    assert TaxRate.objects.values().get() == before
    assert add_rate(browser, rate="0.21", valid_from="2020-01-24").status_code == 302
    assert TaxRate.objects.in_force("FR", date(2020, 1, 24)).rate == Decimal("0.21")


def test_a_rate_is_corrected_until_its_first_day_is_over(browser, clock):
    add_rate(browser, valid_from="2020-01-24")
    rate = TaxRate.objects.get()
    assert browser.post(page_of("taxrate", rate), rate_form(rate="0.1", valid_from="2020-01-24")).status_code == 302
    clock.set("2020-01-25T00:00:00Z")
    assert browser.post(page_of("taxrate", rate), rate_form(rate="0.3", valid_from="2020-01-24")).status_code == 200
    assert TaxRate.objects.get().rate == Decimal("0.1")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"market": "UK"}, "“UK” is not an ISO 3166-1 alpha-2 country code."),
        ({"market": "F"}, "“F” is not an ISO 3166-1 alpha-2 country code."),
        ({"rate": "1"}, "It must be below 1"),
        ({"rate": "-0.1"}, "greater than or equal to 0"),
        ({"rate": "0.1234567"}, "no more than 5 decimal places"),
        ({"rate": "many"}, "Enter a number."),
        ({"valid_from": "2020-02-31"}, "Enter a valid date."),
        ({"name": ""}, "This field is required."),
        ({"name": "T" * 10_000}, "This is too long"),
    ],
)
def test_a_rate_that_is_none_is_told_and_kept_on_the_form(browser, clock, changed, told):
    response = add_rate(browser, **changed)
    assert response.status_code == 200
    assert told in words_of(response)
    assert not TaxRate.objects.exists()


def test_the_same_day_twice_is_told(browser, clock):
    add_rate(browser, valid_from="2020-03-01")
    assert "FR has a rate that is valid from 1 March 2020 already." in words_of(
        add_rate(browser, valid_from="2020-03-01")
    )
    assert TaxRate.objects.count() == 1


def restriction(market="DE", **days):
    return {"market": market, "valid_from": "2020-02-01", "valid_to": "", **days}


def test_a_market_is_restricted_and_freed_again(browser, clock):
    url = reverse("admin:software_marketrestriction_add")
    assert browser.post(url, restriction()).status_code == 302
    row = MarketRestriction.objects.get(market="DE", valid_from=date(2020, 2, 1))
    assert "restricted from 1 February 2020 on already" in words_of(
        browser.post(url, restriction(valid_from="2020-03-01"))
    )
    clock.set("2020-02-10T00:00:00Z")
    freed = restriction(valid_to="2020-02-10")
    assert browser.post(page_of("marketrestriction", row), freed).status_code == 302
    assert not MarketRestriction.objects.in_force(date(2020, 2, 10)).filter(market="DE").exists()
    assert MarketRestriction.objects.in_force(date(2020, 2, 9)).filter(market="DE").exists()
    for past in ({"valid_to": "2020-02-09"}, {"valid_from": "2020-02-02", "valid_to": "2020-02-10"}):
        answer = browser.post(page_of("marketrestriction", row), restriction(**past))
        assert "cannot be changed any more" in words_of(answer)
    row.refresh_from_db()
    assert (row.valid_from, row.valid_to) == (date(2020, 2, 1), date(2020, 2, 10))


def test_a_restriction_cannot_begin_in_the_past_or_end_before_it_begins(browser, clock):
    url, before = reverse("admin:software_marketrestriction_add"), MarketRestriction.objects.count()
    for days, told in (
        ({"valid_from": "2020-01-23"}, "What counted on 23 January 2020 cannot be changed any more."),
        ({"valid_to": "2020-02-01"}, "which is not after 1 February 2020"),
        ({"market": "EU"}, "“EU” is not an ISO 3166-1 alpha-2 country code."),
    ):
        assert told in words_of(browser.post(url, restriction(**days)))
    assert MarketRestriction.objects.count() == before


def test_the_versions_of_policies_are_only_read(browser):
    assert str(CancellationPolicy.NEVER.label) in words_of(browser.get(listed("policyversion")))
    assert browser.get("/operator/software/policyversion/add/").status_code == 404
    assert browser.post(reverse("admin:software_policyversion_change", args=[1]), {}).status_code == 405


def test_a_price_is_only_read(browser):
    sku = make_sku()
    price = Price.objects.get(sku=sku)
    assert browser.post(page_of("price", price), {"unit_price": "1"}).status_code == 405
    assert browser.get("/operator/software/price/add/").status_code == 404


def test_each_cell_of_a_list_carries_the_head_of_its_column_for_phones(browser, agent, customer):
    each_kind_of_row(agent, customer)
    source = browser.get(listed("sku")).content.decode()
    for head in ("ProductId:SkuId", "Term", "Cancellation policy", "Keys", "In the pool", "Lines waiting"):
        assert f'<td data-label="{head}"' in source


def test_a_long_list_of_bad_rows_is_cut(browser):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ProductId", "SkuId", "ProductKey"])
    writer.writerows(["NO-SUCH", "0001", f"AAAAA-AAAAA-AAAAA-AAAAA-{number:05d}"] for number in range(300))
    told = words_of(browser.post(reverse("admin:software_productkey_import"), {"file": sent(out.getvalue())}))
    assert "Nothing was loaded: 300 rows are bad." in told
    assert "Line 201:" in told
    assert "Line 202:" not in told
