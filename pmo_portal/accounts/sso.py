"""Single sign-on: what is asked of the OpenID Connect provider, and what its answer must show to open the door.

allauth does the walk (state, PKCE, the exchange). Added here: a nonce, the signature of the ID token, its issuer, the
issuer of the discovery document, that user info is of the same person, and an end to waiting for a slow provider.
"""

import secrets
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
import structlog
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts.actions import Identity, let_in
from pmo_portal.accounts.reading import inside, onward
from pmo_portal.common.errors import RuleBroken

log = structlog.get_logger()

# Signed with the provider's private key; a shared secret or no signature at all is never accepted.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"]
LEEWAY = 60  # seconds that two clocks may differ
PATIENCE = 4  # seconds for one question to the provider,
DEADLINE = 10  # and for all the questions of one page
LONGEST_NAME = 191  # signs of a person's lasting name at the provider
LONGEST = 512 * 1024  # bytes of an answer
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Line(requests.Session):
    """A line to the provider: no redirects, no long answers, and an end to waiting."""

    def __init__(self, ends: float) -> None:
        super().__init__()
        self.ends = ends

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """One question; raises requests.RequestException when no good answer comes in time."""
        refuse_unsafe(url)
        options |= {"timeout": self.left(), "stream": True, "allow_redirects": False}
        answer = super().request(method, url, **options)
        if 300 <= answer.status_code < 400:
            raise requests.RequestException("sent elsewhere")
        body = b""
        while piece := answer.raw.read1(65_536, decode_content=True):
            body += piece
            if len(body) > LONGEST:
                raise requests.RequestException("too long an answer")
            self.left()
        answer._content = body
        return answer

    def left(self) -> float:
        """The seconds that may still be waited."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise requests.Timeout("the provider is slow")
        return min(PATIENCE, left)


def refuse_unsafe(url: str) -> None:
    """The provider is asked over https; plain http only on this very machine."""
    address = urlsplit(url)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOOPBACK):
        raise OAuth2Error("not an https address")


class Desk(OpenIDConnectOAuth2Adapter):
    """Our end of the conversation with the provider, for one request."""

    state: dict[str, Any]

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document, of the issuer that is configured and no other."""
        if not hasattr(self, "_openid_config"):
            found = self.ask(self.get_provider().server_url)
            if str(found.get("issuer", "")).rstrip("/") != settings.SSO["url"]:
                raise OAuth2Error("discovery of another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                refuse_unsafe(found[name])
            self._openid_config = found
        return self._openid_config

    def ask(self, url: str, **options: Any) -> dict[str, Any]:
        """The JSON object at an address of the provider."""
        with Lobby(self.request).get_requests_session() as line:
            answer = line.get(url, **options)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error("not an object")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends the person back to."""
        return request.build_absolute_uri(reverse("sso_callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Whom the provider vouches for, once every part of its answer has been checked."""
        claims = self.checked(kwargs["response"].get("id_token"), app)
        if not claims.get("email"):
            claims = self.with_address(claims, token.token)
        return self.get_provider().sociallogin_from_response(request, claims)

    def checked(self, id_token: Any, app: SocialApp) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core 3.1.3.7): signed, for us, now, for this very visit."""
        if not isinstance(id_token, str):
            raise OAuth2Error("no ID token")
        claims = jwt.decode(
            id_token,
            self.key_of(id_token),
            algorithms=ALGORITHMS,
            audience=app.client_id,
            issuer=self.openid_config["issuer"],
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        if not isinstance(claims["aud"], str) and len(claims["aud"]) > 1 and claims.get("azp") != app.client_id:
            raise OAuth2Error("a token for several, and not asked for by us")
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), self.state["nonce"].encode()):
            raise OAuth2Error("another visit's token")
        if not 0 < len(claims["sub"]) <= LONGEST_NAME or not claims["sub"].isprintable():
            raise OAuth2Error("no lasting name")
        return claims

    def key_of(self, id_token: str) -> Any:
        """The provider's public key by which this token says it is signed."""
        keys = jwt.PyJWKSet.from_dict(self.ask(self.openid_config["jwks_uri"])).keys
        kid = jwt.get_unverified_header(id_token).get("kid")
        fitting = [key for key in keys if key.key_id == kid or (kid is None and len(keys) == 1)]
        if not fitting or fitting[0].public_key_use not in {None, "sig"} or fitting[0].key_type not in {"RSA", "EC"}:
            raise OAuth2Error("signed with an unknown key")
        return fitting[0]

    def with_address(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """The claims with those of the user info endpoint, which must be about the same person (Core 5.3.2)."""
        told = self.ask(self.openid_config["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims["sub"]:
            raise OAuth2Error("user info of somebody else")
        return {**told, **claims, "email": told.get("email")}


class Provider(OpenIDConnectProvider):
    """The one provider that the environment names."""

    oauth2_adapter_class = Desk

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing that the provider tells is kept but its lasting name for the person."""
        return {}

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)
        login.identity = Identity(
            provider=self.sub_id,
            uid=login.account.uid,
            address=str(response.get("email") or ""),
            is_verified=is_true(response.get(settings.SSO["verified_claim"])),
            name="".join(each for each in str(response.get("name") or "") if each.isprintable()).strip()[:120],
        )
        return login


def is_true(claim: Any) -> bool:
    """Whether a claim says yes; some providers write it as a word or a number, and “false” is a word too."""
    return str(claim).lower() in {"true", "1"}


class Lobby(DefaultSocialAccountAdapter):
    """Who comes in by single sign-on: decided by our own verb, before allauth signs anybody in."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the environment; none from the database, where an administrator could add one."""
        if not settings.SSO:
            return []
        sso = settings.SSO
        app = SocialApp(
            provider="openid_connect",
            provider_id=sso["url"][:200],
            name=sso["name"],
            client_id=sso["client_id"],
            secret=sso["secret"],
        )
        app.settings = {"server_url": sso["url"], "oauth_pkce_enabled": True}
        return [app]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Provider:
        return Provider(request, app=self.get_app(request, provider))

    def get_requests_session(self) -> requests.Session:
        """A line that ends with the page's own deadline."""
        if not hasattr(self.request, "sso_ends"):
            self.request.sso_ends = time.monotonic() + DEADLINE
        return Line(self.request.sso_ends)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whom the identity belongs to, or turn it away; whoever is signed in here stays who they are."""
        try:
            with transaction.atomic():
                sociallogin.user, sociallogin.account = let_in(sociallogin.identity)
                if request.user.is_authenticated and request.user.pk != sociallogin.user.pk:
                    raise RuleBroken(SOMEBODY_ELSE() % {"address": request.user.email})
        except RuleBroken as refusal:
            raise ImmediateHttpResponse(refused(request, str(refusal))) from refusal

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Anything else that went wrong on the way is one plain page."""
        log.warning("sso_failed", error=str(error), problem=type(exception).__name__)
        if isinstance(exception, requests.RequestException):
            raise ImmediateHttpResponse(trouble(request))
        raise ImmediateHttpResponse(refused(request, CANCELLED() if error == AuthError.CANCELLED else ODD()))


class Callback(OAuth2CallbackView):
    """The way back from the provider."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        request.sso_next = self.adapter.state.get("next")  # type: ignore[attr-defined]
        return state, response


def ODD() -> str:
    """What came back does not fit what was asked."""
    return _("The answer of the sign-in did not fit what this browser had asked for. It may be too old, or used.")


def CANCELLED() -> str:
    """The person said no at the provider."""
    return _("You did not go on at the sign-in.")


def SOMEBODY_ELSE() -> str:
    """Signed in as one person, and vouched for as another."""
    return _("You are signed in here as %(address)s, and the sign-in knows you as somebody else. Sign out first.")


def refused(request: HttpRequest, why: str) -> HttpResponse:
    """A plain page: nobody was let in, why, and the other way in."""
    context = {"why": why, "next": still_wanted(request)}
    return render(request, "socialaccount/refused.html", context, status=HTTPStatus.FORBIDDEN)


def trouble(request: HttpRequest) -> HttpResponse:
    """A plain page: the provider does not answer, and here is the other way in."""
    context = {"next": still_wanted(request)}
    return render(request, "socialaccount/trouble.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)


def still_wanted(request: HttpRequest) -> str:
    """The page that somebody was on the way to; the other way in leads there too."""
    kept = getattr(request, "sso_next", None)
    return inside(kept) if kept else onward(request)


# What a provider's answer that is not as it should be makes our own and its libraries' code raise.
ODD_ANSWERS = (OAuth2Error, jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Ask whether to go to the provider; sent, go there."""
    if not settings.SSO:
        raise Http404
    after = get_next_redirect_url(request)
    if request.method != "POST":
        return render(request, "socialaccount/begin.html", {"next": after or ""})
    if too_often := ratelimit.consume_or_429(request, action="login"):
        return too_often
    provider = Lobby(request).get_provider(request, settings.SSO["url"])
    nonce = secrets.token_urlsafe(24)
    try:
        leave = provider.redirect(
            request, AuthProcess.LOGIN, next_url=after, nonce=nonce, auth_params={"nonce": nonce}
        )
    except (requests.RequestException, *ODD_ANSWERS) as problem:
        log.warning("sso_failed", problem=type(problem).__name__)
        return trouble(request)
    # Not a redirect: the policy of our pages lets no form lead to another host, along no chain of redirects.
    return render(request, "socialaccount/leave.html", {"address": leave["Location"]})


@login_not_required
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider, with a state of this very browser and a code."""
    if not settings.SSO:
        raise Http404
    try:
        return Callback.adapter_view(Desk(request, settings.SSO["url"]))(request)
    except requests.RequestException as problem:
        log.warning("sso_failed", problem=type(problem).__name__)
        return trouble(request)
    except ODD_ANSWERS as problem:
        log.warning("sso_failed", problem=type(problem).__name__)
        return refused(request, ODD())
