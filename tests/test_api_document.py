"""The OpenAPI document and the pages to read it on (X3)."""

import pytest
from django.urls import reverse
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from csp_portal.api.docs.document import openapi
from csp_portal.api.docs.operations import by_tag
from tests.helpers import words_of

pytestmark = pytest.mark.django_db


def test_the_document_is_openapi_3_1_and_is_there_for_everybody(client):
    document = client.get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.1"
    assert document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["tokenUrl"]
    assert {"/v1/customers", "/v1/roles"} <= set(document["paths"])


@pytest.mark.parametrize("name", sorted(openapi()["components"]["schemas"]))
def test_each_shape_is_a_schema_and_refers_to_shapes_that_there_are(name):
    schema = openapi()["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    for reference in _references(schema):
        assert reference.removeprefix("#/components/schemas/") in openapi()["components"]["schemas"]


def _references(value):
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "$ref":
                yield each
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_nothing_of_the_document_was_guessed():
    """drf-spectacular warns of shapes that it could not tell, and of names that two shapes share."""
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache} == {}


def test_names_of_operations_are_their_own():
    names = [each["operationId"] for methods in openapi()["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("tag", sorted(by_tag(openapi())))
def test_each_operation_can_be_read_about(client_of, global_admin, tag):
    page = words_of(client_of(global_admin).get(reverse("api_docs"), {"about": tag}))
    for operation in by_tag(openapi())[tag]:
        assert operation.path in page
        assert operation.summary in page


def test_the_first_page_tells_how_to_begin(client_of, agent):
    page = words_of(client_of(agent).get(reverse("api_docs")))
    assert "grant_type=client_credentials" in page
    assert client_of(agent).get(reverse("api_docs"), {"about": "nothing"}).status_code == 404
