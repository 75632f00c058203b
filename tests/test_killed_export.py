"""kill -9 of the worker that makes an export: the next one begins anew, and there is one file and one mail (A2)."""

import signal

import pytest
from django.core.files.storage import default_storage

from activity.export.asking import ask_for_export
from activity.export.making import make_export
from activity.models import ExportFormat, LogExport
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.exports import read_json_lines, write_rows
from tests.factories import UserFactory
from tests.helpers import until
from tests.processes import running

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = {"from": "2020-01-24", "to": "2020-01-24", "zone": "UTC", "show": "all"}


@pytest.mark.parametrize("statement", [3, 5, 7])
def test_a_killed_one_holds_up_nobody(partner, statement):
    write_rows(partner, 100)
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    export = ask_for_export(QUERY, ExportFormat.JSON_LINES, actor=auditor)
    with running(["-m", "tests.make_export", str(export.public_id), str(statement)]) as [process]:
        code, said = process.finish()
    assert code == -signal.SIGKILL, said
    assert LogExport.objects.unfinished().count() == 1
    assert not Mail.objects.exists()
    until(lambda: make_export(export.public_id))  # the database notices within moments that the process is gone
    export.refresh_from_db()
    with default_storage.open(export.storage_name) as file:
        assert len(read_json_lines(file.read())) == export.rows_done == 100
    assert Mail.objects.count() == 1
    default_storage.delete(export.storage_name)
