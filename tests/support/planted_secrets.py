"""Calls with a secret in each place in which clients and servers write credentials."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from mockserver.journal.entry import Entry
from tests.support.journal_entries import JSON, entry

DECLARED = frozenset({"header x-odd", "member x-odd", "header odd", "query odd"})
"""What a file declares that has API keys in the headers `X-Odd` and `Odd`, and in the query as `odd`."""

HEADERS = [
    *(
        "X-Odd",
        "Odd",
        "Authorization",
        "Proxy-Authorization",
        "X-Api-Key",
        "Api-Key",
        "X-Apikey",
        "X-Key",
        "X-Token",
    ),
    *(
        "X-Auth-Token",
        "X-Access-Token",
        "X-CSRF-Token",
        "X-Amz-Security-Token",
        "X-Vault-Token",
        "Private-Token",
    ),
    *("Ocp-Apim-Subscription-Key", "X-Functions-Key", "X-Goog-Api-Key", "X-Signature", "X-Hub-Signature-256"),
    *(
        "X-Credential",
        "Client-Secret",
        "X-Password",
        "X-Session-Id",
        "X-Auth-Key",
        "Cookie",
        "X-Shopify-Hmac-Signature",
    ),
]
FIELDS = [
    *(
        "odd",
        "key",
        "code",
        "ticket",
        "api_key",
        "apikey",
        "access_token",
        "sig",
        "X-Amz-Signature",
        "client_secret",
    ),
    *(
        "filter[password]",
        "token",
        "auth",
        "jwt",
        "otp",
        "pin",
        "sid",
        "subscription-key",
        "id_token_hint",
        "app_key",
    ),
]
MEMBERS = [
    *(
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "pwd",
        "secret",
        "secretKey",
        "clientSecret",
        "client_secret",
    ),
    *(
        "privateKey",
        "apiKey",
        "api-key",
        "accessKey",
        "aws_secret_access_key",
        "token",
        "accessToken",
        "refresh_token",
    ),
    *(
        "id_token",
        "sessionId",
        "session",
        "sid",
        "credentials",
        "pin",
        "otp",
        "jwt",
        "hmac",
        "signature",
        "assertion",
    ),
    *(
        "code_verifier",
        "device_code",
        "db_password",
        "wachtwoord",
        "encryptionKey",
        "signing_key",
        "X-Odd",
        "cookie",
    ),
]
TEXTS = [
    *('{{"passwords": ["{}", "b"]}}', '{{"apiKeys": [1, "{}"]}}', '{{"password": {{"value": "{}"}}}}'),
    *('{{"name": "X-Api-Key", "value": "{}"}}', '{{"value": "{}", "name": "Cookie"}}'),
    *('{{"key": "password", "type": "text", "value": "{}"}}', '{{"Key": "token", "Value": "{}"}}'),
    *(
        '{{"@password": "{}"}}',
        '{{"wsse:Password": "{}"}}',
        "{{'password': '{}'}}",
        'login(password: "{}", id: 1)',
    ),
    *(
        '"{{\\"password\\": \\"{}\\"}}"',
        'it sent {{\\"password\\": \\"{}\\"}}',
        "<a>{{&quot;pin&quot;: &quot;{}&quot;}}</a>",
    ),
    *(
        "<Password>{}</Password>",
        '<w:Password xmlns:w="u" Type="t">{}</w:Password>',
        "<token><![CDATA[{}]]></token>",
    ),
    *('<user password="{} b"/>', "<user ns:token='{}'/>", '<input name="password" value="{}">'),
    *('<input value="{}" type="hidden" name="csrf_token"/>', '<meta name="csrf-token" content="{}"/>'),
    *(
        '<add key="Password" value="{}"/>',
        '<property name="secret">{}</property>',
        '<Pin n="1">\n {}\n</Pin>',
    ),
    *(
        "grant_type=authorization_code&code={}",
        "user=u&password={}",
        "key={}&a=1",
        "data=%7B%22pin%22%3A%22{}%22%7D",
    ),
    *('--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{}\r\n--x--',),
    *('--x\r\nContent-Disposition: form-data; name="d"\r\n\r\n{{"secret": "{}"}}\r\n--x--',),
    *(
        '{{"a": 1}}\n{{"token": "{}"}}\n',
        "id: 1\npassword: {}\n",
        "[db]\nsecret_key = {}\n",
        "API_KEY={} ./sync.sh",
    ),
    *("export DB_PASSWORD='{} b'", "> X-Odd: {}", '> Authorization: Digest username="u", response="{}"'),
    *("curl -u jan:{} https://a.example", "curl -H 'X-Api-Key: {}' https://a.example", "using bearer {}"),
    *("Server=db;Password={};User=u", "AccountName=a;AccountKey={}==;Suffix=s", "see redis://me:{}@host/0"),
    *(
        '{{"link": "https://u:{}@a.example/x"}}',
        '{{"next": "https://a.example/x?key={}&page=2"}}',
        "/cb?code={}&state=1",
    ),
    *(
        '{{"back": "/x?to=https%3A%2F%2Fa.example%2F%3Ftoken%3D{}"}}',
        '{{"log": "line\\nAuthorization: Bearer {}"}}',
    ),
    *(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "got eyJhbGciOiJIUzI1NiJ9.{}.abc",
    ),
    *(
        '{{"pem": "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----"}}',
        "https://ghp_{}@a.example/r.git",
    ),
    *("it is sk_live_{}abcdefgh", "https://{}abcdef@a.example/r.git", '{{"grant_type": "x", "code": "{}"}}'),
]
ECHOED = ["the key {} is unknown", '{{"detail": "{} may not"}}', "<Fault>{}</Fault>", "{}"]
"""Answers that repeat the credential of their call."""


class Planted(NamedTuple):
    secret: str
    entry: Entry


def planted() -> list[Planted]:
    """Return a call for each place, each with a secret of its own."""
    return [*_planted(f"g3heim-{number:03}-Qz" for number in count())]


def _planted(secrets: Iterator[str]) -> Iterator[Planted]:
    for name in HEADERS:
        secret = next(secrets)
        yield _call(secret, headers={name.lower(): secret, "content-type": JSON})
        if name not in ("Odd", "Authorization", "Proxy-Authorization", "Cookie"):
            yield _call(secret := next(secrets), reply_headers=((name, secret),))
    for scheme in ("Bearer", "Token", "ApiKey"):
        yield _call(secret := next(secrets), headers={"authorization": f"{scheme} {secret}"})
    yield _call(secret := next(secrets), headers={"cookie": f"theme={secret}; a=b"})
    yield _call(secret := next(secrets), reply_headers=(("Set-Cookie", f"id={secret}; Path=/"),))
    yield _call(secret := next(secrets), reply_headers=(("Location", f"/cb?code={secret}"),))
    yield _call(secret := next(secrets), headers={"referer": f"https://a.example/?key={secret}"})
    for name in FIELDS:
        yield _call(secret := next(secrets), query=f"a=1&{name}={secret}&b=2")
        yield _call(secret := next(secrets), reply_body=f'"https://a.example/x?{name}={secret}"'.encode())
    for name in MEMBERS:
        yield _call(secret := next(secrets), body=json.dumps({"a": [{name: secret, "b": 1}]}).encode())
        yield _call(
            secret := next(secrets), reply_body=json.dumps({"in": json.dumps({name: secret})}).encode()
        )
        yield _call(secret := next(secrets), reply_body=f"<A><{name}>{secret}</{name}></A>".encode())
    for text in TEXTS:
        yield _call(secret := next(secrets), body=text.format(secret).encode())
        yield _call(secret := next(secrets), reply_body=text.format(secret).encode())
    for text in ECHOED:
        secret = next(secrets)
        login = b64encode(f"u:{secret}".encode()).decode()
        for headers in ({"x-odd": secret}, {"authorization": f"Basic {login}"}, {"cookie": f"a={secret}"}):
            yield _call(secret, headers=headers, reply_body=text.format(secret).encode())
        yield _call(secret, query=f"odd={secret}", reply_body=text.format(secret).encode())


def _call(secret: str, **members: object) -> Planted:
    return Planted(
        secret, entry(**{"headers": {"content-type": JSON}, "credential_names": DECLARED} | members)
    )


def secrets_of(calls: Sequence[Planted]) -> list[str]:
    return [one.secret for one in calls]
