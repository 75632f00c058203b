"""Calls made up from the OpenAPI document: none meets a fault, or an answer that the document does not know (X3)."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from csp_portal.accounts.models import roles_of_side
from csp_portal.api.docs.document import openapi
from tests.api import Caller

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))  # of each operation; `EXAMPLES=200` looks further
TAGS = sorted({operation["tags"][0] for methods in openapi()["paths"].values() for operation in methods.values()})
MADE_UP = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def caller(global_admin, settings):
    settings.API_CALLS_PER_MINUTE = 1_000_000
    return Caller(global_admin, *roles_of_side(global_admin.partner_id))


@pytest.mark.parametrize("tag", TAGS)
def test_no_call_meets_a_fault_or_an_answer_that_is_not_documented(tag, caller, customer, live_server):
    schema = schemathesis.openapi.from_dict(openapi()).include(tag=tag)
    for operation in schema.get_all_operations():
        _call(operation.ok(), caller, customer, live_server.url)


def _call(operation, caller, customer, url):
    @MADE_UP
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def call(case, is_known):
        if is_known and "tenant_id" in case.path_parameters:
            case.path_parameters["tenant_id"] = str(customer.tenant_id)  # so that calls come further than the 404
        case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {caller.token}"}, checks=CHECKS)

    call()
