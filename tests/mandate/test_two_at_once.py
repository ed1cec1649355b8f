"""The issuer and a deputy press at the same moment: one wins, the other reads a clear page, and one row stands."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, Cancellation, MandateVersion, Proclaimed, Publication, Revocation, Withdrawal
from pmo_portal.accounts.actions import appoint
from pmo_portal.common import links
from pmo_portal.common.errors import RuleBroken
from pmo_portal.journal.models import Event
from tests.conftest import come_in, publish_mandate, user, write_mandate

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/mandate/versions/1/"


@pytest.fixture
def deputy(issuer, monkeypatch):
    monkeypatch.setattr(links.bell, "knock", lambda *task: True)
    issuer.name = "Helen Marsh"
    issuer.save()
    made = user("jo@fairhaven.example")
    appoint(made, "issuer", by=None, is_deputy=True)
    return made


@pytest.fixture
def in_review(member):
    return actions.seal(write_mandate(member), by=member)


def all_at_once(*verbs):
    """Each in a thread of its own, started together; what each gave, in their order."""
    start = threading.Barrier(len(verbs))

    def run(verb):
        try:
            start.wait()
            return verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def both_press(address, form, *people):
    """What each of them reads in the end: the status of the answer, and the words of the page that it leads to."""

    def press(who):
        browser = Client()
        come_in(browser, who)

        def post():
            answer = browser.post(address, form)
            page = browser.get(answer["Location"]) if answer.status_code == 302 else answer
            return answer.status_code, page.content.decode()

        return post

    return all_at_once(*map(press, people))


def one_won(answers, *lost):
    """The other reads one of these words; nobody met a failure of the portal."""
    assert {status for status, _page in answers} <= {302, 409}
    assert sum(any(words in page for words in lost) for _status, page in answers) == 1


def test_two_who_approve(in_review, issuer, deputy):
    answers = both_press(f"{PAGE}approve/", {"hash": in_review.content_hash}, issuer, deputy)
    one_won(answers, "has approved this version already")
    assert Approval.objects.count() == 1


def test_two_who_publish(in_review, issuer, deputy):
    form = {"hash": in_review.content_hash, "what": "quiet"}
    answers = both_press(f"{PAGE}publish/", form, issuer, deputy)
    one_won(answers, "has published this version already")
    assert Publication.objects.count() == Proclaimed.objects.count() == 1
    assert Event.objects.filter(kind="mandate_published").count() == 1


def scheduled(version, issuer, **ahead):
    at = timezone.now() + timedelta(**ahead)
    return actions.issue(version, by=issuer, content_hash=version.content_hash, at=at)


def test_two_who_cancel(in_review, issuer, deputy):
    made = scheduled(in_review, issuer, hours=1)
    answers = both_press(f"{PAGE}publications/{made.pk}/cancel/", {}, issuer, deputy)
    one_won(answers, "has cancelled it already")
    assert Cancellation.objects.count() == 1


def test_two_who_take_the_approval_back(in_review, issuer, deputy):
    scheduled(in_review, issuer, hours=1)
    answers = both_press(f"{PAGE}revoke/", {"reason": "No."}, issuer, deputy)
    one_won(answers, "has taken the approval back already", "no approval to take back")
    assert Revocation.objects.count() == 1


def test_two_who_withdraw(member, issuer, deputy):
    publish_mandate(member, issuer)
    answers = both_press(f"{PAGE}withdraw/", {"reason": "No."}, issuer, deputy)
    one_won(answers, "does not hold any more")
    assert Withdrawal.objects.count() == 1


def test_one_who_sends_back_and_one_who_approves(in_review, issuer, deputy):
    facts = {"content_hash": in_review.content_hash}

    def tried(verb, **more):
        def run():
            try:
                return bool(verb(in_review, **facts, **more))
            except RuleBroken as refusal:
                return str(refusal)

        return run

    done = all_at_once(tried(actions.approve, by=issuer), tried(actions.send_back, by=deputy, reason="No."))
    assert sum(each is True for each in done) == 1
    version = MandateVersion.objects.with_decisions().get()
    assert hasattr(version, "approval") is not version.is_sent_back


def test_cancelled_in_the_very_second_it_is_either_proclaimed_or_cancelled(in_review, issuer, deputy):
    made = scheduled(in_review, issuer, seconds=0.2)

    def cancel():
        try:
            return bool(actions.cancel(made, by=deputy))
        except RuleBroken as refusal:
            return str(refusal)

    def proclaim():
        while timezone.now() < made.publish_at:
            pass
        return actions.proclaim_one(made, timezone.now())

    cancelled, proclaimed = all_at_once(cancel, proclaim)
    assert proclaimed is not (cancelled is True)
    assert Event.objects.filter(kind="mandate_published").exists() is proclaimed


def test_many_clocks_proclaim_once(in_review, issuer, deputy):
    made = scheduled(in_review, issuer, hours=1)
    done = all_at_once(*[lambda: actions.proclaim_one(made, made.publish_at)] * 4)
    assert done.count(True) == 1
    assert Event.objects.filter(kind="mandate_published").count() == 1
