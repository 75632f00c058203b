"""What a certificate of cancellation says: C9, by the schema of docs/certificate.md."""

import hashlib
import json

import pytest

from cancellations.certificates.models import Certificate
from cancellations.notice import NOTICES
from csp_portal.accounts.permissions import Role
from software.models import DownloadSession, KeyIssue, Kind, TaxRate
from software.services import renew_link, reveal_key, revoke_link, start_download
from software.services.releasing import release_due
from tests.factories import CustomerFactory, UserFactory, add_keys, buy, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db


def certified(line, actor, quantity=None):
    """What the certificate of cancelling (units of) the line says."""
    return json.loads(cancel(line, actor, quantity).certificate.document)


@pytest.fixture
def seoul(partner):
    return CustomerFactory(
        partner=partner,
        company_name="한빛소프트 주식회사",
        primary_domain="hanbit.example",
        market="KR",
        currency="KRW",
    )


def test_it_names_the_parties_the_purchase_and_who_cancelled(clock, agent, customer, partner, settings):
    settings.OPERATOR_NAME = "北风云分销有限公司"
    sku = make_sku("1200.00", title="Server - 1 year")
    line = buy(agent, customer, make_sku(), sku, quantity=2).lines.get(line_number=2)
    clock.set("2020-02-02T09:30:15.123456Z")
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    facts = certified(line, colleague)
    assert (facts["schema"], facts["version"], facts["language"]) == ("cancellation-certificate", 1, "en")
    assert facts["made_at"] == "2020-02-02T09:30:15.123456Z"
    assert facts["issuer"] == {
        "legal_name": "北风云分销有限公司",
        "address": settings.OPERATOR_ADDRESS,
        "tax_id": settings.OPERATOR_TAX_ID,
    }
    assert facts["partner"] == {
        "id": str(partner.public_id),
        "legal_name": partner.legal_name,
        "address": partner.address,
        "tax_id": partner.tax_id,
    }
    assert facts["customer"] == {
        "tenant_id": str(customer.tenant_id),
        "company_name": customer.company_name,
        "primary_domain": customer.primary_domain,
    }
    assert facts["purchase"] == {
        "id": str(line.purchase.public_id),
        "order_number": line.order.number,
        "line_number": 2,
        "product_id": sku.product.product_id,
        "product_title": sku.product.title,
        "sku_id": sku.sku_id,
        "sku_title": "Server - 1 year",
        "kind": "subscription",
        "quantity": 2,
        "purchased_at": "2020-01-24T12:00:00.000000Z",
    }
    assert facts["policy"] == {
        "name": "self_service",
        "version": 1,
        "last_day": "2020-03-24",
        "window_closes_at": "2020-03-25T00:00:00.000000Z",
    }
    who = {"id": str(colleague.public_id), "email": colleague.email, "name": colleague.name}
    assert facts["cancellation"] == {
        "cancelled_at": "2020-02-02T09:30:15.123456Z",
        "cancelled_by": who,
        "quantity": 2,
        "quantity_before": 0,
        "quantity_left": 0,
    }
    assert facts["accepted"] == {
        "notice_version": 1,
        "sentences": [str(sentence) for sentence in NOTICES[1]],
        "accepted_at": "2020-02-02T09:30:15.123456Z",
        "accepted_by": who,
    }


def test_a_subscription_s_credit_stands_with_its_numbers_and_its_month(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("1200.00"))
    clock.set("2020-02-02T12:00:00Z")
    credit = certified(line, agent)["credit"]
    sentences = [sentence.replace("\xa0", " ") for sentence in credit.pop("sentences")]
    assert credit == {
        "currency": "USD",
        "tax_included": False,
        "net": "1167.21",
        "tax": "0.00",
        "gross": "1167.21",
        "charged": "1200.00",
        "quoted_at": "2020-02-02T12:00:00.000000Z",
        "term_days": 366,
        "days_used": 10,
        "invoice_month": "2020-02",
    }
    assert sentences == [
        "Net: 1,200.00 USD × (366 − 10) / 366 = 1,167.21 USD; 10 of the term's 366 days were used.",
        "Tax: none was charged, so none is credited.",
    ]


def test_a_price_with_tax_and_one_without_minor_units_keep_their_digits(clock, agent, partner, seoul):
    clock.set("2021-01-24T12:00:00Z")
    TaxRate.objects.create(market="AU", name="GST", rate="0.10", included_in_price=True, valid_from="2000-07-01")
    sydney = CustomerFactory(partner=partner, market="AU", currency="AUD")
    taxed = buy_line(agent, sydney, make_sku("1100.00", market="AU", currency="AUD"))
    whole = buy_line(agent, seoul, make_sku("1500000", market="KR", currency="KRW"))
    clock.set("2021-02-02T12:00:00Z")
    credit = certified(taxed, agent)["credit"]
    assert (credit["net"], credit["tax"], credit["gross"]) == ("972.60", "97.26", "1069.86")
    assert (credit["charged"], credit["tax_included"]) == ("1100.00", True)
    in_seoul = certified(whole, agent)
    assert (in_seoul["credit"]["gross"], in_seoul["credit"]["charged"]) == ("1458904", "1500000")
    assert in_seoul["customer"]["company_name"] == "한빛소프트 주식회사"


def test_perpetual_software_has_no_days(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("500.00", kind=Kind.PERPETUAL))
    clock.set("2020-03-24T23:59:59Z")
    credit = certified(line, agent)["credit"]
    assert (credit["term_days"], credit["days_used"]) == (None, None)
    assert (credit["gross"], credit["invoice_month"]) == ("500.00", "2020-03")


def test_each_part_has_a_certificate_of_its_own_with_what_it_took_and_what_it_left(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("100.00", kind=Kind.PERPETUAL, key_issue=KeyIssue.PER_UNIT, keys=3), 3)
    first, second, third = line.purchase.keys.order_by("pk")
    clock.set("2020-01-25T08:00:00Z")
    reveal_key(third.public_id, actor=agent)
    clock.set("2020-01-26T08:00:00Z")
    make_link(agent, line.purchase)
    part, rest = certified(line, agent, 1), certified(line, agent)
    assert [key["last_five"] for key in part["revoked"]["keys"]] == [second.last_five]
    assert [key["last_five"] for key in rest["revoked"]["keys"]] == [first.last_five, third.last_five]
    assert [key["seen_at"] for key in rest["revoked"]["keys"]] == [None, "2020-01-25T08:00:00.000000Z"]
    quantities = [
        [facts["cancellation"][name] for name in ("quantity", "quantity_before", "quantity_left")]
        for facts in (part, rest)
    ]
    assert quantities == [[1, 0, 2], [2, 1, 0]]
    assert (part["accepted"]["notice_version"], rest["accepted"]["notice_version"]) == (2, 1)
    assert part["accepted"]["sentences"] == [str(sentence) for sentence in NOTICES[2]]
    assert (part["credit"]["gross"], rest["credit"]["gross"]) == ("100.00", "200.00")
    assert (part["revoked"]["links"], len(rest["revoked"]["links"])) == ([], 1)


def test_a_key_is_told_by_what_the_log_tells_it_by(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    key = line.purchase.keys.get()
    reveal_key(key.public_id, actor=agent)
    clock.set("2020-01-27T09:00:00Z")
    revoked = certified(line, agent)["revoked"]
    subject = key.log_subject()
    assert revoked["revoked_at"] == "2020-01-27T09:00:00.000000Z"
    assert revoked["keys"] == [
        {
            "id": subject["details"]["key"],
            "last_five": subject["key_last_five"],
            "hash": subject["key_hash"],
            "hash_key_id": subject["key_hash_key_id"],
            "seen_at": "2020-01-24T12:00:00.000000Z",
        }
    ]


@pytest.mark.parametrize("fields", [{}, {"key_issue": KeyIssue.NONE}])
def test_keys_that_are_pending_or_that_there_are_none_of_are_an_empty_list(clock, agent, customer, fields):
    revoked = certified(buy_line(agent, customer, make_sku(**fields)), agent)["revoked"]
    assert revoked["keys"] == revoked["links"] == []
    assert revoked["open_downloads"] == 0


def test_links_stand_with_label_and_all_the_downloads_that_count(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    build = make_build(line.purchase.sku.product, file_name="서버.iso")
    plain, labelled = make_link(agent, line.purchase, build), make_link(agent, line.purchase, build, label="上海分公司")
    for _time in range(2):
        start_download(labelled.token, user=None)
    clock.set("2020-01-24T12:20:00Z")
    release_due()  # nothing was sent of these two
    for link in (labelled, labelled, plain):
        start_download(link.token, user=None)
    renew_link(labelled.public_id, grant_seen=1, actor=agent)
    start_download(labelled.token, user=None)
    DownloadSession.objects.update(sent_at="2020-01-24T12:20:00Z")
    revoked = certified(line, agent)["revoked"]
    assert revoked["links"] == [
        {"id": str(plain.public_id), "label": "", "file_name": "서버.iso", "downloads": 1},
        {"id": str(labelled.public_id), "label": "上海分公司", "file_name": "서버.iso", "downloads": 3},
    ]
    assert revoked["open_downloads"] == 4


def test_a_link_that_was_revoked_before_and_a_download_that_was_over_are_not_of_it(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    build = make_build(line.purchase.sku.product)
    revoked_before, live = make_link(agent, line.purchase, build), make_link(agent, line.purchase, build, label="live")
    start_download(revoked_before.token, user=None)
    start_download(live.token, user=None)
    revoke_link(revoked_before.public_id, actor=agent)
    clock.set("2020-01-25T12:00:00Z")  # 24 hours later, to the instant
    start_download(live.token, user=None)
    revoked = certified(line, agent)["revoked"]
    assert [link["id"] for link in revoked["links"]] == [str(live.public_id)]
    assert revoked["open_downloads"] == 1


def test_no_full_key_stands_in_it(agent, customer):
    sku = make_sku(key_issue=KeyIssue.PER_UNIT)
    keys = add_keys(sku, 2)
    cancel(buy_line(agent, customer, sku, 2), agent)
    document = Certificate.objects.get().document
    assert [key for key in keys if key[-5:] in document] == keys
    assert [key for key in keys if key[:-5] in document or key.replace("-", "") in document] == []


def test_its_text_is_canonical_and_its_sha256_that_of_its_bytes(agent, seoul):
    sku = make_sku("1500000", market="KR", currency="KRW", title='Server "1"\n\t년')
    certificate = cancel(buy_line(agent, seoul, sku), agent).certificate
    facts = json.loads(certificate.document)
    assert certificate.document == json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "한빛소프트 주식회사" in certificate.document
    assert certificate.sha256 == hashlib.sha256(certificate.document.encode()).hexdigest()
