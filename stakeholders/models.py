"""The face of the rooms' models, where Django looks for them."""

from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Row, Signature
from stakeholders.areas.models import Area
from stakeholders.needs.models import Need
from stakeholders.people.models import Invitation, Person, Role
from stakeholders.understanding.models import Acknowledgement, Follow, Meaning, Readership, Waiver

__all__ = [
    "Acknowledgement",
    "Agreement",
    "AgreementRevision",
    "Area",
    "Follow",
    "Invitation",
    "Meaning",
    "Need",
    "Person",
    "Promise",
    "Readership",
    "Role",
    "Row",
    "Waiver",
    "Signature",
]
