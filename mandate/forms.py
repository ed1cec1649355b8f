"""The shape of what is written into a mandate, a form for each part."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from mandate import incoming, paste
from mandate.models import Cell, Clause, DecisionStep, MandateVersion, Measure, Objective, Power, Service
from mandate.words import WORDS
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.forms import DateField, MergedModelForm, PortalForm
from pmo_portal.common.models import today


class WhyForm(MergedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["why_before", "why_asked_by", "why_noticed"]


class PurposeForm(MergedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["purpose"]


class HelpsForm(MergedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["helps"]


class ChangeForm(MergedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["change_note", "is_material"]
        help_texts: ClassVar = {
            "is_material": _("Then everybody is asked to read it again. Leave it empty for spelling and the like.")
        }


class MessageForm(MergedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["message"]


class FrameForm(MergedModelForm):
    """Whom the office reports to, and how long the mandate holds; a first period is proposed, and kept by saving."""

    period_from = DateField(label=_("Holds from"), required=False)
    period_to = DateField(label=_("Until"), required=False)
    review_on = DateField(
        label=_("Looked at again on"),
        required=False,
        help_text=_("A month before it ends leaves time to write the next one."),
    )

    class Meta:
        model = MandateVersion
        fields = ["reports_to", "period_from", "period_to", "review_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance
        if version.number == 1 and not any(getattr(version, name) for name in version.DATES):
            start = today()
            end = start + timedelta(days=364)
            proposed = {"period_from": start, "period_to": end, "review_on": end - timedelta(days=30)}
            self.initial.update(proposed)
            self.fields["period_from"].help_text = _("We propose a year from today; saving keeps it.")

    def clean(self) -> dict[str, Any] | None:
        """A period that ends before it begins is told at its last day; the database refuses it too."""
        cleaned = super().clean()
        first, last = self.cleaned_data.get("period_from"), self.cleaned_data.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", _("The last day is before the first."))
        return cleaned


class RowForm(MergedModelForm):
    """A row of a draft. Half-written it is kept too: what it lacks is told, and only review asks for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.instance.CELLS:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        cells = [name for name in self.instance.CELLS if name in self.fields]
        if not self.errors and not any(self.cleaned_data.get(name) for name in cells):
            self.add_error(cells[0], _("There is not a word in it yet."))
        return cleaned


class PowerForm(RowForm):
    class Meta:
        model = Power
        fields = ["kind", "text", "limit"]


class DecisionForm(RowForm):
    class Meta:
        model = DecisionStep
        fields = ["matter", "who", "limit", "answer_days"]
        help_texts: ClassVar = {
            "matter": _("Such as: a change of the budget. Steps of the same matter make one path."),
            "who": _("A role or a name: the sponsor of the project."),
            "limit": _("Where it ends, the next step of the path decides."),
        }


class MeasureForm(RowForm):
    class Meta:
        model = Measure
        fields = ["text", "target", "where"]


class ObjectiveForm(RowForm):
    due_on = DateField(label=Objective._meta.get_field("due_on").verbose_name, required=False)

    class Meta:
        model = Objective
        fields = ["text", "measure", "due_on"]


class ServiceForm(RowForm):
    class Meta:
        model = Service
        fields = ["name", "what_you_get", "when", "how_to_ask", "who", "what_we_need"]


class ClauseForm(RowForm):
    """A clause asks only for what its kind needs."""

    NEEDED: ClassVar[dict[str, list[str]]] = {
        Clause.Kind.DOES: ["example"],
        Clause.Kind.SHARED: ["our_part", "your_part", "example"],
        Clause.Kind.DOES_NOT: ["who_instead", "how_to_reach", "example"],
    }

    class Meta:
        model = Clause
        fields = ["kind", "text", "our_part", "your_part", "who_instead", "how_to_reach", "example"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = {"seen", "was", "kind", "text", *self.NEEDED[self.instance.kind]}
        for name in set(self.fields) - needed:
            del self.fields[name]
        self.initial["seen"] = self.fingerprint(self.instance)

    def written(self) -> list[str]:
        """All of the clause: what its kind does not need is emptied."""
        return list(self.Meta.fields)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in set(self.written()) - set(self.fields):
            setattr(self.instance, name, "")
        return cleaned


class WordsForm(PortalForm):
    """The words to start from that somebody ticked."""

    words = forms.MultipleChoiceField(
        label="", widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Tick at least one.")}
    )

    def __init__(self, *args: Any, part: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].choices = [(words.key, words.key) for words in WORDS[part]]  # type: ignore[attr-defined]


class PastedField(forms.CharField):
    """A text from elsewhere: signs that cannot stand in a database are left out, and the browser cuts nothing off."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\0", "")


class PasteForm(PortalForm):
    """The box to paste into."""

    text = PastedField(
        label=_("Your words"),
        max_length=paste.MOST_BYTES * 20,  # more than any form may carry: what is too much is told by paste.read
        help_text=_("A clause for each paragraph or point of a list. Numbers and bullets before them are taken off."),
        error_messages={"required": _("There are no words in this. Paste at least one paragraph.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs = {"rows": 12, "dir": "auto", "class": "paste-box"}

    def clean_text(self) -> str:
        """The text, of which `rows` are the paragraphs."""
        text: str = self.cleaned_data["text"]
        try:
            self.rows = paste.read(text)
        except RuleBroken as refusal:
            raise forms.ValidationError(refusal.missing or [refusal.message]) from None
        return text


class PastedLineForm(PortalForm):
    """One line of a preview: a clause of some kind, or left out."""

    LEAVE_OUT = "leave_out"

    kind = forms.ChoiceField(label=_("Kind"), choices=[*Clause.Kind.choices, (LEAVE_OUT, _("Leave out"))])
    text = PastedField(label=_("Words"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A formset would let a line without anything in it pass unread.
        super().__init__(*args, **{**kwargs, "empty_permitted": False})
        self.fields["text"].widget.attrs |= {"rows": 2, "dir": "auto"}
        for field, name in (("kind", _("Line %(line)s, kind")), ("text", _("Line %(line)s"))):
            self.fields[field].label = name % {"line": self.line}

    @property
    def line(self) -> int:
        """The number of the line, as it stands on the page."""
        return int((self.prefix or "0").rpartition("-")[2]) + 1


class PastedLines(forms.BaseFormSet):
    """The lines of a preview."""

    def chosen(self) -> list[tuple[int, str, str]]:
        """The lines that are not left out: number, kind, words."""
        lines = [(form.line, form.cleaned_data["kind"], form.cleaned_data["text"]) for form in self.forms]
        return [line for line in lines if line[1] != PastedLineForm.LEAVE_OUT]

    def refuse(self, refusal: RuleBroken) -> None:
        """Say what is wrong at each line, or above them all."""
        for wrong in refusal.missing:
            self.forms[wrong.line - 1].add_error("text", wrong.words)
        if not refusal.missing:
            self.non_form_errors().append(refusal.message)


PastedLinesForm = cast(
    type[PastedLines],
    forms.formset_factory(
        PastedLineForm, PastedLines, extra=0, max_num=paste.MOST_ROWS, absolute_max=paste.MOST_ROWS, validate_max=True
    ),
)


class SuggestForm(PortalForm):
    """The words of one place, a box for each of its cells, and why they should be others."""

    reason = PastedField(label=_("Why"), required=False)

    def __init__(self, *args: Any, cells: Mapping[Cell, tuple[str, str]], **kwargs: Any) -> None:
        """`cells` gives the name and today's words of each."""
        super().__init__(*args, **kwargs)
        self.cells = list(cells)
        boxes = {
            cell.field: PastedField(label=label, initial=words, required=False, max_length=4000)
            for cell, (label, words) in cells.items()
        }
        self.fields = {**boxes, "reason": self.fields["reason"]}
        for field in self.fields.values():
            # As many lines as the words take on a phone, and one more to write on.
            field.widget.attrs = {"rows": min(9, 2 + len(str(field.initial or "")) // 36), "dir": "auto"}

    def boxes(self) -> list[forms.BoundField]:
        """The boxes with words of the mandate."""
        return [self[cell.field] for cell in self.cells]

    def words(self) -> dict[Cell, str]:
        """What was written, by cell."""
        return {cell: self.cleaned_data[cell.field] for cell in self.cells}

    def refuse(self, refusal: RuleBroken) -> None:
        """Say what is wrong at each box, or above them all."""
        for wrong in refusal.missing:
            self.add_error(wrong.at.field, wrong.words)
        if not refusal.missing:
            self.add_error(None, refusal.message)


class SendBackForm(PortalForm):
    """Why a version goes back."""

    reason = PastedField(
        label=_("What has to be different"),
        help_text=_("Those who write the mandate read this, and write the next version from the words that stand."),
        error_messages={"required": _("Say in a few words what has to be different.")},
    )


class RevokeForm(PortalForm):
    """Why an approval is taken back."""

    reason = PastedField(
        label=_("Why"),
        help_text=_("The office reads this, and writes the next version from the words that stand."),
        error_messages={"required": _("Say in a few words why the approval is taken back.")},
    )


class WithdrawForm(PortalForm):
    """Why the live version is withdrawn."""

    reason = PastedField(
        label=_("Why"),
        help_text=_("Everybody who may read the mandate reads this in its place."),
        error_messages={"required": _("Say in a few words why it is withdrawn: the readers see it.")},
    )


TEXT_PARTS: dict[str, type[MergedModelForm]] = {
    "why": WhyForm,
    "purpose": PurposeForm,
    "helps": HelpsForm,
    "message": MessageForm,
    "frame": FrameForm,
    "change": ChangeForm,
}
ROW_PARTS: dict[str, type[RowForm]] = {
    "objectives": ObjectiveForm,
    "services": ServiceForm,
    "clauses": ClauseForm,
    "powers": PowerForm,
    "decisions": DecisionForm,
    "measures": MeasureForm,
}


# --- a version from a file ----------------------------------------------------------------------
class FileForm(PortalForm):
    """The file of a version, as it was written to JSON."""

    file = forms.FileField(
        label=_("The file"),
        help_text=_("A mandate that a portal has written to a file as JSON."),
        error_messages={"required": _("Choose a file."), "empty": _("There is nothing in this file.")},
    )

    def clean_file(self) -> dict[str, Any]:
        """The document in it."""
        return _document(self.cleaned_data["file"].read(incoming.MOST_BYTES + 1))


class BringInForm(forms.Form):
    """The document that was looked over, the draft that was seen, and whether its words may go."""

    document = forms.CharField(widget=forms.Textarea, strip=False)
    seen = forms.CharField(required=False)
    replace = forms.BooleanField(required=False)

    def clean_document(self) -> dict[str, Any]:
        """The document, read anew: it comes from the browser."""
        return _document(self.cleaned_data["document"].encode("utf-8", "replace"))

    def instead_of(self) -> str:
        """The draft that may go; empty when it may not."""
        return self.cleaned_data["seen"] if self.cleaned_data["replace"] else ""


def _document(raw: bytes) -> dict[str, Any]:
    try:
        return incoming.load(raw)
    except RuleBroken as refusal:
        raise forms.ValidationError(str(refusal)) from None
