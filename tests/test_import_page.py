"""The two steps of an import in the browser: check, then add: U4."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from csp_portal import kept_uploads
from customers.import_file import LARGEST_FILE
from customers.models import Customer
from tests.factories import CustomerFactory
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.test_customer_import import HEADER, row

pytestmark = pytest.mark.django_db

URL, CHECK = "/customers/import/", "/customers/import/check/"
FORGOTTEN = "The check of this file is over an hour old, so it is forgotten. Choose it again."


def upload(*rows, name="customers.csv", content=None):
    content = "\n".join([HEADER, *rows]).encode() if content is None else content
    return {"file": SimpleUploadedFile(name, content, content_type="text/csv")}


def checked(client, *rows):
    """Send a file that is right; answers the id under which it is kept."""
    response = client.post(URL, upload(*rows))
    assert response.status_code == 302
    address, _question, query = response.url.partition("?upload=")
    assert address == CHECK
    return query


def test_a_file_is_checked_first_and_added_when_that_is_confirmed(client_of, agent, customer):
    client = client_of(agent)
    upload_id = checked(client, row(name="Contoso 서울"), row(), row(guid=customer.tenant_id, name="Another name"))
    assert Customer.objects.count() == 1
    preview = client.get(CHECK, {"upload": upload_id})
    words = words_of(preview)
    assert "new, will be added 2" in words
    assert "there already, left as they are 1" in words
    assert "of these different in the file 1" in words
    assert "Contoso 서울" in words
    assert "Add 2 customers" in words
    assert Customer.objects.count() == 1
    done = client.post(CHECK, {"upload": upload_id}, follow=True)
    assert done.redirect_chain == [("/customers/", 302)]
    assert "2 customers were added." in words_of(done)
    assert Customer.objects.count() == 3


def test_a_double_click_adds_once_and_says_so(client_of, agent):
    client = client_of(agent)
    upload_id = checked(client, row(), row())
    client.post(CHECK, {"upload": upload_id})
    again = client.post(CHECK, {"upload": upload_id}, follow=True)
    assert "Nothing was added: all 2 customers of the file were there already." in words_of(again)
    assert Customer.objects.count() == 2


def test_a_file_without_anything_new_cannot_be_added(client_of, agent, customer):
    client = client_of(agent)
    words = words_of(client.get(CHECK, {"upload": checked(client, row(guid=customer.tenant_id))}))
    assert "All customers of this file are there already, so there is nothing to add." in words
    assert "Add 0" not in words


def test_bad_rows_are_listed_by_line(client_of, agent):
    response = client_of(agent).post(URL, upload(row(), row(market="Germany"), row(guid="<b>"), "too,few"))
    assert response.status_code == 200
    words = words_of(response)
    assert "Nothing was imported, because something in the file is wrong." in words
    assert "3 Market: Give a country's code of two capital letters, such as DE." in words
    assert "4 Microsoft ID: This is no GUID." in words
    assert "5 The row has not as many cells as the header" in words
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file."),
        (upload(content=b""), "The file is empty. Choose another one."),
        (upload(content=b"x" * (LARGEST_FILE + 1)), "The file is too large: at most 5\xa0MiB. Split it into several."),
        (upload(content=b"\xff\xfeM\x00"), "The file is not UTF-8 text: save it as “CSV UTF-8”"),
    ],
    ids=["none", "empty", "large", "utf-16"],
)
def test_a_file_that_will_not_do_is_told_in_a_sentence(client_of, agent, sent, sentence):
    for file in sent.values():
        file.seek(0)
    assert " ".join(sentence.split()) in words_of(client_of(agent).post(URL, sent))


def test_after_an_hour_a_checked_file_is_forgotten_and_that_is_said(client_of, agent, monkeypatch):
    assert kept_uploads.KEPT_FOR == 60 * 60
    monkeypatch.setattr(kept_uploads, "KEPT_FOR", 0)
    client = client_of(agent)
    upload_id = checked(client, row())
    for answer in (client.get, client.post):
        response = answer(CHECK, {"upload": upload_id}, follow=True)
        assert response.redirect_chain == [(URL, 302)]
        assert FORGOTTEN in words_of(response)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("upload_id", ["", "x", "a\0b", "6f9619ff-8b86-4011-b42d-00c04fc964ff"])
def test_an_id_of_no_file_is_answered_like_a_forgotten_one(client_of, agent, upload_id):
    assert FORGOTTEN in words_of(client_of(agent).post(CHECK, {"upload": upload_id}, follow=True))


def test_a_checked_file_is_its_sender_s_only(client_of, agent, global_admin, stranger):
    upload_id = checked(client_of(agent), row())
    for other in (global_admin, stranger):
        assert FORGOTTEN in words_of(client_of(other).post(CHECK, {"upload": upload_id}, follow=True))
    assert not Customer.objects.exists()


def test_what_was_taken_since_the_check_is_listed_and_nothing_added(client_of, agent, partner):
    client = client_of(agent)
    upload_id = checked(client, row(domain="taken.example"), row())
    CustomerFactory(partner=partner, company_name="Fabrikam Inc", primary_domain="taken.example")
    for answer in (client.get, client.post):
        words = words_of(answer(CHECK, {"upload": upload_id}))
        assert "2 Primary domain name: your customer Fabrikam Inc" in words
        assert "Nothing was imported" in words
    assert Customer.objects.count() == 1


def test_the_example_can_be_imported_as_it_is(client_of, agent):
    client = client_of(agent)
    response = client.get("/customers/import/example.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="customers-example.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    sent = client.post(URL, upload(content=response.content))
    client.post(CHECK, {"upload": sent.url.partition("=")[2]})
    assert list(Customer.objects.order_by("pk").values_list("company_name", flat=True)) == [
        cells[1] for cells in rows[1:]
    ]


def test_a_large_file_is_shown_in_part_and_added_whole(client_of, agent):
    client = client_of(agent)
    upload_id = checked(client, *(row() for _number in range(120)))
    assert "and 20 more rows of the file" in words_of(client.get(CHECK, {"upload": upload_id}))
    assert len(queries_of(client, CHECK, data={"upload": upload_id})) <= MOST_QUERIES
    client.post(CHECK, {"upload": upload_id})
    assert Customer.objects.count() == 120


def test_the_rules_of_a_file_stand_beside_the_form(client_of, agent):
    words = words_of(client_of(agent).get(URL))
    assert "10,000 rows, 5 MiB." in words
    assert (
        "Reseller, Cloud Reseller, Indirect Reseller, Advisor, Syndication, Microsoft Support, None, Unknown" in words
    )
    assert "that customer is left as it is" in words
