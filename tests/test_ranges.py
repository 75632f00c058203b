"""Single byte ranges: RFC 9110, 14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from software.ranges import ByteRange, RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=10-", 10, 99),
        ("bytes=99-", 99, 99),
        ("bytes=10-1000", 10, 99),
        ("bytes=-1", 99, 99),
        ("bytes=-100", 0, 99),
        ("bytes=-5000", 0, 99),
        ("Bytes=5-6", 5, 6),
        (f"bytes=1-{'9' * 30}", 1, 99),
    ],
)
def test_a_single_range_is_cut_at_the_end_of_the_file(header, first, last):
    assert parse_range(header, 100) == ByteRange(first, last)


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 50}-"])
def test_a_range_past_the_end_cannot_be_satisfied(header):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 100)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=200-100",
        "bytes=0-1,5-6",
        "bytes=0-1,",
        "bytes= 0-1",
        "bytes=0 -1",
        "bytes=+1-2",
        "bytes=-1-2",
        "bytes=١-٢",
        "items=0-1",
        "bytes=0-1\nbytes=2-3",
        f"bytes={'9' * 5000}-",
    ],
)
def test_what_is_malformed_or_several_ranges_is_passed_over(header):
    assert parse_range(header, 100) is None


def test_an_empty_file_is_sent_whole_for_a_suffix_and_has_no_first_byte():
    assert parse_range("bytes=-1", 0) is None
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


def test_a_range_names_itself_and_its_length():
    assert ByteRange(10, 19).content_range(100) == "bytes 10-19/100"
    assert ByteRange(10, 19).length == 10


@given(first=st.integers(0, 300), last=st.integers(0, 300), size=st.integers(1, 200))
def test_the_bytes_are_those_of_a_slice(first, last, size):
    whole = bytes(number % 256 for number in range(size))
    try:
        part = parse_range(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first <= last
        assert whole[first:] == b""
        return
    if part is None:
        assert last < first
    else:
        assert whole[part.first : part.last + 1] == whole[first : last + 1]
        assert part.length == len(whole[first : last + 1])
