"""A certificate as page, PDF and JSON: who sees it, that all say the same, and how it is checked (C9)."""

import subprocess

import pytest

from cancellations.certificates.models import Certificate
from cancellations.certificates.views import KEYS_SHOWN
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from orders.billing.services import post_due_credits
from software.models import KeyIssue, Kind
from software.services import reveal_key
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, add_keys, buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, quote_of, words_of

pytestmark = pytest.mark.django_db
READERS = [Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN, Role.REFERRAL_ADMIN, Role.MARKETING_CONTENT_ADMIN, Role.AUDITOR]


@pytest.fixture
def seoul(clock):
    """A customer in Seoul of a partner in Shanghai."""
    partner = PartnerFactory(legal_name="上海云途科技有限公司", address="浦东新区世纪大道100号\n上海")
    return CustomerFactory(partner=partner, company_name="한빛소프트 주식회사", market="KR", currency="KRW")


@pytest.fixture
def agent_there(seoul):
    return UserFactory(partner=seoul.partner, roles=[Role.ADMIN_AGENT], email="kim@yuntu.example")


@pytest.fixture
def line(seoul, agent_there):
    """A subscription of three units with a key each, one of which was seen, and a labelled link."""
    sku = make_sku("1500000", market="KR", currency="KRW", title="서버 - 1년", key_issue=KeyIssue.PER_UNIT)
    add_keys(sku, 3)
    line = buy_line(agent_there, seoul, sku, 3)
    reveal_key(line.purchase.keys.earliest("pk").public_id, actor=agent_there)
    make_link(agent_there, line.purchase, label="上海分公司")
    return line


@pytest.fixture
def certificate(clock, line, agent_there):
    """Of the whole line, on its tenth day."""
    clock.set("2020-02-02T12:00:00Z")
    return cancel(line, agent_there).certificate


def text_of(pdf, *options):
    """The words of a PDF, by the program that others read it with; its white space evened out."""
    printed = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True)
    return " ".join(printed.stdout.decode().split())


TOLD_BY_BOTH = [
    "Northwind Cloud Distribution Ltd",
    "上海云途科技有限公司",
    "浦东新区世纪大道100号",
    "한빛소프트 주식회사",
    "서버 - 1년",
    "self-service, version 1: until the end of 24 March 2020 (UTC)",
    "Keys: 3. Download links: 1. Downloads that were open: 0. All at 2 Feb 2020, 12:00 UTC",
    "上海分公司",
    "kim@yuntu.example read and accepted this, version 1, on 2 Feb 2020, 12:00 UTC",
    "You and your customer must stop using the software, uninstall it, and delete the downloads",
    "Net: 4,500,000 KRW × (366 − 10) / 366 = 4,377,049 KRW",
    "February 2020",
]


def test_page_and_pdf_tell_what_stands_in_the_document(client_of, agent_there, certificate, line):
    browser = client_of(agent_there)
    page = words_of(browser.get(certificate.get_absolute_url())).replace("\xa0", " ")
    printed = text_of(browser.get(f"{certificate.get_absolute_url()}pdf/").getvalue()).replace("\xa0", " ")
    purchase = line.purchase
    ids = [line.order.number, str(purchase.public_id), str(certificate.public_id), certificate.sha256]
    ids += [key.hash for key in purchase.keys.all()] + [str(line.order.customer.tenant_id)]
    told = {"page": page, "pdf": printed}
    missing = [(where, words) for where in told for words in [*TOLD_BY_BOTH, *ids] if words not in told[where]]
    assert missing == []
    assert page.count("24 Jan 2020, 12:00 UTC") == 2  # bought then, and one key seen; the others never
    assert page.count("never") == printed.count("never") == 2


def test_the_file_s_sha256_is_the_one_on_the_page_by_the_program_that_the_page_names(
    client_of, agent_there, certificate, tmp_path
):
    browser = client_of(agent_there)
    answer = browser.get(f"{certificate.get_absolute_url()}json/")
    name = f"certificate-{certificate.cancellation.order_line.order.number}-1-{str(certificate.public_id)[:8]}.json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"] == "application/json"
    (tmp_path / name).write_bytes(answer.content)
    checked = subprocess.run(["sha256sum", name], cwd=tmp_path, capture_output=True, text=True, check=True)
    page = words_of(browser.get(certificate.get_absolute_url()))
    assert f"run sha256sum {name} : it prints the same" in page
    assert checked.stdout.split()[0] in page


def test_the_pdf_is_a_download_and_the_same_bytes_each_time(client_of, agent_there, certificate, clock):
    url = f"{certificate.get_absolute_url()}pdf/"
    first = client_of(agent_there).get(url)
    printed = first.getvalue()
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["Content-Disposition"].startswith('attachment; filename="certificate-')
    clock.set("2021-05-05T12:00:00Z")
    browser = client_of(agent_there)
    browser.cookies["timezone"] = "Asia/Seoul"
    assert browser.get(url).getvalue() == printed


def test_no_full_key_is_anywhere(client_of, agent_there, seoul):
    sku = make_sku("1500000", market="KR", currency="KRW")
    (key,) = add_keys(sku, 1)
    certificate = cancel(buy_line(agent_there, seoul, sku), agent_there).certificate
    browser, url = client_of(agent_there), certificate.get_absolute_url()
    shown = [browser.get(url).content.decode(), text_of(browser.get(f"{url}pdf/").getvalue())]
    assert all(key[-5:] in text for text in shown)
    shown += [certificate.document, *Mail.objects.values_list("text", flat=True)]
    assert [text for text in shown if key[:-5] in text or key.replace("-", "") in text] == []


@pytest.mark.parametrize("role", READERS)
def test_readers_of_the_log_see_it_and_find_it_there(client_of, certificate, seoul, role):
    browser = client_of(UserFactory(partner=seoul.partner, roles=[role]))
    log = browser.get("/activity/?show=all&from=2020-02-01&to=2020-02-03").content.decode()
    assert f'href="{certificate.get_absolute_url()}"' in log
    page = browser.get(certificate.get_absolute_url())
    assert page.status_code == 200
    leads_to_the_order = f"/orders/{certificate.cancellation.order_line.order.number}/" in page.content.decode()
    assert leads_to_the_order == (role == Role.GLOBAL_ADMIN)


@pytest.mark.parametrize("ending", ["", "pdf/", "json/"])
def test_another_partner_s_is_not_found(client_of, certificate, stranger, ending):
    assert client_of(stranger).get(f"{certificate.get_absolute_url()}{ending}").status_code == 404


@pytest.mark.parametrize("ending", ["", "pdf/", "json/"])
def test_the_operator_s_staff_are_refused(client_of, certificate, keeper, ending):
    assert client_of(keeper).get(f"{certificate.get_absolute_url()}{ending}").status_code == 403


def test_order_software_tab_and_the_message_after_submit_lead_to_it(client_of, agent_there, line, clock):
    browser = client_of(agent_there)
    tenant, sku = line.order.customer.tenant_id, line.purchase.sku.public_id
    sent = {"quote": quote_of(line).signed(), "notice_accepted": "on"}
    url = f"/customers/{tenant}/software/{sku}/cancel/?order={line.order.number}"
    answer = browser.post(url, sent, follow=True)
    certificate = Certificate.objects.get()
    link = f'<a href="{certificate.get_absolute_url()}">'
    assert f"{link}Certificate of cancellation</a>" in answer.content.decode()
    software = f"/customers/{tenant}/software/?sku={sku}&purchase={line.purchase.public_id}"
    for page in (line.order.get_absolute_url(), software):
        assert f"{link}Certificate</a>" in browser.get(page).content.decode()


def test_each_line_of_several_in_one_go_leads_to_its_own(client_of, agent_there, line):
    other = buy_line(agent_there, line.order.customer, line.purchase.sku)
    sent = {"quote": [quote_of(each).signed() for each in (line, other)], "notice_accepted": "on"}
    answer = client_of(agent_there).post(f"/customers/{line.order.customer.tenant_id}/cancel/", sent)
    links = [f'<a href="{made.get_absolute_url()}">Certificate</a>' for made in Certificate.objects.all()]
    assert [answer.content.decode().count(link) for link in links] == [1, 1]


def test_the_credit_on_the_account_leads_to_it(client_of, agent_there, certificate):
    post_due_credits()
    page = client_of(agent_there).get("/invoices/unbilled/KRW/").content.decode()
    assert f'<a href="{certificate.get_absolute_url()}">Certificate</a>' in page


def test_each_part_is_told_apart_on_the_order(client_of, agent_there, line):
    parts = [cancel(line, agent_there, 1).certificate, cancel(line, agent_there).certificate]
    page = client_of(agent_there).get(line.order.get_absolute_url()).content.decode()
    assert [page.count(part.get_absolute_url()) for part in parts] == [1, 1]
    assert parts[0].file_name != parts[1].file_name


@pytest.mark.parametrize("ending", ["", "pdf/", "json/"])
def test_ten_keys_cost_as_few_queries_as_one(client_of, agent_there, seoul, ending):
    browser = client_of(agent_there)

    def cost(keys):
        sku = make_sku("10", market="KR", currency="KRW", kind=Kind.PERPETUAL, key_issue=KeyIssue.PER_UNIT, keys=keys)
        certificate = cancel(buy_line(agent_there, seoul, sku, keys), agent_there).certificate
        return len(queries_of(browser, f"{certificate.get_absolute_url()}{ending}"))

    assert cost(1) == cost(10) <= MOST_QUERIES


def test_many_keys_are_shown_page_by_page_and_printed_all(client_of, agent_there, seoul):
    count = KEYS_SHOWN + 1
    sku = make_sku("10", market="KR", currency="KRW", key_issue=KeyIssue.PER_UNIT, keys=count)
    line = buy_line(agent_there, seoul, sku, count)
    certificate = cancel(line, agent_there).certificate
    browser, url = client_of(agent_there), certificate.get_absolute_url()
    last = line.purchase.keys.latest("pk").hash
    assert last not in browser.get(url).content.decode()
    assert last in browser.get(f"{url}?page=2").content.decode()
    assert last in text_of(browser.get(f"{url}pdf/").getvalue())
