"""What is measured on: one purchase, made as the portal makes it, and as many links to its build as a part needs."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from psycopg2 import sql

from csp_portal.accounts.permissions import Role
from csp_portal.database_setup import connect, database_config
from software.models import Build, DownloadLink
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_link, make_sku
from tests.nginx import Portal

SUPERUSER = "DATABASE_SUPERUSER_URL"


def one_link() -> DownloadLink:
    """A link to a small file."""
    partner = PartnerFactory.create()
    agent = UserFactory.create(partner=partner, roles=[Role.ADMIN_AGENT])
    line = buy_line(agent, CustomerFactory.create(partner=partner), make_sku())
    return make_link(agent, line.purchase)


def start(portal: Portal, link: DownloadLink) -> str:
    """Start a download; where its bytes are."""
    started = portal.ask("POST", link.get_absolute_url(), "")
    if started.status != 303:
        raise RuntimeError(f"a start was answered with {started.status}")
    return str(started.headers["Location"])


def large_build(link: DownloadLink, size: int) -> None:
    """Give the link's build a sparse file of `size` bytes."""
    build = link.build
    with default_storage.open(build.storage_name, "r+b") as file:
        file.truncate(size)
    Build.objects.filter(pk=build.pk).update(size=size)


def more_links(link: DownloadLink, count: int) -> list[DownloadLink]:
    """Links to the same build, each with a label of its own."""
    copied = {name: getattr(link, name) for name in ("purchase", "build", "granted_at", "granted_by", "expires_at")}
    links = [DownloadLink(**copied, label=f"copy {number}") for number in range(count)]
    return DownloadLink.objects.bulk_create(links, batch_size=1000)


def expired_links(link: DownloadLink, count: int) -> None:
    """So many links whose two weeks are over, a millisecond apart, copied by the database itself."""
    changed = {
        "public_id": sql.SQL("gen_random_uuid()"),
        "label": sql.SQL("'expired ' || number"),
        "granted_at": sql.SQL("now() - interval '15 days'"),
        "expires_at": sql.SQL("now() - interval '1 day' - number * interval '1 millisecond'"),
    }
    columns = [field.column for field in DownloadLink._meta.concrete_fields if field.column and not field.primary_key]
    statement = sql.SQL("INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, {numbers} WHERE id = {pk}")
    as_superuser(
        statement.format(
            table=sql.Identifier(DownloadLink._meta.db_table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(changed.get(column, sql.Identifier(column)) for column in columns),
            numbers=sql.SQL("generate_series(1, {}) AS number").format(sql.Literal(count)),
            pk=sql.Literal(link.pk),
        ),
        sql.SQL("VACUUM ANALYZE"),  # as autovacuum would have done it meanwhile
    )


def unexpire() -> None:
    """Take back that links have expired, and what the table has grown by meanwhile."""
    table = sql.Identifier(DownloadLink._meta.db_table)
    as_superuser(
        sql.SQL("UPDATE {} SET expired_at = NULL").format(table), sql.SQL("VACUUM FULL ANALYZE {}").format(table)
    )


def as_superuser(*statements: sql.Composable) -> None:
    """What neither the web role nor the owner may do, or would do as fast."""
    connection = connect(database_config(SUPERUSER, settings.DATABASE_SUPERUSER_URL), _database())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def _database() -> str:
    return settings.DATABASES["default"]["NAME"]


def used_in_all() -> int:
    """What all links that are usable have counted."""
    return sum(DownloadLink.objects.usable(timezone.now()).values_list("used", flat=True))
