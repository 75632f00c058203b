"""The page that lists every reason for which the portal refuses something, made from the code (P2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import public
from csp_portal.errors import Chapter, Reason, Refusal, Text
from csp_portal.facts import fact

LONGEST_SEARCH = 200  # characters


@dataclass(frozen=True)
class ListedReason:
    """A reason as it is explained to somebody whom it has not refused: its facts by name, and an example."""

    reason: Reason

    @property
    def sentence(self) -> SafeString:
        return self._with_names(self.reason.sentence)

    @property
    def next_step(self) -> SafeString:
        return self._with_names(self.reason.next_step)

    @property
    def example(self) -> Refusal | None:
        """A refusal as somebody might meet it; none where nothing is filled in."""
        names = self.reason.placeholders
        return Refusal(self.reason, **{name: fact(name).example for name in names}) if names else None

    @property
    def status(self) -> str:
        """`409 Conflict`, as a program meets it."""
        return f"{self.reason.status} {HTTPStatus(self.reason.status).phrase}"

    def answers(self, words: Iterable[str]) -> bool:
        """Whether each of `words` stands in its code, rule, sentence, next step or status."""
        reason = self.reason
        names = {name: fact(name).placeholder for name in reason.placeholders}
        told = f"{str(reason.sentence) % names} {str(reason.next_step) % names}"
        haystack = f"{reason.code} {reason.rule} {told} {self.status}".casefold()
        return all(word in haystack for word in words)

    def _with_names(self, text: Text) -> SafeString:
        """The text with the marked name of each fact where its value will stand."""
        names = {
            name: format_html('<span class="fact">{}</span>', fact(name).placeholder)
            for name in self.reason.placeholders
        }
        return mark_safe(conditional_escape(str(text)) % names)  # noqa: S308  # both are escaped


@require_safe
@public
def reasons(request: HttpRequest) -> HttpResponse:
    """Every reason, or those that `?find=` names, by what they are about; anybody may read it: it holds no data."""
    find = request.GET.get("find", "")[:LONGEST_SEARCH].strip()
    chapters = list(_by_chapter(find.casefold().split()))
    context: dict[str, Any] = {"find": find, "chapters": chapters, "found": sum(len(listed) for _, listed in chapters)}
    return render(request, "reasons.html", context)


def _by_chapter(words: list[str]) -> Iterator[tuple[Chapter, list[ListedReason]]]:
    """The chapters that hold a reason answering `words`, each with those, in the order of their rules."""
    listed = [ListedReason(reason) for reason in sorted(Reason.registry.values(), key=_place)]
    for chapter in Chapter:
        found = [row for row in listed if row.reason.chapter == chapter and row.answers(words)]
        if found:
            yield chapter, found


def _place(reason: Reason) -> tuple[int, str]:
    return int(reason.rule[1:]), reason.code
