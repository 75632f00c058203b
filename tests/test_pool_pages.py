"""The operator's pages of key pools: finding a key, loading more (M7, K2)."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from activity.models import Action, Event
from software.models import KeyIssue, KeyState, Price, ProductKey
from tests.factories import add_keys, buy_line, make_sku
from tests.helpers import words_of
from tests.house import listed, page_of, sent

pytestmark = pytest.mark.django_db
KEY = "K7QXR-2M9TB-WFD4H-8PJVC-6YN3G"


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def test_a_key_is_found_by_its_last_five_and_never_by_more_in_an_address(browser):
    sku = make_sku(keys=3)
    keys = list(ProductKey.objects.filter(sku=sku))
    found = words_of(browser.get(listed("productkey"), {"q": keys[1].last_five.lower()}))
    assert keys[1].masked in found
    assert keys[0].masked not in found
    whole = browser.get(listed("productkey"), {"q": keys[1].reveal()}, follow=True)
    assert whole.redirect_chain == [(listed("productkey"), 302)]
    assert "this one was not looked up" in words_of(whole)
    assert keys[1].reveal() not in whole.content.decode()


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


def test_the_list_of_skus_is_narrowed_to_the_pools_to_fill(browser, agent, customer):
    low, waiting = make_sku(title="Low pool", keys=3, low_water=3), make_sku(title="Empty pool", low_water=0)
    full = make_sku(title="Full pool", keys=3, low_water=1)
    make_sku(title="Pool of nobody", low_water=3)
    for sku in (low, waiting, full):
        buy_line(agent, customer, sku)
    shown = browser.get(listed("sku"), {"pool": "to_fill"})
    assert set(shown.context["cl"].result_list) == {low, waiting}
    assert "Full pool" in words_of(browser.get(listed("sku"), {"pool": "nonsense"}))


def test_the_page_of_a_sku_says_how_full_its_pool_is_and_leads_to_the_import(browser, agent, customer):
    sku = make_sku(keys=3)
    buy_line(agent, customer, sku)
    response = browser.get(page_of("sku", sku))
    assert "Key pool In the pool 2 Allotted 1 Lines waiting 0" in words_of(response)
    assert f'href="{reverse("admin:software_productkey_import")}"' in response.content.decode()


def test_a_long_list_of_bad_rows_is_cut(browser):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["ProductId", "SkuId", "ProductKey"])
    writer.writerows(["NO-SUCH", "0001", f"AAAAA-AAAAA-AAAAA-AAAAA-{number:05d}"] for number in range(300))
    told = words_of(browser.post(reverse("admin:software_productkey_import"), {"file": sent(out.getvalue())}))
    assert "Nothing was loaded: 300 rows are bad." in told
    assert "Line 201:" in told
    assert "Line 202:" not in told
