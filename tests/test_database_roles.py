"""What the web role may do in the database, asked of PostgreSQL itself."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections

pytestmark = pytest.mark.django_db


def ask(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def append_only_models():
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]


def append_only_tables():
    return [model._meta.db_table for model in append_only_models()]


def rights_on(table):
    """What may be done with the table, be it with some columns only."""
    rights = {"SELECT": "any_column", "INSERT": "any_column", "UPDATE": "any_column", "REFERENCES": "any_column"}
    rights |= dict.fromkeys(("DELETE", "TRUNCATE", "TRIGGER"), "table")
    return {
        right for right, of in rights.items() if ask(f"SELECT has_{of}_privilege(%s, %s)", table, right) == [(True,)]
    }


def test_tests_connect_as_a_role_that_owns_nothing():
    owned = "SELECT datname FROM pg_database WHERE datdba = current_user::regrole"
    assert ask(owned) == []
    assert ask("SELECT relname FROM pg_class WHERE relowner = current_user::regrole") == []
    assert ask("SELECT proname FROM pg_proc WHERE proowner = current_user::regrole") == []
    assert ask(
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False)]


def test_the_web_role_may_not_create_tables():
    with pytest.raises(ProgrammingError, match="permission denied for schema public"):
        ask("CREATE TABLE mine (id int)")


def test_there_are_append_only_tables():
    assert "activity_event" in append_only_tables()


@pytest.mark.parametrize("table", append_only_tables())
def test_append_only_tables_are_read_and_added_to_and_nothing_else(table):
    assert rights_on(table) == {"SELECT", "INSERT"}


@pytest.mark.parametrize("column", ["id", "xid", "server_epoch"])
def test_who_writes_into_the_log_has_no_say_in_what_seals_go_by(column):
    with pytest.raises(ProgrammingError, match="permission denied for table activity_event"):
        ask(f"INSERT INTO activity_event (action, actor_kind, {column}) VALUES ('signed_in', 'visitor', '1')")


def test_every_other_model_may_be_read_and_written():
    others = {model._meta.db_table for model in apps.get_models()} - set(append_only_tables())
    assert {table for table in others if rights_on(table) != {"SELECT", "INSERT", "UPDATE", "DELETE"}} == set()


def test_the_list_of_migrations_may_only_be_read():
    assert rights_on("django_migrations") == {"SELECT"}


def test_partitions_are_out_of_reach():
    partitions = [name for (name,) in ask("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")]
    assert partitions
    assert {name for name in partitions if rights_on(name)} == set()


@pytest.mark.parametrize("model", append_only_models(), ids=lambda model: model._meta.label)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_sql_that_changes_an_append_only_table_is_refused(model, statement):
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask(statement.format(model._meta.db_table, model._meta.pk.column))


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrating_again_takes_back_a_right_too_many(owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE, DELETE ON activity_event TO {connection.settings_dict['USER']}")
    assert "DELETE" in rights_on("activity_event")
    call_command("migrate", verbosity=0)
    connections["owner"].close()
    assert rights_on("activity_event") == {"SELECT", "INSERT"}
