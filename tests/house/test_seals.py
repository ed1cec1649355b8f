"""What is finished stands in the database as it was, on both databases, whatever SQL is tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Clause, MandateVersion
from pmo_portal.audit import actions as audit
from pmo_portal.audit.models import Entry
from pmo_portal.common import checks
from pmo_portal.outbox import actions as outbox
from pmo_portal.outbox.handover import How, Result
from pmo_portal.outbox.models import Attempt, OutgoingEmail
from stakeholders.agreements.models import AgreementRevision, Row, Signature
from stakeholders.people import actions as people
from stakeholders.understanding import actions as understanding
from stakeholders.understanding.models import Acknowledgement, Waiver
from tests.conftest import write_mandate
from tests.house.conftest import Cast

SEALED = {model._meta.db_table: model for model in checks.sealed_models()}
EXPECTED = {
    "mandate_mandateversion", "mandate_objective", "mandate_service", "mandate_clause", "mandate_approval",
    "mandate_publication", "mandate_suggestion", "mandate_sentback", "mandate_power", "mandate_decisionstep",
    "mandate_measure", "mandate_revocation", "mandate_cancellation", "mandate_withdrawal", "mandate_proclaimed",
    "stakeholders_agreementrevision", "stakeholders_row", "stakeholders_signature",
    "stakeholders_invitation", "stakeholders_acknowledgement", "stakeholders_waiver",
    "audit_entry", "audit_link", "journal_event", "outbox_outgoingemail", "outbox_attempt",
}  # fmt: skip


def run(sql: str, *values: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def refusal(sql: str, *values: Any) -> str:
    """How the database refuses; empty when it does not."""
    try:
        run(sql, *values)
    except DatabaseError as problem:
        return str(problem)
    return ""


def columns(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields]


@pytest.fixture
def finished(cast: Cast, in_force: AgreementRevision, in_review: MandateVersion) -> None:
    """A row that is sealed, of every model that can be."""
    issuer, cell = cast.users["issuer"], next(iter(in_review.cells()))
    mandate.suggest(in_review, by=issuer, words={cell: "Other words."})
    mandate.send_back(in_review, by=issuer, content_hash=in_review.content_hash, reason="Not yet.")
    next_one = mandate.seal(write_mandate(cast.users["member"]), by=cast.users["member"])
    tomorrow = timezone.now() + timedelta(days=1)
    scheduled = mandate.issue(next_one, by=issuer, content_hash=next_one.content_hash, at=tomorrow)
    mandate.cancel(scheduled, by=issuer)
    mandate.revoke(next_one, by=issuer, reason="Not yet.")
    understanding.waive(cast.people["sponsor"], by=cast.users["member"], reason="Away until June.")
    mandate.withdraw(MandateVersion.objects.live().get(), by=issuer, reason="It says too much.")
    people.invite(cast.people["sponsor"], by=cast.users["member"])
    audit.chain()
    letter = outbox.take(OutgoingEmail.objects.first().pk, timezone.now())
    assert letter is not None
    outbox.close(letter, Result(How.SENT), timezone.now())


def sealed_row(model: type[models.Model]) -> int:
    """The key of a row under seal."""
    if model in {MandateVersion, AgreementRevision}:
        return model.objects.exclude(sealed_at=None).first().pk
    if model is OutgoingEmail:
        return OutgoingEmail.objects.exclude(kind="security").first().pk
    if model is Attempt:
        return Attempt.objects.exclude(outcome="open").first().pk
    return model.objects.first().pk


@pytest.mark.django_db
def test_all_that_must_stand_has_its_seal_in_the_database() -> None:
    assert set(SEALED) == EXPECTED
    standing = checks.present()
    for table, model in SEALED.items():
        events = {"update", "delete", *(["insert"] if model.SEAL.parent else [])}
        events |= {"truncate"} if connection.vendor == "postgresql" else set()
        assert {name for name, of in standing.items() if of == table} == {f"seal_{table}_{event}" for event in events}


@pytest.mark.django_db
@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_no_sql_changes_a_finished_row(table: str, finished: None) -> None:
    model = SEALED[table]
    pk = sealed_row(model)
    for column in columns(model):
        said = refusal(f'UPDATE {table} SET "{column}" = "{column}" WHERE id = %s', pk)
        assert ("sealed" in said) is (column not in model.SEAL.open), (column, said)
    assert "sealed" in refusal(f"UPDATE {table} SET id = id"), "nor all rows at once"
    assert "sealed" in refusal(f"DELETE FROM {table} WHERE id = %s", pk)
    if connection.vendor == "sqlite":
        for verb in ("REPLACE", "INSERT OR REPLACE"):
            assert "sealed" in refusal(f"{verb} INTO {table} SELECT * FROM {table} WHERE id = %s", pk)


@pytest.mark.django_db
@pytest.mark.parametrize("table", [table for table, model in SEALED.items() if model.SEAL.parent])
def test_no_sql_adds_a_part_to_what_is_finished_or_moves_one_there(table: str, finished: None) -> None:
    model = SEALED[table]
    others = ", ".join(f'"{column}"' for column in columns(model) if column != "id")
    pk = sealed_row(model)
    assert "sealed" in refusal(f"INSERT INTO {table} ({others}) SELECT {others} FROM {table} WHERE id = %s", pk)


@pytest.mark.django_db
def test_a_draft_of_the_mandate_can_be_changed_and_its_parts_taken_out(draft_mandate: MandateVersion) -> None:
    assert run("UPDATE mandate_mandateversion SET purpose = 'x' WHERE id = %s", draft_mandate.pk) == 1
    clause = draft_mandate.clauses.first()
    assert run("UPDATE mandate_clause SET text = 'x' WHERE id = %s", clause.pk) == 1
    assert run("DELETE FROM mandate_clause WHERE id = %s", clause.pk) == 1
    live = MandateVersion.objects.live().get()
    other = draft_mandate.clauses.first()
    moved = refusal("UPDATE mandate_clause SET version_id = %s WHERE id = %s", live.pk, other.pk)
    assert "sealed" in moved


@pytest.mark.django_db
def test_a_draft_of_an_agreement_can_be_changed(draft_agreement: AgreementRevision) -> None:
    assert run("UPDATE stakeholders_agreementrevision SET aim = 'x' WHERE id = %s", draft_agreement.pk) == 1
    assert run("UPDATE stakeholders_row SET you_need = 'x' WHERE revision_id = %s", draft_agreement.pk) == 1
    assert run("DELETE FROM stakeholders_row WHERE revision_id = %s", draft_agreement.pk) == 1


@pytest.mark.django_db
def test_a_finished_row_cannot_be_made_a_draft_again(in_force: AgreementRevision) -> None:
    draft = "sealed_at = NULL, content_hash = '', state = 'draft'"
    assert "sealed" in refusal(f"UPDATE stakeholders_agreementrevision SET {draft} WHERE id = %s", in_force.pk)


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_no_truncate_empties_what_is_finished(table: str, finished: None) -> None:
    connection.check_constraints()  # what waits for the end of the transaction would hold the tables
    assert "sealed" in refusal(f"TRUNCATE {table} CASCADE")


# --- the verifying command ----------------------------------------------------------------------
@contextmanager
def seals_lifted() -> Iterator[None]:
    """As somebody with all rights on the database would do it."""
    connection.check_constraints()  # what waits for the end of the transaction would hold the tables
    checks.lift_seals()
    yield
    connection.check_constraints()
    checks.lay_seals()


@pytest.mark.django_db
def test_the_verifying_command_is_content_with_what_stands_as_written(finished: None) -> None:
    call_command("verify_audit")


@pytest.mark.django_db
def test_the_verifying_command_names_an_entry_that_was_changed(finished: None) -> None:
    entry = Entry.objects.filter(verb="publish").first()
    with seals_lifted():
        run("UPDATE audit_entry SET verb = 'seal' WHERE id = %s", entry.pk)
    with pytest.raises(CommandError, match=f"^entry {entry.pk} .*changed after it was written"):
        call_command("verify_audit")


@pytest.mark.django_db
def test_the_verifying_command_names_the_place_of_a_link_that_was_changed(finished: None) -> None:
    link = Entry.objects.filter(verb="publish").first().link
    with seals_lifted():
        run("UPDATE audit_link SET hash = %s WHERE id = %s", "0" * 64, link.pk)
    with pytest.raises(CommandError, match=f"entry {link.entry_id} "):
        call_command("verify_audit")


def changed_clause() -> str:
    clause = Clause.objects.filter(version=MandateVersion.objects.published().first()).first()
    run("UPDATE mandate_clause SET text = 'Runs your projects.' WHERE id = %s", clause.pk)
    return clause.version.key


def changed_row() -> str:
    row = Row.objects.first()
    run("UPDATE stakeholders_row SET you_commit = 'Everything' WHERE id = %s", row.pk)
    return row.revision.key


def changed_signature() -> str:
    signature = Signature.objects.first()
    run("UPDATE stakeholders_signature SET content_hash = %s WHERE id = %s", "0" * 64, signature.pk)
    return signature.revision.key


def changed_acknowledgement() -> str:
    row = Acknowledgement.objects.get()
    run("UPDATE stakeholders_acknowledgement SET how = 'page' WHERE id = %s", row.pk)
    return f"acknowledgement {row.pk} of {row.version.key}"


def acknowledgement_that_is_gone() -> str:
    row = Acknowledgement.objects.get()
    run("DELETE FROM stakeholders_acknowledgement WHERE id = %s", row.pk)
    return f"acknowledgement of {row.version.key} by {row.person.key}"


def changed_reason() -> str:
    row = Waiver.objects.get()
    run("UPDATE stakeholders_waiver SET reason = 'Because.' WHERE id = %s", row.pk)
    return f"waiver {row.pk} of {row.version.key}"


UNTRUE = [
    changed_clause, changed_row, changed_signature, changed_acknowledgement, acknowledgement_that_is_gone,
    changed_reason,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("change", UNTRUE)
def test_the_verifying_command_names_a_sealed_text_that_was_changed(change: Any, finished: None) -> None:
    with seals_lifted():
        key = change()
    with pytest.raises(CommandError, match=key):
        call_command("verify_audit")


SOMEBODY_ELSE = "(SELECT id FROM accounts_user WHERE email = 'admin@fairhaven.example')"
TAMPERED = {
    "an approval for other words": ("mandate_approval", "content_hash = '0000'", "sealed and approved"),
    "an approval by somebody else": ("mandate_approval", f"by_id = {SOMEBODY_ELSE}", "approve"),
    "a moment that was moved": ("mandate_publication", "publish_at = '2031-01-01 00:00:00+00:00'", "publish"),
    "a letter that was never written": ("mandate_publication", "message = 'Other words.'", "publish"),
    "another reason": ("mandate_withdrawal", "reason = 'It was wrong.'", "withdraw"),
    "a cancellation after the fact": ("mandate_cancellation", "at = '2031-01-01 00:00:00+00:00'", "had gone live"),
    "a withdrawal before the fact": ("mandate_withdrawal", "at = '2001-01-01 00:00:00+00:00'", "before it had gone"),
    "a deputy who never was": ("mandate_withdrawal", f"acting_for_id = {SOMEBODY_ELSE}", "withdraw"),
    "a revocation by somebody else": ("mandate_revocation", f"by_id = {SOMEBODY_ELSE}", "revoke"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", TAMPERED)
def test_the_verifying_command_names_the_version_whose_decision_was_tampered_with(what: str, finished: None) -> None:
    table, change, words = TAMPERED[what]
    with seals_lifted():
        assert run(f"UPDATE {table} SET {change}") > 0  # noqa: S608
    with pytest.raises(CommandError, match=rf"mandate:\d+: .*{words}"):
        call_command("verify_audit")


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["mandate_cancellation", "mandate_withdrawal", "mandate_revocation"])
def test_the_verifying_command_misses_a_decision_that_was_deleted(table: str, finished: None) -> None:
    with seals_lifted():
        assert run(f"DELETE FROM {table}") > 0  # noqa: S608
    with pytest.raises(CommandError, match=r"mandate:\d+: a decision that the audit knows is gone"):
        call_command("verify_audit")
