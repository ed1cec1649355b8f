"""The shape of what is written into an agreement."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mandate.models import Clause, MandateVersion
from pmo_portal.common.forms import DateField, PortalForm, SharedModelForm
from pmo_portal.common.models import Organisation
from stakeholders.agreements.models import AgreementRevision, Promise, Row
from stakeholders.agreements.words import WORDS


class Period(forms.Form):
    """From when until when an agreement holds."""

    period_from = DateField(label=_("From"))
    period_to = DateField(label=_("Until"))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("period_from"), self.cleaned_data.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("The end comes before the beginning."))
        return cleaned


class PeriodForm(Period, PortalForm):
    """The period alone, to begin with."""


class FrameForm(Period, SharedModelForm):
    """The shared aim and the period."""

    class Meta:
        model = AgreementRevision
        fields = ["aim", "period_from", "period_to"]


class RowForm(SharedModelForm):
    """Four cells, the clause they stand on, and a day."""

    due_on = DateField(label=_("By"), required=False, help_text=_("Empty: by the end of the period."))

    class Meta:
        model = Row
        fields = ["you_need", "we_commit", "you_commit", "you_will_notice", "clause", "due_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clause = self.fields["clause"]
        version = MandateVersion.objects.live().first() or MandateVersion.objects.first()
        # A row of an older revision keeps its clause on offer until another is chosen.
        offered = Q(version=version) & ~Q(kind=Clause.Kind.DOES_NOT)
        clause.queryset = Clause.objects.filter(offered | Q(pk=self.instance.clause_id)).order_by("kind", "position")  # type: ignore[attr-defined]
        clause.empty_label = _("Not chosen yet")  # type: ignore[attr-defined]


class OwnCellsForm(SharedModelForm):
    """The area's own cells of a draft that both sides write."""

    class Meta:
        model = Row
        fields = list(Row.OF_THE_AREA)

    def clean(self) -> dict[str, Any] | None:
        """A browser ends lines in its own way, and that alone is no change."""
        cleaned = super().clean()
        for name in self.written():
            before, after = getattr(self.instance, name), self.cleaned_data.get(name)
            if isinstance(after, str) and after.split() == before.split() and after.count("\n") == before.count("\n"):
                self.cleaned_data[name] = before
        return cleaned


class RewordForm(OwnCellsForm):
    """Every cell of a proposal and its day, as the area would have them; the PMO's own are said to be the PMO's."""

    due_on = DateField(label=_("By"), required=False, help_text=_("Empty: by the end of the period."))

    class Meta:
        model = Row
        fields = ["you_need", "you_commit", "you_will_notice", "due_on", "we_commit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office, theirs = {"office": Organisation.current().office_name}, self.fields["we_commit"]
        theirs.label = _("We commit: the %(office)s's own promise") % office
        theirs.help_text = (
            _("Change it only where it has to be other words: the %(office)s promises it by signing them.") % office
        )


class WordsForm(PortalForm):
    """The rows to start from that were ticked."""

    rows = forms.MultipleChoiceField(
        label=_("Rows to start from"),
        choices=[(words.key, words.you_need) for words in WORDS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one row.")},
    )


class ReasonForm(PortalForm):
    """A reason that the other side will read."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea, help_text=_("The other side reads it."))


class PromiseForm(PortalForm):
    """How a promise stands."""

    to = forms.ChoiceField(label=_("How it stands"), widget=forms.RadioSelect)
    evidence = forms.CharField(
        label=_("How it was kept"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One line, and a link where there is something to see."),
    )  # fmt: skip

    def __init__(self, *args: Any, promise: Promise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moves = [state for state in Promise.State if promise.can_move_to(state)]
        self.fields["to"].choices = [(state.value, state.label) for state in moves]  # type: ignore[attr-defined]
