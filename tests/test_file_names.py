"""File names in addresses and in `Content-Disposition`: RFC 6266."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from software.file_names import attachment, safe_name


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("setup.iso", 'attachment; filename="setup.iso"'),
        ("two words.iso", 'attachment; filename="two words.iso"'),
        ('a"b\\c.iso', 'attachment; filename="a_b_c.iso"'),
        ("a\r\nSet-Cookie: x=1.iso", 'attachment; filename="a__Set-Cookie: x=1.iso"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("윈도우.iso", "attachment; filename=\"___.iso\"; filename*=UTF-8''%EC%9C%88%EB%8F%84%EC%9A%B0.iso"),
        ("安装 1.iso", "attachment; filename=\"__ 1.iso\"; filename*=UTF-8''%E5%AE%89%E8%A3%85%201.iso"),
        ("Größe'.iso", "attachment; filename=\"Gr__e'.iso\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%27.iso"),
    ],
)
def test_a_name_is_written_for_old_and_new_clients(name, header):
    assert attachment(name) == header


@pytest.mark.parametrize("name", ["", " ", ".", "..", "\n"[:0]])
def test_a_name_that_is_none_becomes_one(name):
    assert safe_name(name) == "download"


def test_a_name_cannot_turn_its_ending_round():
    assert safe_name("invoice\u202eexe.iso") == "invoice_exe.iso"


@given(st.text(max_size=50))
def test_no_name_ends_the_header_or_leaves_its_folder(name):
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert "/" not in safe_name(name)
