from __future__ import annotations

import gzip
import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.journal.entry import Entry
from mockserver.journal.export.archives import har_archive
from mockserver.journal.export.recording import WHOLE, mask_entries, recorded_case
from mockserver.model import Action
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX
from mockserver.server.application import create_app
from tests.support.client import Client
from tests.support.journal_entries import JSON, entry, item_results

SECRETS = [f"g3heim-{number:02}-Qz" for number in range(38)]
EMAILS = ["jan.jansen@bedrijf.nl", "O'Neil+x@mail.co.uk", "p.post@zorg-groep.nl"]
PHONES = ["0612345678", "+31 6 87654321", "(050) 555-1234"]
IBANS = ["NL91ABNA0417164300", "BE68 5390 0754 7034", "NL00RABO0123456789"]
PERSONS = ["Jansen", "Wilhelmina", "van der Berg"]
PLANTED = [*SECRETS, *EMAILS, *PHONES, *IBANS, *PERSONS]
"""Fifty texts that no recording may have."""

HEADERS = {
    "authorization": f"Bearer {SECRETS[0]}",
    "proxy-authorization": f"Basic {SECRETS[1]}",
    "x-api-key": SECRETS[2],
    "cookie": f"sid={SECRETS[3]}; theme={SECRETS[4]}",
    "x-auth-token": SECRETS[5],
    "client-secret": SECRETS[6],
    "ocp-apim-subscription-key": SECRETS[7],
    "referer": f"https://a.example/cb?code={SECRETS[8]}&state=1",
    "x-note": f"sent by {EMAILS[0]}",
    "content-type": JSON,
}
QUERY = urlencode(
    {
        "access_token": SECRETS[9],
        "api_key": SECRETS[10],
        "sig": SECRETS[11],
        "filter[password]": SECRETS[12],
        "email": EMAILS[0],
        "back": f"https://a.example/?refresh_token={SECRETS[13]}",
    }
)
NESTED = {
    "password": SECRETS[14],
    "login": {"deep": [{"client_secret": SECRETS[15]}]},
    "inner": json.dumps({"refreshToken": SECRETS[16], "mail": EMAILS[1]}),
    "headers": [{"name": "X-Api-Key", "value": SECRETS[17]}, {"value": SECRETS[18], "name": "Cookie"}],
    "link": f"https://a.example/cb?code={SECRETS[19]}",
    "log": f"login with Bearer {SECRETS[20]} at https://u:{SECRETS[21]}@a.example/",
    "escaped": f'line\n{EMAILS[0]} and "{EMAILS[2]}"',
    "contact": {"mobile": PHONES[0], "fax_number": PHONES[2], "note": f"or {PHONES[1]}"},
    "iban": IBANS[2],
    "note": f"paid from {IBANS[0]} or {IBANS[1]} EUR",
    "first_name": PERSONS[1],
    "lastName": PERSONS[0],
    "debtor_name": PERSONS[2],
    "amount": 1234.50,
    "privateKey": SECRETS[22],
}
FORM = urlencode({"grant_type": "password", "password": SECRETS[23], "otp": SECRETS[24], "user": EMAILS[2]})
XML = (
    f'<a token="{SECRETS[25]}"><n:Password xmlns:n="u">{SECRETS[26]}</n:Password>'
    f"<ApiKey>{SECRETS[27]}&amp;</ApiKey><Note>{SECRETS[27]}&amp; was wrong, ask {EMAILS[2]}</Note></a>"
)
MULTIPART = (
    f'--x\r\nContent-Disposition: form-data; name="secret"\r\n\r\n{SECRETS[28]}\r\n'
    f'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{{"access_token":"{SECRETS[29]}"}}\r\n--x--'
)
TOLD = {
    "detail": f"{PERSONS[0]} ({PHONES[0]}) may not use {SECRETS[14]}; {SECRETS[2]} has expired",
    SECRETS[0]: f"token={SECRETS[30]} and password: {SECRETS[31]}",
    "trace": f"POST /login?session_id={SECRETS[32]} by {PERSONS[2]}",
}


def planted() -> list[Entry]:
    """Calls with each planted text in a place where clients and servers write such texts."""
    packed = {"content-type": JSON, "Content-Encoding": "gzip"}
    return [
        entry(headers=HEADERS, query=QUERY, body=json.dumps(NESTED).encode()),
        entry(
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=FORM.encode(),
            reply_headers=(("Set-Cookie", f"id={SECRETS[33]}; Path=/, csrf={SECRETS[34]}; Secure"),),
            reply_body=json.dumps({"access_token": SECRETS[35]}).encode(),
        ),
        entry(headers={"content-type": "text/xml"}, body=XML.encode(), target=f"/acme/{quote(EMAILS[0])}"),
        entry(headers={"content-type": "multipart/form-data; boundary=x"}, body=MULTIPART.encode()),
        entry(
            reply_body=gzip.compress(json.dumps({**TOLD, "idToken": SECRETS[36]}).encode()),
            reply_headers=tuple(packed.items()),
            path=f"/orders/{SECRETS[2]}",
            target=f"/acme/orders/{SECRETS[2]}",
        ),
        entry(
            body=f'{{"jwt": "{SECRETS[37]}"}}\n{{"key": "{EMAILS[0]}"}}'.encode(),
            decided=item_results((EMAILS[0], Action.CREATED), ("INV-1", Action.REJECTED)),
        ),
    ]


def written(*entries: Entry) -> bytes:
    return har_archive(entries, WHOLE) + recorded_case(entries).encode()


def test_a_recording_has_none_of_fifty_planted_secrets() -> None:
    forms = {form for text in PLANTED for form in (text, quote(text, safe=""), text.replace(" ", ""))}
    masked = written(*mask_entries(planted(), persons=True))

    assert len(PLANTED) == 50
    assert [text for text in sorted(forms) if text.encode() in masked] == []


def test_the_planted_secrets_stand_in_the_calls() -> None:
    bare = written(*planted()) + gzip.decompress(planted()[4].reply.body)

    assert [text for text in PLANTED if text.encode() not in bare] == []


def test_keys_and_outcomes_of_items_are_kept_or_masked_as_in_the_bodies() -> None:
    masked = mask_entries(planted(), persons=True)
    (key, created), *others = masked[-1].decided.items()

    assert (created, others) == (Action.CREATED, [("INV-1", Action.REJECTED)])
    assert masked[-1].call.body.decode().endswith(f'{{"key": "{key}"}}')
    assert f"sent by {key}" == masked[0].call.headers["x-note"]


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16"])
def test_a_body_of_any_charset_is_masked(charset: str) -> None:
    body = '{"password": "gehéim-12"}'.encode(charset)
    (one,) = mask_entries(
        [entry(headers={"content-type": f"application/json; charset={charset}"}, body=body)], persons=False
    )

    assert one.call.body.decode(charset) == '{"password": "xxxxxx-89"}'


def test_a_body_whose_charset_is_not_declared_is_masked() -> None:
    body = '{"password": "geheim-12"}'.encode("utf-16")
    (one,) = mask_entries([entry(body=body)], persons=False)

    assert one.call.body.endswith(b'{"password": "xxxxxx-80"}')


def test_a_binary_body_is_recorded_as_it_is() -> None:
    body = b"%PDF\x00\xff\x81"
    (one,) = mask_entries([entry(body=body, reply_body=body)], persons=False)

    assert (one.call.body, one.reply.body) == (body, body)


def test_the_masked_archive_of_a_run_does_not_differ_from_a_fresh_server(tmp_path: Path) -> None:
    app = create_app()
    client = Client(app, {"host": "testserver", "user-agent": "tests", "authorization": "Bearer t-0815-x"})
    contacts = [
        {"contact_identifier": "klant@bedrijf.nl", "lastname": "Jansen", "sms_phone_number": "+31612345678"},
        {"contact_identifier": "C-2", "gender": "of course", "invoice_email_address": "no address"},
    ]
    client.post("/payt/v1/contacts", json={"administration_id": "81", "contacts": contacts})
    client.post("/payt/v1/contacts", json={"administration_id": "81", "contacts": contacts[:1]})
    entries = list(app.journal.kept.entries(DEFAULT_SANDBOX))
    masked = mask_entries(entries, persons=True)
    file = tmp_path / "masked.har"
    file.write_bytes(har_archive(masked, WHOLE))

    result = CliRunner().invoke(main, ["verify", str(file), "--vendor", "payt"])

    assert "0 outcomes that would be another here" in result.output
    assert [one.decided.actions() for one in masked] == [one.decided.actions() for one in entries]
    assert b"klant@bedrijf.nl" not in file.read_bytes()
