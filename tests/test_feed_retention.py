"""What retention has really dropped is passed over by the cursor, and told (A4, A6)."""

import pytest

from tests.feeds import Collector
from tests.sealing import seal_everything
from tests.test_retention import drop, log, other  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_collector_goes_on_behind_the_months_that_were_dropped(log, global_admin):  # noqa: F811  # the fixture
    collector = Collector(global_admin)
    assert [item["position"] for item in collector.poll(size=1)] == [1]
    drop("--yes")
    seal_everything()
    answer = collector.ask(cursor=collector.cursor).json()
    assert answer["dropped"] == {"from": 2, "to": 6}
    positions = [item["position"] for item in answer["items"]]
    assert positions == list(range(7, 7 + len(positions)))
    assert not [item for item in answer["items"] if "gone" in item]
    assert [item["address"] for item in answer["items"]][:2] == ["203.0.113.9"] * 2
    assert collector.ask().json()["dropped"] == {"from": 1, "to": 6}
