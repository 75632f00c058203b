"""`If-Range` by strong comparison, and conditions and ranges in the order of RFC 9110, 13.2.2 (K7)."""

import pytest
from django.test import Client

from software.ranges import if_range_holds
from tests.factories import buy_line, make_build, make_link, make_sku

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4
MODIFIED = "Fri, 24 Jan 2020 12:00:00 GMT"


@pytest.fixture
def link(clock, agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    return make_link(agent, purchase, make_build(purchase.sku.product, CONTENT))


@pytest.fixture
def address(link):
    return Client().post(link.get_absolute_url()).headers["Location"]


def asked(address, **headers):
    response = Client().get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return response.status_code, b"".join(response) if not response.streaming else response.getvalue()


def test_with_the_files_own_etag_the_part_is_sent(link, address):
    assert asked(address, Range="bytes=10-", If_Range=link.build.etag) == (206, CONTENT[10:])


def test_with_the_files_own_date_the_part_is_sent(address):
    assert asked(address, Range="bytes=10-", If_Range=MODIFIED) == (206, CONTENT[10:])


@pytest.mark.parametrize(
    "if_range",
    [
        '"another"',
        "Fri, 24 Jan 2020 11:59:59 GMT",
        "Fri, 24 Jan 2020 12:00:01 GMT",
        "Friday, 24-Jan-20 12:00:00 GMT",
        "",
        "*",
        "x" * 10_000,
        "설",
    ],
)
def test_with_any_other_validator_the_whole_file_is_sent(address, if_range):
    assert asked(address, Range="bytes=10-", If_Range=if_range.encode().decode("latin-1")) == (200, CONTENT)


def test_a_weak_validator_never_holds(link, address):
    assert asked(address, Range="bytes=10-", If_Range=f"W/{link.build.etag}") == (200, CONTENT)


def test_several_validators_are_none(link, address):
    assert asked(address, Range="bytes=10-", If_Range=f"{link.build.etag}, {link.build.etag}") == (200, CONTENT)


def test_without_a_range_it_says_nothing(link, address):
    assert asked(address, If_Range=link.build.etag) == (200, CONTENT)
    assert asked(address, If_Range='"another"') == (200, CONTENT)


def test_a_range_past_the_end_is_416_only_of_the_file_that_is_meant(link, address):
    assert asked(address, Range="bytes=1024-", If_Range=link.build.etag)[0] == 416
    assert asked(address, Range="bytes=1024-", If_Range='"another"') == (200, CONTENT)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If_None_Match": "OWN"}, 304),
        ({"If_None_Match": "W/OWN"}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_Match": '"another"'}, 412),
        ({"If_Match": "W/OWN"}, 412),
        ({"If_Match": "OWN"}, 206),
        ({"If_Unmodified_Since": "Fri, 24 Jan 2020 11:59:59 GMT"}, 412),
        ({"If_Unmodified_Since": MODIFIED}, 206),
        ({"If_Unmodified_Since": "yesterday"}, 206),
        ({"If_Modified_Since": MODIFIED}, 304),
        ({"If_Modified_Since": "Thu, 31 Feb 2020 12:00:00 GMT"}, 206),
    ],
)
def test_a_precondition_is_judged_before_the_range(link, address, condition, status):
    given = {name: value.replace("OWN", link.build.etag) for name, value in condition.items()}
    answered, body = asked(address, Range="bytes=0-9", If_Range=link.build.etag, **given)
    assert answered == status
    assert body == (CONTENT[:10] if status == 206 else b"")


def test_a_validator_holds_to_the_last_sign():
    etag = '"abc"'
    assert if_range_holds('"abc"', etag=etag, last_modified=MODIFIED)
    assert if_range_holds(f" {MODIFIED} ", etag=etag, last_modified=MODIFIED)
    for other in ('"ABC"', "abc", 'W/"abc"', MODIFIED.lower(), ""):
        assert not if_range_holds(other, etag=etag, last_modified=MODIFIED)
