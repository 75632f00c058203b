"""Links with a label on the Software tab, and the way to the history of every link: K4, P2."""

import re
from functools import partial
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.html import escape

from software.models import LINK_DOWNLOADS, MOST_LINKS, DownloadLink
from software.services import renew_link, revoke_link
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """A purchase of 2020-01-24 12:00 UTC."""
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def build(line):
    return make_build(line.purchase.sku.product)


@pytest.fixture
def labelled(agent, line, build):
    """Make the purchase's link with a label."""
    return partial(make_link, agent, line.purchase, build)


def look(client, line, **query):
    address = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    return client.get(address, {"sku": line.purchase.sku.public_id, **query})


def ask(client, line, build, label, **told):
    """Press **Another link**, and go where it leads."""
    address = reverse("software:another_link", args=[line.order.customer.tenant_id, line.purchase.public_id])
    return client.post(address, {"build": build.public_id, "label": label, **told}, follow=True)


def history_of(link):
    return reverse("software:link_history", args=[link.purchase.customer.tenant_id, link.public_id])


def part(response, anchor):
    """What stands in one part of the page, without its marks."""
    page = response.content.decode()
    found = re.search(rf'<(\w+)[^>]* id="{anchor}".*?</\1>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else None


# Making


def test_another_link_is_made_with_its_label_and_stands_on_the_page(agent, client_of, line, build, labelled):
    labelled()
    response = ask(client_of(agent), line, build, "  Branch \t Busan ")
    link = DownloadLink.objects.get(label="Branch Busan")
    assert response.redirect_chain[0][0].endswith(
        f"version=2022&language=en-US&file_type=ISO+x64#link-{link.public_id}"
    )
    assert "The link “Branch Busan” is made: 50 downloads until 7 Feb 2020, 12:00 UTC." in words_of(response)
    shown = part(response, f"link-{link.public_id}")
    parts = ("Branch Busan active", f"http://testserver/d/{link.token}", "50 of 50 left expires", "Download", "Renew")
    assert sorted(parts, key=shown.index) == list(parts)


def test_the_same_label_leads_to_the_link_that_is_there(clock, agent, client_of, line, build, labelled):
    labelled()
    link = labelled(label="Ms Kim")
    clock.set("2020-02-07T12:00:00Z")
    response = ask(client_of(agent), line, build, "MS KIM")
    assert response.redirect_chain[0][0].endswith(f"#link-{link.public_id}")
    assert "There is a link “Ms Kim” already: here it is." in words_of(response)
    assert (DownloadLink.objects.count(), DownloadLink.objects.get(pk=link.pk).grant_number) == (2, 1)


@pytest.mark.parametrize(
    ("label", "told"),
    [("", "Give the link a label"), (" \u200b\n", "Give the link a label"), ("<" * 101, "at most 100 characters")],
)
def test_a_label_that_is_none_makes_no_link_and_stands_at_its_field(
    agent, client_of, line, build, labelled, label, told
):
    labelled()
    response = ask(client_of(agent), line, build, label)
    assert response.redirect_chain[0][0].endswith("#labelled")
    assert told in part(response, "labelled")
    field = re.search(r'<input[^>]* name="label"[^>]*>', response.content.decode())[0]
    assert 'aria-invalid="true"' in field
    assert (f'value="{escape(label)}"' in field) == bool(label)
    assert DownloadLink.objects.count() == 1


def test_a_product_key_is_no_label_and_is_handed_back_in_no_address(agent, client_of, line, build, labelled):
    make_link(agent, line.purchase, build)
    for key in ("QQQQQ-WWWWW-EEEEE-RRRRR-11111", "for Kim: qqqqq wwwww eeeee rrrrr 11111"):
        page = ask(client_of(agent), line, build, key)
        assert "This is a product key. Choose another label; it is written down." in words_of(page)
        assert "rrrrr" not in (str(page.redirect_chain) + page.content.decode()).lower()
    assert DownloadLink.objects.count() == 1


def test_a_label_that_is_none_is_told_where_the_last_link_was_revoked_meanwhile(agent, client_of, line, build):
    assert "Give the link a label" in part(ask(client_of(agent), line, build, " "), "labelled")


def test_a_label_without_end_leads_to_an_address_that_fits(agent, client_of, line, build, labelled):
    labelled()
    response = ask(client_of(agent), line, build, "가" * 100_000)
    assert "at most 100 characters" in part(response, "labelled")
    assert len(response.redirect_chain[0][0]) < 4000


def test_a_form_that_is_not_ours_is_a_bad_request(agent, client_of, line, build):
    address = reverse("software:another_link", args=[line.order.customer.tenant_id, line.purchase.public_id])
    assert client_of(agent).post(address, {"label": "Ms Kim", "build": "x"}).status_code == 400
    assert client_of(agent).post(address, {"label": "Ms Kim", "build": uuid4()}).status_code == 404
    assert not DownloadLink.objects.exists()


def test_one_link_too_many_is_refused_with_the_way_out(agent, client_of, line, build, labelled):
    for number in range(MOST_LINKS):
        labelled(label=str(number))
    response = ask(client_of(agent), line, build, "One more")
    assert response.status_code == 409
    assert "This purchase has 20 labelled links to setup.iso already. What to do now: Revoke one" in words_of(response)
    assert DownloadLink.objects.count() == MOST_LINKS
    page = look(client_of(agent), line)
    assert "Another link This purchase has 20 labelled links to setup.iso already." in words_of(page)
    assert 'class="another-link"' not in page.content.decode()


def test_20_links_with_a_label_do_not_stand_in_the_way_of_the_keys_and_downloads(
    agent, client_of, line, build, labelled
):
    for number in range(MOST_LINKS):
        labelled(label=str(number))
    address = reverse("software:get", args=[line.order.customer.tenant_id, line.purchase.public_id])
    response = client_of(agent).post(address, {"build": build.public_id, "grant": 0}, follow=True)
    assert "50 of 50 left" in part(response, "link")
    assert DownloadLink.objects.get(label="").left == LINK_DOWNLOADS


def test_another_link_may_be_asked_for_once_there_is_one(agent, client_of, line, build, labelled):
    chosen = {"version": "2022", "language": "en-US", "file_type": "ISO x64"}
    assert part(look(client_of(agent), line, **chosen), "labelled") is None
    labelled()
    assert "Another link" in part(look(client_of(agent), line, **chosen), "labelled")


# Showing


def test_they_stand_by_label_each_with_its_own_figures(clock, agent, client_of, line, labelled):
    labelled()
    last, first, dead = labelled(label="Zürich"), labelled(label="busan"), labelled(label="Cork")
    DownloadLink.objects.filter(pk=first.pk).update(used=13)
    DownloadLink.objects.filter(pk=dead.pk).update(used=LINK_DOWNLOADS)
    response = look(client_of(agent), line)
    shown = [part(response, f"link-{link.public_id}") for link in (first, dead, last)]
    told = (("busan active", "37 of 50 left"), ("Cork used up", "0 of 50 left"), ("Zürich active", "50 of 50 left"))
    for text, (head, quota) in zip(shown, told, strict=True):
        assert text.startswith(head)
        assert f" {quota} " in text
    assert [" Download Renew " in text for text in shown] == [True, False, True]
    page = response.content.decode()
    assert sorted([page.index(f'id="link-{link.public_id}"') for link in (first, dead, last)]) == [
        page.index(f'id="link-{link.public_id}"') for link in (first, dead, last)
    ]
    assert "50 of 50 left" in part(response, "link")


def test_links_to_another_build_stand_with_that_build(agent, client_of, line, labelled):
    labelled(label="Here")
    other = make_link(agent, line.purchase, make_build(line.purchase.sku.product, version="2019"), label="There")
    text = words_of(look(client_of(agent), line, version="2022", language="en-US", file_type="ISO x64"))
    assert "Here" in text
    assert "There" not in text
    assert other.token not in text


def test_a_label_is_shown_as_it_is_written(agent, client_of, line, labelled):
    labelled(label="<b>Bold & Co</b>")
    page = look(client_of(agent), line).content.decode()
    assert "&lt;b&gt;Bold &amp; Co&lt;/b&gt;" in page
    assert "<b>Bold" not in page


def test_renewing_and_revoking_one_leads_back_to_it_and_leaves_the_others(agent, client_of, line, labelled):
    plain, link = labelled(), labelled(label="Ms Kim")
    client, tenant = client_of(agent), line.order.customer.tenant_id
    form = {"grant": 1, "address": "keep"}
    renewed = client.post(reverse("software:renew", args=[tenant, link.public_id]), form, follow=True)
    assert renewed.redirect_chain[0][0].endswith(f"#link-{link.public_id}")
    assert "The link “Ms Kim” is renewed at the same address: 50 downloads until" in words_of(renewed)
    revoked = client.post(reverse("software:revoke", args=[tenant, link.public_id]), follow=True)
    assert "The link “Ms Kim” to setup.iso is revoked." in words_of(revoked)
    assert part(revoked, f"link-{link.public_id}") is None
    assert revoked.redirect_chain[0][0].endswith("#links")
    assert "Ms Kim setup.iso revoked" in part(revoked, "links")
    stand = [(found.pk, found.grant_number, found.revoked_at is None) for found in DownloadLink.objects.order_by("pk")]
    assert stand == [(plain.pk, 1, True), (link.pk, 2, False)]


# The way to the history


def test_every_link_leads_to_its_history_the_revoked_ones_too(agent, client_of, line, labelled):
    links = [labelled(), labelled(label="Stays"), labelled(label="Goes")]
    revoke_link(links[2].public_id, actor=agent)
    page = look(client_of(agent), line).content.decode()
    assert [page.count(f'href="{history_of(link)}"') for link in links] == [1, 1, 1]


def test_each_act_names_the_link_that_it_is_about(agent, client_of, line, labelled):
    labelled(label="Goes"), labelled(label="Ms <Kim>")
    revoke_link(labelled().public_id, actor=agent)
    revoke_link(DownloadLink.objects.get(label="Goes").public_id, actor=agent)
    page = look(client_of(agent), line).content.decode()
    assert sorted(re.findall(r'aria-label="((?:Download with|Renew|Revoke|History of) the link[^"]*)"', page)) == [
        "Download with the link “Ms &lt;Kim&gt;”",
        "History of the link to setup.iso",
        "History of the link “Goes”",
        "History of the link “Ms &lt;Kim&gt;”",
        "Renew the link “Ms &lt;Kim&gt;”",
        "Revoke the link “Ms &lt;Kim&gt;”",
    ]


def test_earlier_links_stand_page_by_page_the_newest_first(agent, client_of, line, labelled):
    links = [labelled(label=f"No. {number:02}") for number in range(12)]
    for link in links[:11]:
        revoke_link(link.public_id, actor=agent)

    def listed(number):
        response = look(client_of(agent), line, links=number)
        return re.findall(r"No\. \d\d", part(response, "links") or ""), response.content.decode()

    first, page = listed(1)
    assert first == ["No. 10", "No. 09", "No. 08", "No. 07", "No. 06"]
    assert ("links=2" in page, "links=0" in page) == (True, False)
    assert listed(2)[0] == ["No. 05", "No. 04", "No. 03", "No. 02", "No. 01"]
    last, page = listed(3)
    assert (last, "links=2" in page, "links=4" in page) == (["No. 00"], True, False)
    assert listed("x")[0] == first
    for beyond in ("4", "50", "0", "-1", "9" * 30):
        shown, page = listed(beyond)
        assert (shown, "links=2" in page) == (["No. 00"], True)


def test_a_cancelled_purchase_keeps_its_links_in_sight_and_has_no_other(agent, client_of, line, labelled):
    link = labelled(label="Ms Kim")
    cancel(line, agent)
    response = look(client_of(agent), line)
    assert "Ms Kim setup.iso revoked" in part(response, "links")
    assert f'href="{history_of(link)}"' in response.content.decode()
    assert "it has no keys and no downloads any more" in words_of(response)
    assert 'aria-disabled="true"' in response.content.decode()
    assert ask(client_of(agent), line, link.build, "Another").status_code == 409
    assert DownloadLink.objects.count() == 1


def test_a_purchase_whose_term_is_over_keeps_its_links_in_sight(clock, agent, client_of, line, labelled):
    labelled(label="Ms Kim")
    clock.set("2021-01-24T00:00:00Z")
    response = look(client_of(agent), line)
    assert "Ms Kim setup.iso expired" in part(response, "links")
    assert "Another link The term of order" in words_of(response)


def test_a_global_admin_finds_the_links_listed_without_addresses(agent, global_admin, client_of, line, labelled):
    links = [labelled(), labelled(label="Ms Kim")]
    response = look(client_of(global_admin), line, version="2022", language="en-US", file_type="ISO x64")
    page = response.content.decode()
    assert "Ms Kim setup.iso active" in part(response, "links")
    for link in links:
        assert f'href="{history_of(link)}"' in page
        assert link.token not in page
    assert reverse("software:another_link", args=[line.order.customer.tenant_id, line.purchase.public_id]) not in page


def test_20_labelled_and_30_revoked_links_cost_no_more_than_one(agent, global_admin, client_of, line, build, labelled):
    labelled(label="0")
    address = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    address += f"?sku={line.purchase.sku.public_id}"
    browsers = [client_of(agent), client_of(global_admin)]
    few = [len(queries_of(browser, address)) for browser in browsers]
    for number in range(30):
        revoke_link(labelled(label=f"Gone {number}").public_id, actor=agent)
    for number in range(1, MOST_LINKS):
        renew_link(labelled(label=str(number)).public_id, grant_seen=1, actor=agent)
    assert [len(queries_of(browser, address)) for browser in browsers] == few
    assert max(few) <= MOST_QUERIES
