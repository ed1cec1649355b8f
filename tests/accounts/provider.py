"""An OpenID Connect provider on this machine, as honest or as crooked as a test asks it to be."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "the-portal", "a-secret-of-the-portal"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@dataclass
class Provider:
    """What it says of whom, and what is wrong with what it says."""

    claims: dict[str, Any] = field(default_factory=dict)
    # Claims of the ID token that are not as they should be; None leaves one out.
    twisted: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    slow: dict[str, float] = field(default_factory=dict)  # path → seconds
    over: threading.Event = field(default_factory=threading.Event)  # nobody waits for what is still slow
    broken: dict[str, int] = field(default_factory=dict)  # path → status
    garbage: dict[str, bytes] = field(default_factory=dict)  # path → what it says instead
    consent: bool = True
    forged: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    url: str = ""
    key: ClassVar[rsa.RSAPrivateKey] = new_key()
    other_key: ClassVar[rsa.RSAPrivateKey] = new_key()

    def says(self, **claims: Any) -> None:
        """Whoever comes next is this person."""
        self.claims = {"sub": "s-1", "email_verified": True, **claims}

    def settings(self, **more: str) -> dict[str, str]:
        """What the portal is configured with."""
        return {
            "url": self.url, "client_id": CLIENT, "secret": SECRET, "name": "Westmark account",
            "verified_claim": "email_verified", **more,
        }  # fmt: skip

    # --- its pages --------------------------------------------------------------------------------
    def configuration(self) -> dict[str, Any]:
        pages = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        return {
            "issuer": self.url, "jwks_uri": f"{self.url}/keys",
            **{name: f"{self.url}/{page}" for name, page in pages.items()},
            "token_endpoint_auth_methods_supported": ["client_secret_post"], **self.discovery,
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the person goes from here."""
        self.asked.append(asked)
        if not self.consent:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The tokens for a code, which is good once, for who asked and with the PKCE verifier alone."""
        first = self.codes.pop(asked.get("code", ""), None)
        shown = base64.urlsafe_b64encode(hashlib.sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(
            b"="
        )
        is_ours = (asked.get("client_id"), asked.get("client_secret")) == (CLIENT, SECRET)
        if not first or not is_ours or shown.decode() != first.get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "a-token", "token_type": "Bearer", "id_token": self.id_token(first["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        standard = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {**standard, **self.claims, **self.twisted}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"})
        if self.algorithm == "HS256":
            return jwt.encode(claims, SECRET * 2, algorithm="HS256", headers={"kid": "k1"})
        key = self.other_key if self.forged else self.key
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "k1"})


class Handler(BaseHTTPRequestHandler):
    """Its pages over HTTP."""

    provider: Provider

    def do_GET(self) -> None:
        path, query = self.path_and_query()
        if path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            pages = {
                "/.well-known/openid-configuration": self.provider.configuration,
                "/keys": self.provider.keys,
                "/userinfo": lambda: self.provider.userinfo,
            }
            self.answer(200, pages[path]())

    def do_POST(self) -> None:
        self.path_and_query()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(*self.provider.token(dict(parse_qsl(body))))

    def path_and_query(self) -> tuple[str, dict[str, str]]:
        address = urlsplit(self.path)
        self.provider.over.wait(self.provider.slow.get(address.path, 0))
        return address.path, {name: values[0] for name, values in parse_qs(address.query).items()}

    def answer(self, status: int, content: Any) -> None:
        path = urlsplit(self.path).path
        body = self.provider.garbage.get(path) or json.dumps(content).encode()
        self.send_response(self.provider.broken.get(path, status))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing in the tests' output."""


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers until the test is over."""
    provider = Provider()
    handler = type("Its", (Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            provider.over.set()
            server.shutdown()
            thread.join()
