"""The road through the portal by a client made of Microsoft's own Swagger file (PyPI partnercenterservices)."""

import pytest
from microsoft.store.partnercenterservices import MicrosoftPartnerStoreApis
from msrest.authentication import BasicTokenAuthentication

from csp_portal.accounts.permissions import Role
from tests.api import Caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore::DeprecationWarning")]
V = "1"


@pytest.fixture
def caller(global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)


@pytest.fixture
def api(caller, live_server):
    """The client as its users make it: with a token and another address, nothing else."""
    return MicrosoftPartnerStoreApis(BasicTokenAuthentication({"access_token": caller.token}), base_url=live_server.url)


def test_customers_are_listed_found_read_and_created(api, customer):
    listed = api.getvversioncustomersfilterfilter.value(version=V, size=10)
    assert [each.id for each in listed.items] == [str(customer.tenant_id)]
    text = f'{{"Field":"CompanyName","Value":"{customer.company_name[:4]}","Operator":"starts_with"}}'
    assert api.getvversioncustomersfilterfilter.value(version=V, filter=text).total_count == 1
    tenant_id = str(customer.tenant_id)
    one = api.getvversioncustomerscustomer.id(tenant_id, version=V)
    assert one.company_profile.company_name == customer.company_name
    assert api.getvversioncustomerscustomer.idprofilescompany(tenant_id, version=V).domain == customer.primary_domain
    assert api.headvversiondomainsdomain(customer.primary_domain, version=V, raw=True).response.status_code == 200
    assert api.headvversiondomainsdomain("free.example", version=V, raw=True).response.status_code == 404
