"""The lists and rows of the operator's catalogue: what every one of them shows, and what none does."""

from datetime import date

import pytest
from django.urls import reverse

from csp_portal.operator_site import site
from software.models import Build, CancellationPolicy, Price, ProductKey, Sku, TaxRate
from tests.factories import buy_line, make_build, make_sku
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.house import listed, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


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


def test_the_version_of_a_policy_is_only_read(browser):
    assert str(CancellationPolicy.NEVER.label) in words_of(browser.get(listed("policyversion")))
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
