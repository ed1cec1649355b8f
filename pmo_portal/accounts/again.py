"""Is it still you? Asked of a POST when its sender has not shown for too long who they are; no word is lost."""

import json
import secrets
import time
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.conf import settings
from django.contrib.auth import login
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pmo_portal.accounts.access import hold_back
from pmo_portal.accounts.actions import Purpose, hash_of_browser, prove, send_code
from pmo_portal.accounts.forms.door import CodeForm, ProofForm
from pmo_portal.accounts.forms.factors import FactorForm, PasskeyProofAgain, SecondCodeAgain
from pmo_portal.accounts.models import SignInCode, User
from pmo_portal.accounts.proofs import Kind, factors_of
from pmo_portal.accounts.reading import masked
from pmo_portal.common.access import page_before
from pmo_portal.common.errors import RuleBroken, TooOften

PREFIX = "proof"
ANSWERS = {"proof-code", "proof-credential"}
OURS = {*ANSWERS, "proof-another"}


def browser_of(request: HttpRequest) -> str:
    """The secret that this browser's session holds: a code works only where it was asked for."""
    return str(request.session.setdefault("browser", secrets.token_urlsafe(24)))


class CodeByMail:
    """Six digits to the person's own address."""

    form = CodeForm

    def __init__(self, user: User) -> None:
        self.user = user
        self.where = masked(user.email)

    def is_sent(self, request: HttpRequest) -> bool:
        """Whether this browser waits for one already: a second press sends no second letter."""
        waiting = SignInCode.objects.open(timezone.now()).filter(user=self.user, purpose=Purpose.PROVE)
        return waiting.filter(browser=hash_of_browser(browser_of(request))).exists()

    def send(self, request: HttpRequest) -> None:
        """Send one, or raise TooOften."""
        hold_back(request, f"prove:{self.user.pk}")
        send_code(self.user.email, by=self.user, browser=browser_of(request), purpose=Purpose.PROVE)

    def options(self) -> str:
        """A mailbox is no device."""
        return ""

    def take(self, request: HttpRequest, given: dict[str, Any]) -> None:
        """Accept the digits as the proof, or raise RuleBroken with the reason."""
        prove(given["code"], by=self.user, browser=browser_of(request))
        record_authentication(request, self.user, method="code", reauthenticated=True)


class ByFactor:
    """What the person's app shows, what their passkey answers, or one of their recovery codes: nothing is sent."""

    where = ""

    def __init__(self, user: User) -> None:
        self.user = user
        kinds = factors_of(user)
        self.has_passkey = Kind.WEBAUTHN in kinds
        self.form = partial(FactorForm, has_app=Kind.TOTP in kinds, has_passkey=self.has_passkey)

    def is_sent(self, request: HttpRequest) -> bool:
        """The person has it all the time."""
        return True

    def send(self, request: HttpRequest) -> None:
        """Nothing to send."""

    def options(self) -> str:
        """What the browser is to ask the device of the passkey, as JSON; empty for who has none."""
        return json.dumps(begin_authentication(self.user), cls=DjangoJSONEncoder) if self.has_passkey else ""

    def take(self, request: HttpRequest, given: dict[str, Any]) -> None:
        """Accept it as the proof, or raise RuleBroken with the reason; allauth counts the tries."""
        form = (PasskeyProofAgain if given["credential"] else SecondCodeAgain)(given, user=self.user)
        if not form.is_valid():
            raise RuleBroken(" ".join(str(words) for each in form.errors.values() for words in each))
        form.save()


Proof = CodeByMail | ByFactor


def proof_of(user: User) -> Proof:
    """By what this person shows that it is still them: a second factor, where they have one, else their mailbox."""
    return ByFactor(user) if factors_of(user) else CodeByMail(user)


def ask(request: HttpRequest, user: User) -> HttpResponse | None:
    """The page that asks; None when the right code came with the request, which then goes on without it."""
    return ask_for(request, proof_of(user))


def ask_for(request: HttpRequest, proof: Proof) -> HttpResponse | None:
    """The same, for one certain proof."""
    is_answer = bool(ANSWERS & request.POST.keys()) and "proof-another" not in request.POST
    form = proof.form(request.POST if is_answer else None, prefix=PREFIX)
    if is_answer and answered(request, proof, form):
        request.POST = carried_on(request)
        return None
    return page(request, proof, form, too_often=not is_answer and not sent(request, proof))


def sent(request: HttpRequest, proof: Proof) -> bool:
    """Send the digits, unless this browser has them already and asks for no others; False when asked too often."""
    if "proof-another" not in request.POST and proof.is_sent(request):
        return True
    try:
        proof.send(request)
    except TooOften:
        return False
    return True


def answered(request: HttpRequest, proof: Proof, form: ProofForm) -> bool:
    """Whether the digits are the right ones; the form says why not."""
    if not form.is_valid():
        return False
    try:
        proof.take(request, form.cleaned_data)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return False
    return True


def carried_on(request: HttpRequest) -> Any:
    """What was posted, without the fields of the page that asked."""
    posted = request.POST.copy()
    for name in OURS:
        posted.pop(name, None)
    posted._mutable = False
    return posted


def fields(request: HttpRequest) -> Iterable[tuple[str, str]]:
    """Each posted field with each of its values; a password is typed again rather than written into a page."""
    for name, values in request.POST.lists():
        if name not in OURS | {"csrfmiddlewaretoken"} and "password" not in name:
            yield from ((name, str(value)) for value in values)


def page(request: HttpRequest, proof: Proof, form: ProofForm, *, too_often: bool = False) -> HttpResponse:
    """The question, with what was posted. 401: who proves who they are may send the very same again."""
    context = {
        "form": form, "proof": proof, "options": proof.options(), "fields": list(fields(request)),
        "has_files": bool(request.FILES), "has_passwords": any("password" in name for name in request.POST),
        "back": page_before(request), "address": request.get_full_path(), "too_often": too_often,
        "is_over": not request.user.is_authenticated,
    }  # fmt: skip
    return render(request, "account/prove.html", context, status=HTTPStatus.UNAUTHORIZED)


# --- a session that has ended ---------------------------------------------------------------------
def come_back(request: HttpRequest, user: User) -> HttpResponse | None:
    """Let the user whose session ended in again, past what they posted; None once they are in, and it goes on.

    First by the digits from their own mailbox, then by the second factor, where they have one: as at the door.
    """
    if not (factors_of(user) and first_proof_stands(request, user)):
        if asked := ask_for(request, CodeByMail(user)):
            return asked
        if factors_of(user):
            return page(request, proof := ByFactor(user), proof.form(prefix=PREFIX))
    elif asked := ask_for(request, ByFactor(user)):
        return asked
    login(request, user)
    return None


def first_proof_stands(request: HttpRequest, user: User) -> bool:
    """Whether this browser has given the digits from the user's mailbox a moment ago, and lacks the factor alone."""
    records = get_authentication_records(request, user)
    return any(time.time() - each.get("at", 0) < settings.PROOF_FOR_SIGNING for each in records)
