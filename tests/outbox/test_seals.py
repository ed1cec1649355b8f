"""What was posted, journalled or noted stands in the database as it was: direct SQL is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction

from pmo_portal.audit import actions as audit
from pmo_portal.common import checks
from pmo_portal.common.models import Seal
from pmo_portal.journal import actions as journal
from pmo_portal.outbox import actions
from pmo_portal.outbox.handover import How, Result
from pmo_portal.outbox.models import Attempt, OutgoingEmail

pytestmark = pytest.mark.django_db
Posted = Callable[..., OutgoingEmail]


def run(sql: str, *values: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def refused(sql: str, *values: Any) -> None:
    with pytest.raises(DatabaseError, match="sealed"):
        run(sql, *values)


SEALED = [
    field.column for field in OutgoingEmail._meta.local_concrete_fields if field.column not in OutgoingEmail.SEAL.open
]


@pytest.mark.parametrize("column", SEALED)
def test_no_column_of_a_posted_letter_can_be_changed(posted: Posted, column: str) -> None:
    email = posted()
    refused(f'UPDATE outbox_outgoingemail SET "{column}" = "{column}" WHERE id = %s', email.pk)


def test_its_state_moves(posted: Posted) -> None:
    assert run("UPDATE outbox_outgoingemail SET reason = 'x', attempts = 1 WHERE id = %s", posted().pk) == 1


def test_a_posted_letter_cannot_be_deleted(posted: Posted) -> None:
    refused("DELETE FROM outbox_outgoingemail WHERE id = %s", posted().pk)


def test_a_posted_letter_cannot_be_replaced(posted: Posted) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    refused("REPLACE INTO outbox_outgoingemail SELECT * FROM outbox_outgoingemail WHERE id = %s", posted().pk)


def test_no_letter_becomes_security_mail_to_be_erased(posted: Posted) -> None:
    refused("UPDATE outbox_outgoingemail SET kind = 'security', text = '' WHERE id = %s", posted().pk)


def test_security_mail_can_be_erased(posted: Posted) -> None:
    email = posted(kind="security")
    assert run("UPDATE outbox_outgoingemail SET text = '' WHERE id = %s", email.pk) == 1


def test_an_attempt_that_ended_stands(posted: Posted, now: datetime) -> None:
    email = actions.take(posted(now=now).pk, now)
    assert email is not None
    actions.close(email, Result(How.SENT), now)
    attempt = Attempt.objects.get(email=email)
    refused("UPDATE outbox_attempt SET outcome = 'open' WHERE id = %s", attempt.pk)
    refused("DELETE FROM outbox_attempt WHERE id = %s", attempt.pk)


def test_the_journal_and_the_audit_are_only_added_to(now: datetime) -> None:
    event = journal.record(kind="mandate_published", subject="mandate:1", scope="everybody", at=now)
    entry = audit.note(by=None, verb="publish", subject="mandate:1")
    audit.chain()
    for table, pk in (("journal_event", event.pk), ("audit_entry", entry.pk)):
        column = "subject"
        refused(f"UPDATE {table} SET {column} = 'mandate:2' WHERE id = %s", pk)
        refused(f"DELETE FROM {table} WHERE id = %s", pk)
    refused("UPDATE audit_link SET hash = '' WHERE entry_id = %s", entry.pk)
    refused("DELETE FROM audit_link WHERE entry_id = %s", entry.pk)


def test_every_seal_is_laid_and_a_missing_one_is_an_error() -> None:
    def missing() -> list[str]:
        return [problem.msg for problem in run_checks(databases=["default"]) if problem.id == "common.W001"]

    assert missing() == []
    try:
        checks.lift_seals()
        assert "The seal seal_outbox_outgoingemail_update is missing in the database." in missing()
    finally:
        checks.lay_seals()
    assert missing() == []


def test_seals_can_be_laid_again_and_again() -> None:
    before = checks.present()
    checks.lay_seals()
    assert checks.present() == before
    assert before["seal_outbox_outgoingemail_delete"] == "outbox_outgoingemail"


@pytest.fixture
def family() -> Any:
    """A parent that is sealed when it is signed, with children; made only for these tests."""

    class Meta:
        db_table = "child_of_test"

        class Field:
            def __init__(self, column: str) -> None:
                self.column = column

        local_concrete_fields = (Field("id"), Field("parent_id"), Field("words"))

    class Child:
        SEAL = Seal(parent=("parent_id", "parent_of_test", "{row}.signed = 1"))
        _meta = Meta

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parent_of_test (id integer PRIMARY KEY, signed integer)")
        cursor.execute("CREATE TABLE child_of_test (id integer PRIMARY KEY, parent_id integer, words text)")
        for name, event, columns, when in checks.rules(Child, connection.vendor):  # type: ignore[arg-type]
            cursor.execute(
                checks.trigger(connection.vendor, name, event, columns=columns, table="child_of_test", when=when)
            )
        cursor.execute("INSERT INTO parent_of_test VALUES (1, 0), (2, 1)")
        cursor.execute("INSERT INTO child_of_test VALUES (1, 1, 'a')")
    return None


def test_the_children_of_a_sealed_row_are_sealed_with_it(family: None) -> None:
    assert run("UPDATE child_of_test SET words = 'b' WHERE id = 1") == 1
    refused("INSERT INTO child_of_test VALUES (2, 2, 'late')")
    run("UPDATE parent_of_test SET signed = 1 WHERE id = 1")
    refused("UPDATE child_of_test SET words = 'c' WHERE id = 1")
    refused("DELETE FROM child_of_test WHERE id = 1")


def test_no_child_moves_under_a_sealed_row(family: None) -> None:
    refused("UPDATE child_of_test SET parent_id = 2 WHERE id = 1")
