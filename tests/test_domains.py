"""What a primary domain may be, and the one form in which it is kept: U1."""

import pytest
from django.core.exceptions import ValidationError

from customers.domains import domain_name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("contoso.com", "contoso.com"),
        (" Contoso.OnMicrosoft.COM. ", "contoso.onmicrosoft.com"),
        ("MÜNCHEN.de", "münchen.de"),
        ("xn--mnchen-3ya.de", "münchen.de"),
        ("XN--MNCHEN-3YA.de", "münchen.de"),
        ("straße.de", "straße.de"),
        ("삼성.한국", "삼성.한국"),
        ("xn--cg4bki.xn--3e0b707e", "삼성.한국"),
        ("例え。jp", "例え.jp"),
        ("r3---sn.example", "r3---sn.example"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_one_domain_has_one_form(written, kept):
    assert domain_name(written) == kept
    assert domain_name(kept) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("https://contoso.com", "Give the domain alone"),
        ("contoso.com/about", "Give the domain alone"),
        ("agent@contoso.com", "Give the domain alone"),
        ("contoso .com", "Give the domain alone"),
        ("contoso", "A domain ends in a name such as .com"),
        ("192.0.2.1", "A domain ends in a name such as .com"),
        ("contoso..com", "Something is missing between two dots"),
        (".com", "Something is missing between two dots"),
        ("-contoso.com", "“-contoso” cannot stand in a domain: letters, digits and hyphens only"),
        ("con_toso.com", "“con_toso” cannot stand in a domain: letters, digits and hyphens only"),
        ("con'toso.com", "“con'toso” cannot stand in a domain: letters, digits and hyphens only"),
        ("xn--0.com", "“xn--0” cannot stand in a domain: it breaks the rules for its script"),
        ("💩.example", "“💩” cannot stand in a domain: it breaks the rules for its script"),
        (f"{'a' * 64}.com", "A part between two dots has at most 63 characters."),
        (f"{'ü' * 63}.com", "“" + "ü" * 63 + "” cannot stand in a domain"),
        (".".join(["a" * 60] * 5), "This is too long: a domain has at most 253 characters."),
    ],
)
def test_what_is_wrong_with_a_domain_is_said(written, reason):
    with pytest.raises(ValidationError) as wrong:
        domain_name(written)
    assert wrong.value.messages[0].startswith(reason)
