"""A device that holds passkeys, in software: it makes and signs as a browser would send it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

ORIGIN = "http://localhost"
PRESENT, VERIFIED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV


@dataclass
class Device:
    """One passkey. `verifies` is whether whoever unlocks it is known (fingerprint, face, PIN)."""

    origin: str = ORIGIN
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    handle: str = ""

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what the browser sends for the options of an "Add a passkey" page."""
        public = options["publicKey"]
        self.handle = public["user"]["id"]
        client = self._client(CollectedClientData.TYPE.CREATE, public["challenge"])
        attested = AttestedCredentialData.create(
            Aaguid.NONE, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = self._data(public["rp"]["id"], attested)
        made = AttestationObject.create("none", data, {})
        return self._sent(client, attestationObject=websafe_encode(made))

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what the browser sends for the challenge of a page that asks for a passkey."""
        public = options["publicKey"]
        client = self._client(CollectedClientData.TYPE.GET, public["challenge"])
        data = self._data(public["rpId"])
        signed = bytes(data) + hashlib.sha256(client).digest()
        return self._sent(
            client,
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            userHandle=self.handle,
        )

    def _data(
        self, party: str, attested: AttestedCredentialData | None = None
    ) -> AuthenticatorData:
        flags = PRESENT | (VERIFIED if self.verifies else 0)
        if attested is not None:
            flags |= AuthenticatorData.FLAG.AT
        digest = hashlib.sha256(party.encode()).digest()
        data: AuthenticatorData = AuthenticatorData.create(digest, flags, 0, attested or b"")
        return data

    def _client(self, kind: Any, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin)

    def _sent(self, client: bytes, **response: Any) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {
            "type": "public-key",
            "id": name,
            "rawId": name,
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": {"clientDataJSON": websafe_encode(client)} | response,
        }


def options_of(page: str) -> dict[str, Any]:
    """Return the options that a page holds for the browser."""
    text = page.partition('id="passkey-options" type="application/json">')[2].partition(
        "</script>"
    )[0]
    read: dict[str, Any] = json.loads(text)
    return read
