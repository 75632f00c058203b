"""With object storage the portal redirects to an export's signed address and sends no byte of it (K10)."""

import urllib.request

import pytest
from django.utils import timezone

from activity.export.asking import ask_for_export
from activity.export.keeping import remove_old_exports
from activity.export.making import make_export
from activity.models import Action, Event, ExportFormat, LogExport
from csp_portal.accounts.permissions import Role
from tests.factories import UserFactory
from tests.test_object_storage import bucket, s3  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
QUERY = {"from": "2020-01-24", "to": "2020-01-24", "zone": "UTC", "show": "all"}


@pytest.fixture
def export(bucket, partner):  # noqa: F811 - the fixture
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR], email="auditor@partner.example")
    export = ask_for_export(QUERY, ExportFormat.CSV, actor=auditor)
    assert make_export(export.public_id)
    return export


def test_the_storage_sends_it_as_an_attachment(export, client_of):
    answer = client_of(export.user).get(f"{export.get_absolute_url()}file/")
    assert (answer.status_code, answer.content) == (302, b"")
    assert Event.objects.filter(action=Action.LOG_EXPORT_DOWNLOADED).count() == 1
    with urllib.request.urlopen(answer.headers["Location"]) as sent:
        assert sent.read().decode("utf-8-sig").startswith("Time,")
        name = "activity-2020-01-24-to-2020-01-24-auditor@partner.example.csv"
        assert sent.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_its_file_is_removed_from_the_storage(export, bucket, django_capture_on_commit_callbacks):  # noqa: F811  # the fixture
    assert remove_old_exports() == 0
    LogExport.objects.update(expires_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old_exports() == 1
    assert list(bucket.objects.all()) == []
