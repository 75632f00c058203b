"""Whatever a page can do, the API can do: the URL table beside the OpenAPI document (X3)."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from csp_portal.api.docs.document import openapi
from csp_portal.api.routes import ROOT
from tests.api_pages import EXCEPTIONS, NOT_PARTNERS, OPERATIONS


def _routes(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, f"{prefix}{pattern.pattern}")
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.pattern}", pattern.callback


BY_ITS_TOKEN = "v1/activity"  # collectors have no roles
# Facts of the partner itself, and of countries, which anybody of it may read.
OF_ANY_ROLE = {f"v1/profiles/{kind}" for kind in ("organization", "legalbusiness", "billing", "support", "mpn")}
API = {route: view for route, view in _routes() if route.startswith(ROOT)}


# What the partner-center-api.md sheet lists in its section 13, below /v1; ids in braces under the portal's names.
PARTNER_CENTER = """
GET POST /customers
GET /customers/{tenant_id}
GET /customers/{tenant_id}/profiles/company
GET PUT /customers/{tenant_id}/profiles/billing
HEAD /domains/{domain}
GET /products
GET /products/{product_id}
GET /products/{product_id}/skus
GET /products/{product_id}/skus/{sku_id}
GET /products/{product_id}/skus/{sku_id}/availabilities
GET /products/{product_id}/skus/{sku_id}/availabilities/{availability_id}
GET /customers/{tenant_id}/products
GET /customers/{tenant_id}/products/{product_id}
GET /customers/{tenant_id}/products/{product_id}/skus
GET /customers/{tenant_id}/products/{product_id}/skus/{sku_id}
GET /customers/{tenant_id}/products/{product_id}/skus/{sku_id}/availabilities
GET /customers/{tenant_id}/products/{product_id}/skus/{sku_id}/availabilities/{availability_id}
POST /extensions/product/checkinventory
POST /customers/{tenant_id}/carts
GET PUT /customers/{tenant_id}/carts/{cart_id}
POST /customers/{tenant_id}/carts/{cart_id}/checkout
GET POST /customers/{tenant_id}/orders
GET PATCH /customers/{tenant_id}/orders/{order_id}
GET /customers/{tenant_id}/orders/{order_id}/provisioningstatus
GET /customers/{tenant_id}/orders/{order_id}/activationlinks
GET /customers/{tenant_id}/orders/{order_id}/lineitems/{line_number}/activationlinks
GET /customers/{tenant_id}/entitlements
GET /customers/{tenant_id}/subscriptions
GET PATCH /customers/{tenant_id}/subscriptions/{subscription_id}
GET /invoices
GET /invoices/{invoice_id}
GET /invoices/{invoice_id}/documents/statement
GET /invoices/{invoice_id}/lineitems
GET /invoices/{invoice_id}/lineitems/{provider}/{line_type}
GET /invoices/unbilled/lineitems
GET /invoices/summary
GET /invoices/summaries
GET /servicerequests/supporttopics
GET /servicerequests
GET /customers/{tenant_id}/servicerequests
GET POST PATCH /servicerequests/{request_id}
GET PATCH /customers/{tenant_id}/servicerequests/{request_id}
GET /auditrecords
GET /profiles/organization
GET /profiles/support
GET /profiles/legalbusiness
GET /profiles/billing
GET /profiles/mpn
GET /roles
GET POST /roles/{role}/usermembers
DELETE /roles/{role}/usermembers/{member}
"""


@pytest.mark.parametrize("line", PARTNER_CENTER.strip().splitlines())
def test_what_partner_center_has_for_software_is_there(line):
    *methods, path = line.split()
    assert {method.lower() for method in methods} <= set(openapi()["paths"][f"/v1{path}"])


def test_every_route_of_the_api_stands_in_the_document():
    documented = set(openapi()["paths"])
    routed = {"/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in API}
    assert routed - documented == set()
    assert documented - routed == set()


@pytest.mark.parametrize("route", sorted(API))
def test_every_method_is_documented_and_a_post_is_done_once(route):
    view = API[route].cls
    path = openapi()["paths"]["/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)]
    methods = {method.lower() for method in view().allowed_methods} - {"options"}
    assert methods - {"head"} == set(path) - {"head", "parameters"}
    if "post" in methods:
        assert hasattr(view.post, "once"), f"{route}: decorate it with @once, or with @anew where it shows a secret"
    needed = {"head" if method == "HEAD" else method.lower() for method in view.needs}
    assert methods - {"head"} <= needed or route in {*OF_ANY_ROLE, BY_ITS_TOKEN}, f"{route}: name in `needs` who may"


def test_every_operation_has_a_summary_a_tag_and_its_answers():
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert operation["tags"] != ["v1"], f"{where} has no @documented"
            assert {"400", "401", "403", "404", "429"} <= set(operation["responses"]), where


def _pages(resolver=None, namespace=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern) and not getattr(pattern.callback, "by_token", False):
            yield f"{namespace}{pattern.name}"


PAGES = sorted({name for name in _pages() if not name.startswith((*NOT_PARTNERS, "oauth_"))})


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_does_an_operation_does_too(page):
    documented = {
        f"{method.upper()} {path}" for path, methods in openapi()["paths"].items() for method in methods if path
    }
    if page in EXCEPTIONS:
        assert page not in OPERATIONS
        return
    assert page in OPERATIONS, "name the operation that does what this page does, or why there is none"
    assert OPERATIONS[page] in documented


def test_only_pages_that_there_are_are_named():
    assert sorted({*OPERATIONS, *EXCEPTIONS} - set(PAGES)) == []
