"""No text in a template, form, message or refusal bypasses gettext, and the check finds what is planted."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.gettext_check import python_findings, template_findings

APPS = ("csp_portal", "activity", "customers", "software", "orders", "cancellations")
NOT_SHOWN = {"migrations"}


def _files(folders, pattern):
    base = Path(settings.BASE_DIR)
    paths = [path for folder in folders for path in (base / folder).rglob(pattern)]
    return sorted(path for path in paths if not NOT_SHOWN & set(path.relative_to(base).parts))


def _report(path, findings):
    return [f"{path.relative_to(settings.BASE_DIR)}, {finding}" for finding in findings]


def test_no_template_holds_text_outside_gettext():
    bypassing = []
    for path in [*_files(["templates", *APPS], "*.html"), *_files(["templates", *APPS], "*.txt")]:
        findings = template_findings(path.read_text(encoding="utf-8"), html=path.suffix == ".html")
        bypassing += _report(path, findings)
    assert bypassing == []


def test_no_form_message_error_refusal_or_choice_is_given_text_outside_gettext():
    """The document of the API is in English, so what its serializers say of their members is no text of a page."""
    bypassing = []
    for path in [path for path in _files(APPS, "*.py") if "api" not in path.parts or path.name == "reasons.py"]:
        bypassing += _report(path, python_findings(path.read_text(encoding="utf-8")))
    assert bypassing == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Add products</p>", "Add products"),
        ("<p>\n  {{ count }} left</p>", "left"),
        ('<button aria-label="Close"></button>', "Close"),
        ('<img src="a.svg" alt="{{ name }} logo">', "logo"),
        ('<input placeholder="Search">', "Search"),
        ('<input type="submit" value="Send">', "Send"),
        ('<a title="More{% if x %} of it{% endif %}" href="/">{{ x }}</a>', "More of it"),
        ("{% if x %}yes{% endif %}", "yes"),
        ('{% include "partials/empty.html" with title="No orders yet" icon="building" only %}', "No orders yet"),
        ('{{ name|default:"nobody" }}', "nobody"),
        ('{% badge "good" "Active" %}', "Active"),
        ("<p>고객</p>", "고객"),
    ],
)
def test_text_planted_in_a_template_is_found(source, text):
    assert [finding.text for finding in template_findings(source)] == [text]


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "Add products" %}',
        "<p>{% blocktranslate trimmed with n=x %}\n  {{ n }} left\n{% endblocktranslate %}</p>",
        "<button aria-label=\"{% translate 'Close' %}\"></button>",
        '{% include "partials/empty.html" with title=_("No orders yet") icon="building" only %}',
        '{% badge "good" order.get_state_display %}{% badge "good" _("Active") %}',
        "{% comment %}takes: nothing{% endcomment %}{# a note #}<!-- a note -->",
        '<p class="lead{% if x %} big{% endif %}" data-x="words">{{ x }} · 14 %</p>',
        '<code>curl -fOJL</code><span translate="no">Windows <b>Server</b></span><script>let x = 1;</script>',
        "<title>{{ x }} · CSP portal</title>",
        '{{ when|date:"j F Y" }}',
        '{% extends layout|default:"base.html" %}',
    ],
)
def test_translated_text_and_what_is_no_text_pass_in_a_template(source):
    assert template_findings(source) == []


def test_a_finding_names_its_line_in_a_template():
    source = (
        "{% comment %}a\nb{% endcomment %}\n<p>{% blocktranslate %}x\ny{% endblocktranslate %}</p>\n<p>Planted</p>\n"
    )
    assert [finding.line for finding in template_findings(source)] == [5]


def test_text_planted_in_a_plain_text_template_is_found():
    assert [finding.text for finding in template_findings("{% load i18n %}\nDear <name>\n", html=False)] == [
        "Dear <name>"
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('messages.success(request, "Saved.")', "Saved."),
        ('messages.add_message(request, level, "Saved.")', "Saved."),
        ('messages.error(request, f"{name} is gone")', " is gone"),
        ('messages.info(request, "Saved %(name)s." % {"name": name})', "Saved %(name)s."),
        ('messages.info(request, "Saved {}.".format(name))', "Saved {}."),
        ('raise ValidationError("Too long.")', "Too long."),
        ('raise ValidationError({"name": "Too long."})', "Too long."),
        ('form.add_error(None, "Tick it.")', "Tick it."),
        ('name = forms.CharField(label="Company name")', "Company name"),
        ('name = forms.CharField(help_text=_("A") if x else "As registered")', "As registered"),
        ('name = forms.CharField(error_messages={"required": "Fill it in."})', "Fill it in."),
        ('name = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Name"}))', "Name"),
        ('class Meta:\n    labels = {"name": "Company name"}', "Company name"),
        ('R = Reason(code="a", rule="C1", sentence="No.", next_step=_("Ask."))', "No."),
        ('R = Reason("a", "C1", _("No."), "Ask.")', "Ask."),
        ('class State(TextChoices):\n    OPEN = "open", "Open"', "Open"),
        ('class State(models.TextChoices):\n    OPEN = "open"', "open"),
        ('Tab("Overview", url)', "Overview"),
        ('x = _(f"{name} is gone")', "_(f'{name} is gone') cannot be extracted"),
    ],
)
def test_text_planted_in_python_is_found(source, text):
    assert [finding.text for finding in python_findings(source)] == [text]


@pytest.mark.parametrize(
    "source",
    [
        'messages.success(request, _("Saved %(name)s.") % {"name": name})',
        "messages.success(request, refusal.message)",
        'messages.success(request, ngettext("%(n)s key", "%(n)s keys", n) % {"n": n})',
        'raise ValidationError(_("Too long."), code="too_long")',
        'name = forms.CharField(label=_("Company name"), initial="Contoso", widget=forms.TextInput({"class": "id"}))',
        'R = Reason(code="a", rule="C1", sentence=_("No."), next_step=_("Ask."), status=403)',
        'class State(TextChoices):\n    """Words."""\n    OPEN = "open", _("Open")',
        'log.error("not for readers")',
        'raise ValueError("for developers")',
    ],
)
def test_translated_text_and_what_is_no_text_pass_in_python(source):
    assert python_findings(source) == []
