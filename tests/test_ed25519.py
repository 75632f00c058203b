"""The verifier's own Ed25519 agrees with RFC 8032 and with the library that signs."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from activity.verify import _ORDER, signature_holds

# RFC 8032, section 7.1: tests 1 to 3 (public key, message, signature).
RFC = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC)
def test_the_signatures_of_the_rfc_hold(public, message, signature):
    given_ = [bytes.fromhex(text) for text in (public, message, signature)]
    assert signature_holds(*given_)
    assert not signature_holds(given_[0], given_[1] + b"x", given_[2])


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), byte=st.integers(0, 63))
def test_what_the_library_signs_holds_and_with_another_byte_it_does_not(seed, message, byte):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert signature_holds(public, message, signature)
    changed = bytearray(signature)
    changed[byte] ^= 1
    assert not signature_holds(public, message, bytes(changed))
    assert not signature_holds(public, message + b"\0", signature)


def test_a_second_form_of_a_signature_is_refused():
    """S below the order only: else anybody could make another signature out of one."""
    private = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    signature = private.sign(b"message")
    larger = int.from_bytes(signature[32:], "little") + _ORDER
    other = signature[:32] + larger.to_bytes(32, "little")
    assert not signature_holds(private.public_key().public_bytes_raw(), b"message", other)


@pytest.mark.parametrize(("public", "signature"), [(b"", b"x" * 64), (b"x" * 32, b""), (b"\xff" * 32, b"\xff" * 64)])
def test_what_is_no_key_or_no_signature_does_not_hold(public, signature):
    assert not signature_holds(public, b"message", signature)
