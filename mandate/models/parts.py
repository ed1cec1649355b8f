"""The rows of a version: each says one thing, in its place, and is sealed with it."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from mandate.models.cells import PLACEHOLDER, new_key, same_words
from pmo_portal.common.models import Seal

if TYPE_CHECKING:
    from mandate.models.versions import MandateVersion


class Part(models.Model):
    """A row of a version, in its place; sealed with it."""

    position = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    version: models.ForeignKey["MandateVersion", "MandateVersion"]

    SEAL = Seal(parent=("version_id", "mandate_mandateversion", "{row}.sealed_at IS NOT NULL"))
    FACTS: tuple[str, ...] = ()
    CELLS: tuple[str, ...] = ()
    # What is said of a row whose first cell is empty.
    NO_WORDS: Any = ""

    def content(self) -> dict[str, Any]:
        """What this row says, for the hash."""
        return {name: getattr(self, name) for name in self.FACTS}

    @property
    def same_words(self) -> str:
        """The words by which a row is known again: two with the same are one."""
        return same_words(str(getattr(self, "text", "") or self))

    def placeholders(self) -> list[str]:
        """The places held for the reader's own words, such as “[name]”, in the order of the row; each once."""
        words = "\n".join(str(value) for value in self.content().values() if value)
        return list(dict.fromkeys(PLACEHOLDER.findall(words)))

    def wanted(self) -> list[tuple[str, Any]]:
        """The fields that a row like this cannot go to review without, each with what to do."""
        return []

    def lacks(self) -> list[tuple[str, Any]]:
        """What this row still needs before review: the field, and words."""
        if not getattr(self, self.CELLS[0]):
            return [(self.CELLS[0], self.NO_WORDS)]
        name = {"name": self.short_name}
        gaps = [(field, words % name) for field, words in self.wanted() if not getattr(self, field)]
        line = _("“%(name)s”: put your own words for %(place)s.")
        return gaps + [(self._field_with(place), line % {**name, "place": place}) for place in self.placeholders()]

    def _field_with(self, place: str) -> str:
        return next(field for field in self.CELLS if place in getattr(self, field))

    @property
    def short_name(self) -> str:
        """The row in a few words."""
        return name if len(name := str(self)) <= 60 else f"{name[:57]}…"


class Objective(Part):
    """What the PMO wants to have reached, by which measure, and when."""

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="objectives")
    text = models.CharField(_("objective"), max_length=300)
    measure = models.CharField(_("how we measure it"), max_length=300, blank=True)
    due_on = models.DateField(_("by"), null=True, blank=True)

    FACTS = ("text", "measure", "due_on")
    CELLS = ("text", "measure")
    NO_WORDS = _("An objective has no words yet: write them, or remove it.")

    def __str__(self) -> str:
        return self.text


class Service(Part):
    """What somebody gets from the PMO, when, how to ask for it, and what it needs from them."""

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="services")
    name = models.CharField(_("service"), max_length=120)
    what_you_get = models.TextField(_("what you get"))
    when = models.CharField(_("when"), max_length=200, blank=True)
    how_to_ask = models.CharField(_("how to ask"), max_length=200, blank=True)
    who = models.CharField(_("who does it"), max_length=200, blank=True)
    what_we_need = models.CharField(_("what we need from you"), max_length=300, blank=True)

    FACTS = ("name", "what_you_get", "when", "how_to_ask", "who", "what_we_need")
    CELLS = FACTS
    NO_WORDS = _("A service has no name yet: give it one, or remove it.")

    def __str__(self) -> str:
        return self.name

    def wanted(self) -> list[tuple[str, Any]]:
        """A service says what people get."""
        return [("what_you_get", _("“%(name)s”: say what people get."))]


class Clause(Part):
    """One thing that the PMO does, shares, or does not do. Keeps its key in every version."""

    class Kind(models.TextChoices):
        DOES = "does", _("The PMO does")
        SHARED = "shared", _("Shared")
        DOES_NOT = "does_not", _("The PMO does not")

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="clauses")
    key = models.CharField(max_length=12, default=new_key, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DOES)
    number = models.CharField(max_length=12, editable=False, default="")
    text = models.TextField(_("the clause"), help_text=_("One sentence that a reader outside the PMO understands."))
    our_part = models.CharField(_("our part"), max_length=300, blank=True)
    your_part = models.CharField(_("your part"), max_length=300, blank=True)
    who_instead = models.CharField(_("who does it instead"), max_length=200, blank=True)
    how_to_reach = models.CharField(_("how to reach them"), max_length=200, blank=True)
    example = models.CharField(_("an example, in the reader's words"), max_length=300, blank=True)

    FACTS = (
        "key", "kind", "number", "text", "our_part", "your_part", "who_instead", "how_to_reach", "example",
    )  # fmt: skip
    CELLS = ("text", "our_part", "your_part", "who_instead", "how_to_reach", "example")
    NO_WORDS = _("A clause has no words yet: write them, or remove it.")

    class Meta(Part.Meta):
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_clause_per_key")]

    def __str__(self) -> str:
        return f"{self.number} {self.text}".strip()

    def wanted(self) -> list[tuple[str, Any]]:
        """Nobody is sent away without a name, a way and an example; what is shared says who does which part."""
        return {
            self.Kind.DOES: [],
            self.Kind.SHARED: [
                ("our_part", _("“%(name)s”: say which part is ours.")),
                ("your_part", _("“%(name)s”: say which part is theirs.")),
            ],
            self.Kind.DOES_NOT: [
                ("who_instead", _("“%(name)s”: say who does it instead.")),
                ("how_to_reach", _("“%(name)s”: say how to reach them.")),
                ("example", _("“%(name)s”: give one example in the reader's words.")),
            ],
        }[self.Kind(self.kind)]

    def reads_as(self, other: "Clause | None") -> bool:
        """Both say the very same; the number is only its place."""
        said = [name for name in self.FACTS if name != "number"]
        return other is not None and all(getattr(self, name) == getattr(other, name) for name in said)

    @property
    def short_name(self) -> str:
        """The clause in a few words, without its number."""
        return self.text if len(self.text) <= 60 else f"{self.text[:57]}…"


class Power(Part):
    """Something that the PMO may do of its own right: decide it, demand it, or stop it."""

    class Kind(models.TextChoices):
        DECIDE = "decide", _("May decide")
        DEMAND = "demand", _("May demand")
        STOP = "stop", _("May stop")

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="powers")
    kind = models.CharField(_("what it may do"), max_length=10, choices=Kind, default=Kind.DECIDE)
    text = models.CharField(_("what"), max_length=300)
    limit = models.CharField(_("within which limit"), max_length=200, blank=True)

    FACTS = ("kind", "text", "limit")
    CELLS = ("text", "limit")
    NO_WORDS = _("Authority: one line does not say what yet: write it, or remove it.")

    def __str__(self) -> str:
        return self.text


class DecisionStep(Part):
    """Who decides a matter, up to which limit, and how soon. Steps of one matter make its path, in their order."""

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="decisions")
    matter = models.CharField(_("matter"), max_length=200)
    who = models.CharField(_("who decides"), max_length=200, blank=True)
    limit = models.CharField(_("up to which limit"), max_length=200, blank=True)
    answer_days = models.PositiveSmallIntegerField(_("answers within, in working days"), null=True, blank=True)

    FACTS = ("matter", "who", "limit", "answer_days")
    CELLS = ("matter", "who", "limit")
    NO_WORDS = _("Who decides what: one step belongs to no matter yet: name it, or remove the step.")

    def __str__(self) -> str:
        return f"{self.matter}: {self.who}" if self.who else self.matter

    @property
    def same_matter(self) -> str:
        """The words by which steps of one path know each other."""
        return same_words(self.matter)

    def wanted(self) -> list[tuple[str, Any]]:
        """A step names who decides."""
        return [("who", _("“%(name)s”: say who decides."))]


class Measure(Part):
    """How anybody can tell that the PMO succeeds."""

    version = models.ForeignKey("mandate.MandateVersion", models.CASCADE, related_name="measures")
    text = models.CharField(_("what is measured"), max_length=300)
    target = models.CharField(_("what is good"), max_length=200, blank=True)
    where = models.CharField(_("where anybody can see it"), max_length=200, blank=True)

    FACTS = ("text", "target", "where")
    CELLS = FACTS
    NO_WORDS = _("A measure does not say what is measured yet: write it, or remove it.")

    def __str__(self) -> str:
        return self.text
