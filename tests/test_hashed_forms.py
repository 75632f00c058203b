"""What is hashed of the log stays byte for byte as it is: what was sealed years ago must prove itself (A5).

Another form is another FORMAT.
"""

from hashlib import sha256

from activity.verify import RowsDigest, address_commitment, row_hash, seal_hash

SALT = bytes(range(16))


def test_a_row_is_hashed_with_its_salt_and_its_one_text():
    row = {"position": 7, "chain": "c", "details": {"rows": 3, "a": [1, None, True]}, "actor_name": "김민준"}
    text = '{"actor_name":"김민준","chain":"c","details":{"a":[1,null,true],"rows":3},"position":7}'.encode()
    assert row_hash(row, SALT) == sha256(b"csp-activity-row-1\0" + SALT + text).digest()


def test_the_rows_of_a_seal_are_hashed_with_their_positions():
    rows = RowsDigest()
    rows.add(7, SALT * 2)
    assert rows.hex() == sha256(b"csp-activity-rows-1\0" + b"\0\0\0\0\0\0\0\7" + SALT * 2).hexdigest()


def test_a_seal_is_hashed_by_its_one_text():
    assert (
        seal_hash({"number": 1, "chain": "c"}) == sha256(b'csp-activity-seal-1\0{"chain":"c","number":1}').hexdigest()
    )


def test_an_address_is_committed_to_by_its_salt_and_its_bytes():
    assert address_commitment("203.0.113.9", SALT) == sha256(SALT + bytes([203, 0, 113, 9])).digest()
