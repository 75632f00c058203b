"""A browser follows the landing page's form to the object storage; the content security policy lets it (K10)."""

import pytest

from tests.factories import buy_line, make_build, make_link, make_sku
from tests.s3 import s3_running, use_object_storage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def storage(settings):
    with s3_running() as (endpoint, _bucket):
        use_object_storage(settings, endpoint)
        yield endpoint


def test_download_saves_the_file_from_the_storage(storage, open_browser, agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    link = make_link(agent, purchase, make_build(purchase.sku.product, b"the bytes of a build"))
    page = open_browser()
    page.goto(link.get_absolute_url())
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.url.startswith(storage)
    assert started.value.suggested_filename == "setup.iso"
    assert started.value.path().read_bytes() == b"the bytes of a build"
