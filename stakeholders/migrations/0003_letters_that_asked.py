"""Letters of before count too: who was asked already is asked by one more letter, and not by two."""

from typing import Any

from django.db import migrations

MOST_LETTERS = 2
# What asked in the portal of before; an agreement's letters were about the agreement, and are about a revision now.
PLAIN = ("people/invited", "mandate/mandate_in_review")
OF_A_REVISION = {
    "agreements/agreement_shared": ("draft", "shared_at"),
    "agreements/agreement_proposed": ("proposed", "sealed_at"),
}


def number_the_letters(apps: Any, _schema_editor: Any) -> None:
    """Give the letters about what is still open their turn: the first of each address, and the second."""
    emails = apps.get_model("outbox", "OutgoingEmail").objects.filter(turn=None)
    for event, (state, since) in OF_A_REVISION.items():
        open_ones = apps.get_model("stakeholders", "AgreementRevision").objects.filter(state=state)
        for revision in open_ones.exclude(**{since: None}):
            asked = emails.filter(event=event, about=f"agreement:{revision.agreement_id}")
            asked = asked.filter(posted_at__gte=getattr(revision, since))
            asked.update(about=f"revision:{revision.pk}")
            number(emails.filter(event=event, about=f"revision:{revision.pk}"))
    for event in PLAIN:
        number(emails.filter(event=event))


def number(letters: Any) -> None:
    turns: dict[tuple[str, str], int] = {}
    for letter in letters.order_by("posted_at", "pk").only("about", "to", "state"):
        thing = (letter.about, letter.to)
        turn = turns.get(thing, 0) + (letter.state != "failed")
        turns[thing] = turn
        if turn <= MOST_LETTERS:
            letters.filter(pk=letter.pk).update(turn=max(turn, 1))


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_two_letters_at_most"),
        ("stakeholders", "0002_countered"),
    ]

    operations = [migrations.RunPython(number_the_letters, migrations.RunPython.noop)]
