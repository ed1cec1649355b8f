"""A device that holds one passkey, without a browser: it is registered past the page and answers challenges."""

import hashlib
import json
import os
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from pmo_portal.accounts.models import User

HOST = "testserver"
FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Device:
    """One passkey of one person."""

    def __init__(self, owner: User) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        told = self.told(FLAGS | AuthenticatorData.FLAG.AT, credential)
        response = {
            "clientDataJSON": websafe_encode(self.said("webauthn.create", "AA")),
            "attestationObject": websafe_encode(AttestationObject.create("none", told, {})),
        }
        Authenticator.objects.create(
            user=owner, type="webauthn", data={"name": "My laptop", "credential": self.wrapped(response)}
        )

    def told(self, flags: Any, credential: Any = b"") -> AuthenticatorData:
        return AuthenticatorData.create(hashlib.sha256(HOST.encode()).digest(), flags, 0, credential)

    def said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": f"https://{HOST}"}).encode()

    def wrapped(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def answer(self, options: dict[str, Any]) -> str:
        """What the device says to what a page asks of it."""
        data = self.said("webauthn.get", options["publicKey"]["challenge"])
        told = self.told(FLAGS)
        signature = self.key.sign(bytes(told) + hashlib.sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(data),
            "authenticatorData": websafe_encode(told),
            "signature": websafe_encode(signature),
        }
        return json.dumps(self.wrapped(response))
