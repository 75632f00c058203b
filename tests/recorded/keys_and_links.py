"""Keys, links and downloads (K2 to K8)."""

import json
from functools import partial

from django.core.management import call_command
from django.utils import timezone

from activity.models import Action
from activity.services import Actor
from software import services, tasks
from software.models import DownloadLink, DownloadSession, Kind, SessionEnd
from software.ranges import ByteRange
from software.services import downloads, purchasing, releasing
from tests.downloads import ask, begun, session_of
from tests.factories import add_keys, buy_line, make_link, make_sku
from tests.recorded.registry import Call, Row, record_nothing, records, refused, system
from tests.recorded.world import OPERATOR, World

HOLDER = ""  # of a link: without sign-in, and so without a name
STARTED, REFUSED = Row(Action.DOWNLOAD_STARTED, HOLDER), Row(Action.DOWNLOAD_REFUSED, HOLDER)
CLOSED = Row(Action.DOWNLOAD_CLOSED, HOLDER)
RELEASED = Row(Action.DOWNLOAD_RELEASED, system("release_downloads"))


@records("software.services.keys.reveal_key", rows=[Row(Action.KEY_REVEALED)])
def _reveal(world: World) -> Call:
    return partial(services.reveal_key, world.key.public_id, actor=world.agent)


@records("software.services.keys.copy_key", rows=[Row(Action.KEY_COPIED)])
def _copy(world: World) -> Call:
    return partial(services.copy_key, world.key.public_id, actor=world.agent)


@records("software.services.keys.read_key", rows=[Row(Action.KEY_READ)])
def _read(world: World) -> Call:
    return partial(services.read_key, world.key.public_id, actor=world.agent)


@records("software.services.keys.export_keys", rows=[Row(Action.KEY_EXPORTED)] * 3)
def _export(world: World) -> Call:
    line = buy_line(world.agent, world.customer, make_sku(keys=3, key_issue="per_unit"), quantity=3)
    return partial(services.export_keys, line.purchase.public_id, actor=world.agent)


@records("software.services.links.grant_link", rows=[Row(Action.LINK_GRANTED)])
def _grant(world: World) -> Call:
    build = world.build.public_id
    return partial(services.grant_link, world.purchase.public_id, build, grant_seen=0, actor=world.agent)


@records("software.services.links.renew_link", rows=[Row(Action.LINK_RENEWED)])
def _renew(world: World) -> Call:
    link = world.link.public_id
    return partial(services.renew_link, link, grant_seen=1, replace_address=True, actor=world.agent)


@records("software.services.links.revoke_link", rows=[Row(Action.LINK_REVOKED)])
def _revoke(world: World) -> Call:
    session_of(world.link)
    return partial(services.revoke_link, world.link.public_id, actor=world.agent)


@records("software.services.starting.start_download", rows=[STARTED])
def _start(world: World) -> Call:
    return partial(services.start_download, world.link.token, user=None)


def _session(world: World) -> DownloadSession:
    session_of(world.link)
    return DownloadSession.objects.with_file().get()


def _quarter_of_an_hour_later(world: World) -> DownloadSession:
    """A session of which nothing was sent, when its count is to be given back (K8)."""
    session = _session(world)
    world.clock.set("2020-01-24T12:15:00Z")
    return session


@records("software.services.downloads.open_session", rows=[RELEASED, REFUSED])
def _open_what_was_never_sent(world: World) -> Call:
    token = _quarter_of_an_hour_later(world).token
    return refused(partial(services.open_session, token, actor=Actor.link_holder()))


@records("software.services.transfers.authorise", rows=[CLOSED, REFUSED])
def _ask_for_too_much(world: World) -> Call:
    session = _session(world)
    DownloadSession.objects.update(bytes_asked=session.most_bytes)
    return refused(partial(services.authorise, session, ByteRange(0, 0), actor=Actor.link_holder()))


@records("software.services.downloads.refusal_of_ended", rows=[CLOSED])
def _ask_for_what_is_over(world: World) -> Call:
    session = _session(world)
    holder = Actor.link_holder()
    return lambda: downloads.refusal_of_ended(session, SessionEnd.OVER, timezone.now(), actor=holder)


@records("software.services.releasing.release_if_unsent", rows=[RELEASED])
def _give_back_one(world: World) -> Call:
    return partial(releasing.release_if_unsent, _quarter_of_an_hour_later(world).pk)


@records("software.services.releasing.release_failed", rows=[RELEASED])
def _give_back_what_failed(world: World) -> Call:
    return partial(releasing.release_failed, _session(world).pk)


@records("software.services.releasing.faults_released", rows=[RELEASED])
def _fail_within(world: World) -> Call:
    session = _session(world)

    def fail() -> None:
        try:
            with releasing.faults_released(session):
                raise OSError("the disk is gone")
        except OSError:
            return

    return fail


@records("software.services.releasing.release_due", "software.tasks.release_downloads", rows=[RELEASED])
def _give_back(world: World) -> Call:
    _quarter_of_an_hour_later(world)
    return tasks.release_downloads


@records(
    "software.services.transfer_logs.read_transfer_logs",
    "software.tasks.read_transfer_logs",
    rows=[RELEASED],
    # What nginx has sent and how far its log was read are figures; what they lead to is given back by the next run.
    beside=("software_transfer", "software_transferlog"),
)
def _read_of_a_fault(world: World) -> Call:
    transfer = begun(session_of(world.link))
    line = {"transfer": str(transfer.public_id), "status": 500, "sent": 0}
    world.settings.TRANSFER_LOGS = str(world.file("proxy.log", json.dumps(line) + "\n").parent)
    return tasks.read_transfer_logs


@records(
    "software.services.checking.settle_lost",
    "software.tasks.settle_lost_transfers",
    rows=[Row(Action.DOWNLOAD_SUPPOSED_SENT, system("settle_lost_transfers"))],
)
def _lose_two_lines_of_one_download(world: World) -> Call:
    address = session_of(world.link)
    begun(address, ByteRange(0, 4))
    begun(address, ByteRange(5, 9))
    world.clock.set("2020-01-26T12:00:00Z")
    return tasks.settle_lost_transfers


@records(
    "software.services.checking.check_links",
    "software.tasks.check_links",
    rows=[Row(Action.DOWNLOADS_MISCOUNTED, system("check_links"))],
)
def _miscount(world: World) -> Call:
    DownloadLink.objects.filter(pk=world.link.pk).update(used=3)
    return tasks.check_links


@records(
    "software.services.keeping.remove_old_sessions",
    "software.tasks.remove_old_sessions",
    "manage.py remove_old_sessions",
    rows=[Row(Action.DOWNLOADS_REMOVED, system("remove_old_sessions"), OPERATOR)],
)
def _remove_a_session(world: World) -> Call:
    ask(session_of(world.link))
    world.clock.set("2021-03-01T12:00:00Z")
    tasks.close_sessions()
    return partial(call_command, "remove_old_sessions", stdout=world.nowhere)


@records(
    "software.services.link_jobs.close_sessions",
    "software.tasks.close_sessions",
    rows=[Row(Action.DOWNLOAD_CLOSED, system("close_sessions"))] * 2,
)
def _close_two(world: World) -> Call:
    session_of(world.link)
    session_of(world.link)
    world.clock.set("2020-01-25T12:00:00Z")
    return tasks.close_sessions


@records(
    "software.services.link_jobs.expire_links",
    "software.tasks.expire_links",
    rows=[Row(Action.LINK_EXPIRED, system("expire_links")), Row(Action.LINK_REVOKED, system("expire_links"))],
)
def _expire_with_and_without_the_term(world: World) -> Call:
    perpetual = buy_line(world.agent, world.customer, make_sku(kind=Kind.PERPETUAL, keys=1))
    make_link(world.agent, perpetual.purchase)
    make_link(world.agent, world.purchase)
    world.clock.set("2021-01-24T00:00:00Z")  # when the term of a year is over
    return tasks.expire_links


def _waiting_line(world: World) -> int:
    """A line whose keys have just come; the primary key of its SKU."""
    sku = make_sku()
    buy_line(world.agent, world.customer, sku)
    add_keys(sku, 1)
    return sku.pk


@records(
    "software.services.purchasing.fill_waiting_lines",
    "software.tasks.fill_waiting_lines",
    rows=[Row(Action.KEYS_ALLOTTED, system("fill_waiting_lines"))],
)
def _fill_by_the_job(world: World) -> Call:
    _waiting_line(world)
    return tasks.fill_waiting_lines


@records("software.services.purchasing.fill_pending", rows=[Row(Action.KEYS_ALLOTTED, system("import_keys"))])
def _fill_one_pool(world: World) -> Call:
    return partial(purchasing.fill_pending, _waiting_line(world), actor=Actor.system("import_keys"))


record_nothing(
    "only looks",
    "software.services.checking.miscounted_links",
    "software.services.downloads.open_build",
    "software.services.links.refusal_of_more_links",
    "software.services.links.refusal_of_purchase",
    "software.services.revoking.units_to_revoke",
    "software.services.rotation.keys_in_use",
    "software.services.rotation.names_of",
    "software.services.starting.usable_link",
    "software.services.starting.whom_to_ask",
    "software.services.starting.with_names",
)
record_nothing(
    "only locks",
    "software.services.advisory_locks.lock_in_transaction",
    "software.services.purchasing.lock_pools",
)
record_nothing(
    "part of an order: place_order and fill_pending record it",
    "software.services.purchasing.allot_keys",
    "software.services.purchasing.create_purchase",
)
record_nothing(
    "part of a cancellation: cancel_quoted records it",
    "software.services.revoking.revoke_purchase",
    "software.services.revoking.revoke_units",
)
record_nothing(
    "counts bytes of a download, whose start stands in the log",
    "software.services.streaming.open_file",
    "software.services.transfers.end_transfer",
)
record_nothing(
    "sends a mail that stands in the outbox, and notes that it did",
    "software.services.link_jobs.warn_of_links",
    "software.services.pools.warn_of_low_pools",
    "software.services.term_jobs.warn_of_ending_terms",
    "software.tasks.warn_of_ending_terms",
    "software.tasks.warn_of_links",
    "software.tasks.warn_of_low_pools",
)
