"""Random histories of a link against a plain model: the count is right at every step, and K8's invariant holds.

`make test` runs 2,000, `make soak` 100,000. A failure names its seed: `SEED=… pytest tests/test_random_downloads.py`.
"""

import os
import random
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import OuterRef

from activity.services import Actor
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from software.models import DownloadLink, DownloadSession, Kind, Transfer
from software.models.counting import downloads_counted
from software.ranges import ByteRange
from software.services import authorise, end_transfer, grant_link, open_session, renew_link, revoke_link, start_download
from software.services.checking import miscounted_links
from software.services.keeping import remove_old_sessions
from software.services.link_jobs import close_sessions, expire_links
from software.services.releasing import release_due, release_failed
from tests.conftest import Clock
from tests.download_model import LIMIT, SIZE, Link
from tests.factories import buy_line, make_build, make_sku

pytestmark = pytest.mark.django_db

SEQUENCES = int(os.environ.get("SEQUENCES", "2000"))
CHUNK = 250  # sequences of one test, so that several cores share them
LONGEST = 9  # steps
BEGIN = datetime(2020, 1, 24, 12, tzinfo=UTC)
LEAPS = [
    timedelta(seconds=1),
    timedelta(minutes=14, seconds=59),
    timedelta(minutes=15),
    timedelta(hours=23, minutes=45),
    timedelta(hours=24),
    timedelta(days=13),
    timedelta(days=14),
]
MONTHS = timedelta(days=400)  # 13 of them and more


class History:
    """One random history, lived by the portal and by the model at once."""

    def __init__(self, seed: int, link: DownloadLink, agent: User, clock: Clock) -> None:
        self.choose = random.Random(seed)
        self.agent, self.clock, self.now = agent, clock, BEGIN
        self.leap(timedelta(0))
        self.link = copy(link)
        self.this = DownloadLink.objects.filter(pk=self.link.pk)
        self.limit_downloads()
        self.addresses = [self.link.token]
        self.attempts = [""]
        self.made: list[DownloadSession] = []
        self.running: dict[int, list[Transfer]] = defaultdict(list)  # by the session's number
        self.model = Link(expires=BEGIN + timedelta(days=14))
        self.told = [f"seed {seed}"]

    @property
    def story(self) -> str:
        """What has happened, from its seed on."""
        return ", ".join(self.told)

    def limit_downloads(self) -> None:
        """After each grant: fifty are too many for a short history."""
        self.this.update(limit=LIMIT)

    def step(self) -> None:
        """Do something at random and compare what came of it."""
        act = self.choose.choices([act for act, _weight in self.acts], [weight for _act, weight in self.acts])[0]
        self.told.append(act.__name__)
        act()
        self.compare()

    @property
    def acts(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen, and how often."""
        return [
            (self.start, 6),
            (self.request, 5),
            (self.finish, 5),
            (self.wait, 4),
            (self.renew, 2),
            (self.fault, 1),
            (self.revoke, 1),
            (self.jobs, 2),
            (self.remove, 1),
        ]

    def start(self) -> None:
        address = self.choose.randrange(len(self.addresses))
        attempt = self.choose.choice([*self.attempts, self.link.new_attempt()])
        if attempt and attempt not in self.attempts:
            self.attempts.append(attempt)
        expected = self.model.start(self.now, address + 1, attempt)
        self.same(expected, lambda: self.post(self.addresses[address], attempt))

    def post(self, address: str, attempt: str) -> None:
        session = start_download(address, attempt=attempt, user=None)
        if session not in self.made:
            self.made.append(session)

    def request(self) -> None:
        if not self.kept:
            return
        number = self.choose.choice(self.kept)
        first = self.choose.randrange(SIZE)
        length = self.choose.randint(1, SIZE - first)
        expected = self.model.request(self.now, self.model.sessions[number], first, length)
        self.same(expected, lambda: self.fetch(number, ByteRange(first, first + length - 1)))

    def fetch(self, number: int, part: ByteRange) -> None:
        holder = Actor.link_holder()
        session = open_session(self.made[number].token, actor=holder)
        self.running[number].append(authorise(session, part, actor=holder))

    def finish(self) -> None:
        numbers = [number for number, session in enumerate(self.model.sessions) if session.running]
        if not numbers:
            return
        number = self.choose.choice(numbers)
        session = self.model.sessions[number]
        sent = self.choose.choice([0, session.running[0][1], self.choose.randint(0, session.running[0][1])])
        self.model.finish(session, sent)
        assert end_transfer(self.running[number].pop(0).public_id, sent), self.story

    def wait(self) -> None:
        self.leap(self.choose.choice(LEAPS) + self.choose.choice([timedelta(0), timedelta(0), timedelta(seconds=1)]))

    def leap(self, by: timedelta) -> None:
        self.now += by
        self.clock.set(self.now.isoformat())

    def renew(self) -> None:
        seen = self.model.grant + self.choose.choice([0, 0, 0, -1, 1])
        replace = self.choose.random() < 0.3
        grant = self.model.grant
        expected = self.model.renew(self.now, seen, replace=replace)
        self.same(
            expected,
            lambda: renew_link(self.link.public_id, grant_seen=seen, replace_address=replace, actor=self.agent),
        )
        if self.model.grant != grant:
            self.limit_downloads()
            self.link.refresh_from_db()
            if replace:
                self.addresses.append(self.link.token)

    def fault(self) -> None:
        if self.kept:
            number = self.choose.choice(self.kept)
            self.model.fault(self.model.sessions[number])
            release_failed(self.made[number].pk)

    def revoke(self) -> None:
        if self.choose.random() < 0.4:  # little happens to a link after it
            self.model.revoke()
            revoke_link(self.link.public_id, actor=self.agent)

    def jobs(self) -> None:
        """One of the jobs, however late."""
        job = self.choose.choice([release_due, close_sessions, expire_links])
        self.told.append(job.__name__)
        if job is release_due:
            self.model.release_job(self.now)
        elif job is close_sessions:
            self.model.close_job(self.now)
        job()

    def remove(self) -> None:
        """13 months and more pass, in which the other jobs have run or have not; then what is that old is removed."""
        self.leap(MONTHS)
        if self.choose.random() < 0.7:
            self.model.release_job(self.now)
            release_due()
            self.model.close_job(self.now)
            close_sessions()
        self.model.remove_job(self.now)
        remove_old_sessions()

    @property
    def kept(self) -> list[int]:
        """The numbers of the sessions that were not removed."""
        return [number for number, session in enumerate(self.model.sessions) if not session.removed]

    def same(self, expected: str, work: Callable[[], object]) -> None:
        """The portal refuses what the model refuses, for the same reason."""
        try:
            work()
            refused = ""
        except Refusal as refusal:
            refused = refusal.code
        assert refused == expected, self.story

    def compare(self) -> None:
        """Every figure is that of the model."""
        model = self.model
        named = ("used", "grant_number", "address_number", "revoked_at", "expires_at")
        used, grant, address, revoked_at, expires = self.this.values_list(*named).get()
        facts = (used, grant, address, revoked_at is not None, expires)
        assert facts == (model.used, model.grant, model.address, model.revoked, model.expires), self.story
        assert 0 <= used <= LIMIT, self.story
        sessions = DownloadSession.objects.filter(link=self.link).order_by("pk")
        assert [
            (end, released_at is not None, sent)
            for end, released_at, sent in sessions.values_list("end", "released_at", "bytes_sent")
        ] == [(each.end, each.released, each.sent) for each in model.sessions if not each.removed], self.story
        counted = self.this.values_list(downloads_counted(link=OuterRef("pk")), flat=True).get()
        assert counted == model.counted, self.story


def seeds(chunk: int) -> range:
    """The seeds of one test; the one of SEED alone, where that is given."""
    given = os.environ.get("SEED")
    first = chunk * CHUNK
    return range(int(given), int(given) + 1) if given else range(first, min(first + CHUNK, SEQUENCES))


@pytest.mark.parametrize("chunk", range(-(-SEQUENCES // CHUNK)))
def test_random_histories_are_counted_as_the_model_counts_them(clock, agent, customer, chunk):
    clock.set(BEGIN.isoformat())
    purchase = buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, keys=1)).purchase
    build = make_build(purchase.sku.product, bytes(SIZE))
    link = grant_link(purchase.public_id, build.public_id, grant_seen=0, actor=agent).link
    for seed in seeds(chunk):
        with transaction.atomic():
            history = History(seed, link, agent, clock)
            for _step in range(history.choose.randint(3, LONGEST)):
                history.step()
            assert not miscounted_links().exists(), history.story
            transaction.set_rollback(True)
