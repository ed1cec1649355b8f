"""Seals in the database, laid by triggers from this one place; the clock's beat and the broker's answer.

A model with a `SEAL` gets triggers that refuse UPDATE and DELETE of sealed rows (and INSERT of children
under a sealed parent), on PostgreSQL and SQLite alike. SQLite rebuilds tables in migrations and loses
their triggers, so they come off before each migrate and are laid again after it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from celery import current_app
from django.apps import apps
from django.core.cache import cache
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connections, models

from pmo_portal.common.models import Seal

PREFIX = "seal_"


def sealed_models() -> list[type[models.Model]]:
    """Every model that carries a seal."""
    return [model for model in apps.get_models() if hasattr(model, "SEAL")]


def condition(seal: Seal, row: str) -> str:
    """The SQL that is true when this row (OLD or NEW) may not be touched."""
    if seal.parent:
        column, table, when = seal.parent
        sealed = when.format(row="parent")
        # S608: every part comes from a Seal in our own code, none from outside.
        return f"EXISTS (SELECT 1 FROM {table} parent WHERE parent.id = {row}.{column} AND {sealed})"  # noqa: S608
    return seal.when.format(row=row) or "1 = 1"


def rules(model: type[models.Model], vendor: str) -> Iterator[tuple[str, str, str, str]]:
    """(name, event, columns, condition) of each trigger of a model."""
    seal: Seal = model.SEAL  # type: ignore[attr-defined]
    table = model._meta.db_table
    # Quoted: a column may bear a word of SQL's own, such as "to".
    columns = [f'"{f.column}"' for f in model._meta.local_concrete_fields if f.column not in seal.open]
    before = condition(seal, "OLD")
    # A child must not move under a sealed parent either.
    moved = f"({before} OR {condition(seal, 'NEW')})" if seal.parent else before
    yield f"{PREFIX}{table}_update", "UPDATE", ", ".join(columns), moved
    yield f"{PREFIX}{table}_delete", "DELETE", "", before
    if vendor == "postgresql":  # SQLite knows no TRUNCATE
        yield f"{PREFIX}{table}_truncate", "TRUNCATE", "", "1 = 1"
    if seal.parent:
        yield f"{PREFIX}{table}_insert", "INSERT", "", condition(seal, "NEW")


def lay_seals(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Put every trigger in place, once: those that stand already are left alone."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    standing = present(using)
    with connection.cursor() as cursor:
        for model in sealed_models():
            table = model._meta.db_table
            if table not in tables:
                continue
            for name, event, columns, when in rules(model, connection.vendor):
                if name not in standing:
                    cursor.execute(trigger(connection.vendor, name, event, columns=columns, table=table, when=when))


def trigger(vendor: str, name: str, event: str, *, columns: str, table: str, when: str) -> str:
    """The statement that makes one trigger, in the words of the database at hand."""
    of = f" OF {columns}" if columns else ""
    if vendor == "sqlite":
        return (
            f"CREATE TRIGGER {name} BEFORE {event}{of} ON {table} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, 'sealed: {event} of {table} refused'); END"
        )
    # PostgreSQL's WHEN takes no subquery: the condition goes into a function of its own.
    result = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(event, "NEW")
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    return (
        f"CREATE OR REPLACE FUNCTION {name}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION 'sealed: {event} of {table} refused' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {result}; END $$; "
        f"CREATE TRIGGER {name} BEFORE {event}{of} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION {name}_refuses()"
    )


def lift_seals(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Take every trigger of ours off, before tables are rebuilt (or emptied, in tests)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, table in present(using).items():
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")


def present(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """The seals that stand in the database now: trigger → table."""
    connection = connections[using]
    query = (
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'seal\\_%'"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'seal\\_%' ESCAPE '\\'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The seals that should stand in the database and do not."""
    standing = present(using)
    tables = set(connections[using].introspection.table_names())
    return [
        name
        for model in sealed_models()
        if model._meta.db_table in tables
        for name, *_rest in rules(model, connections[using].vendor)
        if name not in standing
    ]


@register(Tags.database)
def seals_are_laid(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Each sealed table has its triggers. A warning, not an error: `migrate`, which lays them, runs this first."""
    return [
        Warning(f"The seal {name} is missing in the database.", hint="Run manage.py migrate.", id="common.W001")
        for using in databases or []
        for name in missing(using)
    ]


LAST_BEAT = "clock.last_beat"


def beat(now: datetime) -> None:
    """Note that the clock has knocked; kept for a day in the cache that all processes share."""
    cache.set(LAST_BEAT, now.isoformat(), timeout=86_400)


def last_beat() -> datetime | None:
    """When the clock last knocked, or None when nobody has heard it for a day."""
    kept = cache.get(LAST_BEAT)
    return datetime.fromisoformat(kept) if kept else None


def broker_answers(seconds: float = 2.0) -> bool:
    """The broker takes a connection within so many seconds."""
    connection = current_app.connection_for_write(connect_timeout=seconds)
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=seconds)
    except Exception:  # noqa: BLE001 (whatever its client raises, the answer is no)
        return False
    finally:
        connection.release()
    return True
