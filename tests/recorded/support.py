"""Support requests: filed, answered, assigned, decided; and the house of support (S1 to S7)."""

from datetime import date, time
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from activity.models import Action
from cancellations.support import tasks
from cancellations.support.models import (
    ApprovalThreshold,
    Attachment,
    DenialReason,
    Holiday,
    OpeningSpan,
    ReplyTemplate,
    ResponseTarget,
    SupportRequest,
)
from cancellations.support.services import attaching, deciding, files, filing, reading, talking, triage
from tests.attachments import PDF
from tests.factories import buy_line, make_sku
from tests.recorded.operator_forms import by_keeper, form
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import OPERATOR, SECOND, SUPPORT, World
from tests.support import decision, file_refund, last_step, one_agent_is_enough, refund_fields

SET = by_keeper(Action.SUPPORT_HOUSE_CHANGED)
ASSIGNED = Row(Action.REQUEST_ASSIGNED, SUPPORT, OPERATOR)
REMOVED = Row(Action.FILE_REMOVED)
_REMOVED_OLD = Row(Action.FILE_REMOVED, system("remove_old_contacts"))


def _upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("견적서.pdf", PDF)


def _draft(world: World) -> UUID:
    """A draft of the agent's with one file."""
    draft = uuid4()
    files.add_file(draft, _upload(), actor=world.agent)
    return draft


def _asked(world: World) -> SupportRequest:
    """A refund that a partner asks for."""
    return file_refund(world.agent, world.line)


@records("cancellations.support.services.filing.file_request", rows=[Row(Action.REQUEST_FILED)])
def _file(world: World) -> Call:
    fields = refund_fields(world.line, world.agent)
    return partial(filing.file_request, fields, draft_id=_draft(world), actor=world.agent)


@records("cancellations.support.services.files.add_file", rows=[Row(Action.FILE_ADDED)])
def _add_file(world: World) -> Call:
    draft, agent = uuid4(), world.agent
    return lambda: files.add_file(draft, _upload(), actor=agent)


@records("cancellations.support.services.files.remove_file", rows=[REMOVED])
def _remove_file(world: World) -> Call:
    _draft(world)
    return partial(files.remove_file, Attachment.objects.get().public_id, actor=world.agent)


@records("cancellations.support.services.files.give_out", rows=[Row(Action.FILE_DOWNLOADED, SUPPORT)])
def _give_out(world: World) -> Call:
    fields = refund_fields(world.line, world.agent)
    request = filing.file_request(fields, draft_id=_draft(world), actor=world.agent)
    return partial(files.give_out, request.attachments.get(), actor=world.support_agent)


@records(
    "cancellations.support.services.upkeep.remove_old_drafts",
    "cancellations.support.tasks.remove_old_drafts",
    rows=[Row(Action.FILE_REMOVED, system("remove_old_drafts"))] * 2,
)
def _remove_old_drafts(world: World) -> Call:
    files.add_file(_draft(world), _upload(), actor=world.agent)
    world.clock.set("2020-03-01T12:00:00Z")
    return tasks.remove_old_drafts


@records(
    "cancellations.support.services.upkeep.remove_nameless_files",
    "cancellations.support.tasks.remove_nameless_files",
    rows=[Row(Action.FILE_REMOVED, system("remove_nameless_files"), OPERATOR)],
)
def _remove_nameless_files(world: World) -> Call:
    default_storage.save("support/0123", _upload())
    world.clock.set("2030-01-01T12:00:00Z")  # a day after the disk's own clock
    return tasks.remove_nameless_files


@records(
    "cancellations.support.services.keeping.remove_old_contacts",
    "cancellations.support.tasks.remove_old_contacts",
    "manage.py remove_old_contacts",
    rows=[Row(Action.REQUEST_CONTACT_REMOVED, system("remove_old_contacts")), _REMOVED_OLD],
)
def _remove_old_contacts(world: World) -> Call:
    fields = refund_fields(world.line, world.agent)
    request = filing.file_request(fields, draft_id=_draft(world), actor=world.agent)
    talking.close(request.number, text="", actor=world.agent)
    world.clock.set("2022-02-01T12:00:00Z")
    return partial(call_command, "remove_old_contacts", stdout=world.nowhere)


@records("cancellations.support.services.talking.reply_as_partner", rows=[Row(Action.REQUEST_REPLIED)])
def _reply_as_partner(world: World) -> Call:
    number = _asked(world).number
    return partial(talking.reply_as_partner, number, "첨부합니다.", draft_id=_draft(world), actor=world.agent)


@records(
    "cancellations.support.services.attaching.attach_file", rows=[Row(Action.FILE_ADDED), Row(Action.REQUEST_REPLIED)]
)
def _attach_file(world: World) -> Call:
    return partial(attaching.attach_file, _asked(world).number, _upload(), "첨부합니다.", actor=world.agent)


@records("cancellations.support.services.talking.reply_as_support", rows=[Row(Action.REQUEST_REPLIED, SUPPORT)])
def _reply_as_support(world: World) -> Call:
    number = _asked(world).number
    return partial(talking.reply_as_support, number, "请补充发票。", asks=True, actor=world.support_agent)


@records("cancellations.support.services.talking.close", rows=[Row(Action.REQUEST_CLOSED)])
def _withdraw(world: World) -> Call:
    return partial(talking.close, _asked(world).number, text="", actor=world.agent)


@records("cancellations.support.services.triage.claim", rows=[ASSIGNED])
def _claim(world: World) -> Call:
    return partial(triage.claim, _asked(world).number, actor=world.support_agent)


@records("cancellations.support.services.triage.assign", rows=[ASSIGNED])
def _assign(world: World) -> Call:
    number, to = _asked(world).number, world.second_agent.public_id
    return partial(triage.assign, number, to, actor=world.support_agent)


@records("cancellations.support.services.triage.assign_several", rows=[ASSIGNED] * 2)
def _assign_two(world: World) -> Call:
    other = file_refund(world.agent, buy_line(world.agent, world.customer, make_sku()))
    numbers, to = [_asked(world).number, other.number], world.second_agent.public_id
    return partial(triage.assign_several, numbers, to, actor=world.support_agent)


@records("cancellations.support.services.triage.release", rows=[ASSIGNED])
def _release(world: World) -> Call:
    number = _asked(world).number
    triage.claim(number, actor=world.support_agent)
    return partial(triage.release, number, actor=world.support_agent)


@records("cancellations.support.services.triage.add_note", rows=[Row(Action.REQUEST_NOTED, SUPPORT, OPERATOR)])
def _note(world: World) -> Call:
    return partial(triage.add_note, _asked(world).number, "내부 메모", actor=world.support_agent)


@records(
    "cancellations.support.services.deciding.approve",
    rows=[
        Row(Action.REFUND_APPROVED, SUPPORT),
        Row(Action.PURCHASE_CANCELLED, SUPPORT),
        Row(Action.KEY_REVOKED, SUPPORT),
        Row(Action.LINK_REVOKED, SUPPORT),
    ],
)
def _approve(world: World) -> Call:
    one_agent_is_enough()
    assert world.link
    asked = _asked(world)
    return partial(deciding.approve, asked.number, decision(asked), actor=world.support_agent)


def _approved_first(world: World) -> SupportRequest:
    """A refund that one of two agents has approved."""
    asked = _asked(world)
    deciding.approve(asked.number, decision(asked), actor=world.support_agent)
    return asked


@records(
    "cancellations.support.services.deciding.withdraw_approval",
    rows=[Row(Action.REFUND_APPROVAL_WITHDRAWN, SECOND, OPERATOR)],
)
def _withdraw_approval(world: World) -> Call:
    return partial(deciding.withdraw_approval, _approved_first(world).number, actor=world.second_agent)


@records("cancellations.support.services.deciding.deny", rows=[Row(Action.REFUND_DENIED, SECOND)])
def _deny(world: World) -> Call:
    asked = _approved_first(world)
    words = {"seen": last_step(asked), "actor": world.second_agent}
    return partial(deciding.deny, asked.number, DenialReason.OTHER, "사용된 제품입니다.", **words)


@records(
    "cancellations.support.services.reading.record_evidence_read",
    rows=[Row(Action.EVIDENCE_READ, SUPPORT, OPERATOR)],
)
def _read_evidence(world: World) -> Call:
    return partial(reading.record_evidence_read, _asked(world).number, "keys", actor=world.support_agent)


@records(
    "cancellations.support.services.due_times.work_out_due_times",
    "cancellations.support.tasks.work_out_due_times",
    rows=[Row(Action.REQUEST_DUE_CHANGED, system("work_out_due_times"), OPERATOR)] * 2,
)
def _work_out(world: World) -> Call:
    _asked(world)
    file_refund(world.agent, buy_line(world.agent, world.customer, make_sku()))
    ResponseTarget.objects.update(hours=99)
    return tasks.work_out_due_times


# What each form of the house sends, and a row that it changes.
HOUSE: dict[str, tuple[dict[str, Any], Any]] = {
    "openingspan": ({"weekday": "5", "opens": "09:00", "closes": "12:00"}, OpeningSpan),
    "holiday": ({"day": "2020-10-01", "name": "추석"}, Holiday),
    "replytemplate": ({"name": "감사", "language": "ko", "text": "감사합니다."}, ReplyTemplate),
    "approvalthreshold": ({"currency": "KRW", "amount": "500000"}, ApprovalThreshold),
    "responsetarget": ({"hours": "99"}, ResponseTarget),
}
BEFORE: dict[str, dict[str, Any]] = {
    "openingspan": {"weekday": 6, "opens": time(9), "closes": time(12)},
    "holiday": {"day": date(2020, 9, 30), "name": "추석 전날"},
    "replytemplate": {"name": "感谢", "language": "zh-hans", "text": "谢谢。"},
    "approvalthreshold": {"currency": "CNY", "amount": "900"},
}


def _add(model: str, world: World) -> Call:
    return form(world, f"support_{model}_add", **HOUSE[model][0])


def _change(model: str, world: World) -> Call:
    fields, kept = HOUSE[model]
    row = kept.objects.create(**BEFORE[model]) if model in BEFORE else kept.objects.first()
    return form(world, f"support_{model}_change", row.pk, **fields)


def _remove(model: str, world: World) -> Call:
    return form(world, f"support_{model}_remove", HOUSE[model][1].objects.create(**BEFORE[model]).pk)


for _name in BEFORE:
    records(f"operator: support_{_name}_add", rows=[SET])(partial(_add, _name))
    records(f"operator: support_{_name}_change", rows=[SET])(partial(_change, _name))
    records(f"operator: support_{_name}_remove", rows=[SET])(partial(_remove, _name))
records("operator: support_responsetarget_change", rows=[SET])(partial(_change, "responsetarget"))

BY_THESE_FORMS = "called by the forms of the operator's site, which have their entries here"
record_nothing(
    BY_THESE_FORMS,
    "cancellations.support.services.house.remove_setting",
    "cancellations.support.services.house.set_approval_threshold",
    "cancellations.support.services.house.set_holiday",
    "cancellations.support.services.house.set_opening_span",
    "cancellations.support.services.house.set_reply_template",
    "cancellations.support.services.house.set_response_target",
)
record_nothing(
    "only looks",
    "cancellations.support.services.drafts.has_files",
    "cancellations.support.services.filing.filed_before",
    "cancellations.support.services.happening.business_hours",
    "cancellations.support.services.happening.due_of",
    "cancellations.support.services.happening.steps_of",
    "cancellations.support.services.judging.check_approver",
    "cancellations.support.services.judging.check_current",
    "cancellations.support.services.judging.check_grant",
    "cancellations.support.services.judging.checked_words",
    "cancellations.support.services.judging.kept_words",
    "cancellations.support.services.judging.refusal_of",
    "cancellations.support.services.repeating.approved_before",
    "cancellations.support.services.repeating.denied_before",
)
record_nothing("only locks", "cancellations.support.services.talking.locked_request")
record_nothing(
    "a draft is its owner's: what comes of it is recorded when it is sent, and each of its files by itself",
    "cancellations.support.services.drafts.keep_draft",
    "cancellations.support.services.drafts.locked_draft",
)
record_nothing(
    "part of a step of a request, which is recorded by what takes it",
    "cancellations.support.services.drafts.send_draft",
    "cancellations.support.services.happening.happened",
)
record_nothing(
    "part of remove_file and remove_old_drafts, which have their entries here",
    "cancellations.support.services.files.remove_rows",
)
