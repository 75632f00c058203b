"""What the form of signing in says of what it cannot take."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("a\0@partner.example", "This holds a character that no keyboard types."),
        ("a" * 1_000 + "@partner.example", "This is too long: give at most"),
    ],
)
def test_what_is_no_address_is_told_in_our_words(client, email, said):
    page = client.post(reverse("account_login"), {"login": email, "password": "a"}).content.decode()
    assert said in page
    assert "Null characters" not in page
    assert "Ensure this value" not in page
