"""Templates fill a reply; one that still has a field, unknown or without a value, is not sent (S5)."""

import re

import pytest

from cancellations.support.merging import Left, fields_left, merged
from cancellations.support.models import EventKind, ReplyTemplate, RequestLanguage
from cancellations.support.replies import FIELDS, filled
from cancellations.support.services.talking import reply_as_partner, reply_as_support
from csp_portal.errors import Refusal
from tests.factories import buy_line, make_sku
from tests.support import file_refund

VALUES = {"customer": "북극성 소프트웨어", "amount": "1,200.00 USD", "credit": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear {{ customer }}", "Dear 북극성 소프트웨어"),
        ("{{customer}}, {{  amount  }}", "북극성 소프트웨어, 1,200.00 USD"),
        ("{{ credit }} and {{ unknown }}", "{{ credit }} and {{ unknown }}"),
        ("{ customer } {{}} {{ Customer }}", "{ customer } {{}} {{ Customer }}"),
        ("{{ customer", "{{ customer"),
        ("", ""),
    ],
)
def test_what_is_known_is_filled_in_and_the_rest_stays(text, expected):
    assert merged(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Nothing.", []),
        ("One.\nTwo {{ credit }}.\n\n{{x}}", [Left("{{ credit }}", 2), Left("{{x}}", 4)]),
        ("{{ }}", [Left("{{ }}", 1)]),
        ("a {{ b", [Left("{{", 1)]),
        ("a }} b", [Left("}}", 1)]),
        ("{ a }", []),
    ],
)
def test_every_field_that_is_left_is_found_with_its_line(text, left):
    assert fields_left(text) == left


def test_a_name_with_braces_is_not_filled_again():
    assert merged("{{ customer }}", {"customer": "{{ amount }}", "amount": "1"}) == "{{ amount }}"


@pytest.fixture
def asked(clock, agent, customer):
    return file_refund(agent, buy_line(agent, customer, make_sku()), language=RequestLanguage.KOREAN)


def test_the_portal_has_templates_in_every_language_with_known_fields_alone(asked, support_agent):
    names = {language: set() for language in RequestLanguage.values}
    for template in ReplyTemplate.objects.all():
        names[template.language].add(template.name)
        assert set(re.findall(r"\{\{ (\w+) \}\}", template.text)) <= set(FIELDS)
        left = {field.field for field in fields_left(filled(template, asked, agent=support_agent))}
        assert left <= {"{{ credit }}", "{{ invoice_month }}"}
    assert len(set(map(frozenset, names.values()))) == 1
    assert all(names.values())


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("text", ["Dear {{ contact_name }},", "Your {{ refund }}.", "See }}"])
def test_a_reply_that_is_not_filled_in_is_not_sent(asked, support_agent, text, asks):
    with pytest.raises(Refusal) as refusal:
        reply_as_support(asked.number, f"안녕하세요.\n{text}", asks=asks, actor=support_agent)
    assert refusal.value.code == "field_not_filled"
    assert "line 2" in refusal.value.message
    assert not asked.events.exclude(kind=EventKind.FILED).exists()


def test_a_partner_may_write_braces(asked, agent):
    reply_as_partner(asked.number, "{{ customer }}", draft_id=None, actor=agent)
    assert asked.events.last().text == "{{ customer }}"
