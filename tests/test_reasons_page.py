"""The page that lists every reason code, made from the code, and the links that lead to it (P2)."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from csp_portal.errors import Reason, Refusal
from csp_portal.facts import FACTS, fact
from csp_portal.reason_list import ListedReason
from orders.models import MAX_QUANTITY
from orders.reasons import CART_FULL
from software.reasons import LINK_EXPIRED
from tests.factories import buy_line, make_sku
from tests.helpers import source_of, words_of

PAGE = "/reasons/"
APPS = ("csp_portal", "customers", "software", "orders", "cancellations", "activity")
OURS = sorted(code for code in Reason.registry if not code.startswith("test_"))


def codes_in_the_source() -> set[str]:
    """The codes of all `Reason(code="…")` of the portal, read from the source itself."""
    base = Path(settings.BASE_DIR)
    trees = [ast.parse(path.read_text(encoding="utf-8")) for app in APPS for path in (base / app).rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    declared = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Reason"]
    return {keyword.value.value for call in declared for keyword in call.keywords if keyword.arg == "code"}


def test_a_portal_that_has_just_started_knows_every_reason_of_the_source():
    started = "import django; django.setup(); from csp_portal.errors import Reason; print(*Reason.registry)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "csp_portal.settings"}
    told = subprocess.run([sys.executable, "-c", started], env=environment, capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == codes_in_the_source() >= {"window_closed", "role_required", "link_expired"}


def test_anybody_may_read_every_reason_with_rule_sentence_next_step_and_status():
    response = Client().get(PAGE)
    assert response.status_code == 200
    page = source_of(response)
    for code in OURS:
        reason = Reason.registry[code]
        row = ListedReason(reason)
        assert f'id="{code}"' in page
        assert f"{row.sentence}</p> <p><strong>What to do now:</strong> {row.next_step}</p>" in page
        assert f"Rule {reason.rule}, HTTP status {reason.status} " in page


def test_every_fact_that_a_sentence_names_is_called_something():
    named = {name for code in OURS for name in Reason.registry[code].placeholders}
    assert named - FACTS.keys() == set(), "Name these facts in csp_portal/facts.py."
    assert FACTS.keys() - named == set(), "No sentence names these facts of csp_portal/facts.py."


@pytest.mark.parametrize("code", OURS)
def test_every_reason_says_in_readable_words_what_was_refused_and_what_to_do(code):
    reason = Reason.registry[code]
    example = Refusal(reason, **{name: fact(name).example for name in reason.placeholders})
    for told in (example.message, example.next_step):
        assert told.endswith(".")
        assert "%" not in told.replace(" %", "")
        assert "_" not in told


def test_the_reasons_are_grouped_by_what_they_are_about():
    chapters = Client().get(PAGE).context["chapters"]
    titles = [str(chapter.label) for chapter, _listed in chapters]
    assert titles.index("Catalogue, markets, tax") < titles.index("Buying") < titles.index("Cancelling")
    listed = {str(chapter.label): [row.reason.code for row in listed] for chapter, listed in chapters}
    assert "window_closed" in listed["Cancelling"]
    assert "link_expired" in listed["Keys and downloads"]


def test_facts_are_named_where_they_stand_and_given_as_an_example():
    row = ListedReason(LINK_EXPIRED)
    assert str(row.sentence) == 'This download link expired on <span class="fact">‹time of expiry›</span>.'
    assert row.example.message == "This download link expired on 7 Feb 2020, 09:30 UTC."
    assert ListedReason(Reason.registry["cart_empty"]).example is None


def found_by(search) -> list[str]:
    return [
        row.reason.code
        for _chapter, listed in Client().get(PAGE, {"find": search}).context["chapters"]
        for row in listed
    ]


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ("window_closed", "window_closed"),
        ("C2", "window_closed"),
        ("  LINK expired ", "link_expired"),
        ("410", "link_used_up"),
    ],
)
def test_a_reason_is_found_by_code_rule_status_or_words(search, code):
    found = found_by(search)
    assert code in found
    assert len(found) < len(OURS)


@pytest.mark.parametrize("search", ["no such reason", "<script>", "x" * 10_000, "\0", "%(last_day)s", "고객이 아니다"])
def test_a_search_that_nothing_answers_says_so_and_keeps_what_was_typed(search):
    response = Client().get(PAGE, {"find": search})
    assert response.status_code == 200
    assert "No reason answers this search" in words_of(response)
    assert response.context["find"] == search[:200].strip()
    assert "<script>" not in response.content.decode().replace("<script src", "")


@pytest.mark.django_db
def test_a_refusal_carries_its_code_and_leads_to_its_place(client_of, global_admin, agent, customer):
    link = '<a class="reason-code" href="/reasons/#role_required"><code>role_required</code></a>'
    refused = client_of(agent).get("/activity/")
    assert f"Reason {link}, rule P1" in source_of(refused)
    line = buy_line(agent, customer, make_sku(keys=1))
    order = client_of(global_admin).get(f"/orders/{line.order.number}/")
    assert link in source_of(order)


@pytest.mark.django_db
def test_a_refusal_beside_a_form_carries_its_code_too(client_of, agent, customer):
    sku = make_sku()
    browser = client_of(agent)
    for _time in range(2):
        add = {"sku": sku.public_id, "quantity": MAX_QUANTITY}
        sent = browser.post(f"/customers/{customer.tenant_id}/add/", add)
    assert 'href="/reasons/#quantity_out_of_range"' in source_of(sent)


@pytest.mark.django_db
def test_every_page_leads_to_the_reasons(client_of, agent):
    assert f'<a href="{PAGE}">Why the portal refuses</a>' in source_of(client_of(agent).get("/"))
    assert "Why the portal refuses" in words_of(client_of(agent).get(PAGE))


def test_a_refusal_without_a_fact_that_its_sentence_names_is_a_mistake_at_once():
    with pytest.raises(TypeError, match=r"'cart_full' needs the facts \['limit'\]"):
        Refusal(CART_FULL)


@pytest.mark.parametrize("rule", ["Z1", "C", "2", "C0", ""])
def test_a_reason_names_a_rule_of_the_spec(rule):
    with pytest.raises(ValueError, match="names no rule"):
        Reason(code=f"test_rule_{rule}", rule=rule, sentence="No.", next_step="Ask.")
    Reason.registry.pop(f"test_rule_{rule}", None)
