"""CSV files that are sent: safe in a spreadsheet, plain for programs, row by row."""

import csv
import io
from decimal import Decimal

import pytest

from csp_portal.csv_files import csv_answer, safe_text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tplain",
        "\rplain",
        "  =1+1",
        "\N{NO-BREAK SPACE}=1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM",
        '=HYPERLINK("http://evil.example","x")',
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Contoso", "1+1=2", "a@b.example", "고객", "'quoted'", "(=1)"])
def test_any_other_text_stays_as_it_is(text):
    assert safe_text(text) == text


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell():
    answer = csv_answer("x.csv", ["a"], [[Decimal("-1167.21"), Decimal("0.000"), -3, None, 'say "=1", twice']])
    (_heads, row) = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert row == ["-1167.21", "0.000", "-3", "", 'say "=1", twice']


def test_it_is_a_download_in_utf_8_that_excel_reads_and_nobody_keeps():
    answer = csv_answer("lines.csv", ["name"], [["바이시클 自行车"]])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lines.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.getvalue() == b"\xef\xbb\xbfname\r\n" + "바이시클 自行车\r\n".encode()


def test_rows_are_asked_for_as_they_are_sent():
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield [number]

    chunks = iter(csv_answer("x.csv", ["a"], rows()))
    next(chunks)
    assert asked == []
    next(chunks)
    assert asked == [0]
