"""The pages outside the console: home, with first calls in five languages, and a page for each API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock

import msgspec
from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from msgspec import field

from mockserver.codec.curl import curl_command, shell_quote
from mockserver.console.api_pages import CONTROL, ApiPages
from mockserver.console.assets import MOUNT, Assets, icon, static_file
from mockserver.console.pages import site_page
from mockserver.console.screen import ConsoleControl, ControlRefusal
from mockserver.control.control_call import control_contract
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document, Json, Value
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX

BLUEPRINT = Blueprint("site", __name__)
_SCRATCH = "first-calls"
_ITEMS = 2
_TRIED_NAMES = 5
_EXISTS = 409

_QUOTES = re.compile('"+')


class FirstCalls(Value, frozen=True):
    """Example batches by vendor. They are made once, in a sandbox that is then deleted."""

    control: ConsoleControl
    _made: dict[str, Document] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def of(self, vendors: tuple[str, ...]) -> Mapping[str, Document]:
        self.control.get("/health")  # no examples of calls that cannot be served
        with self._one_at_a_time:
            missing = [name for name in vendors if name not in self._made]
            if missing:
                self._make(missing)
        return {name: self._made[name] for name in vendors if self._made.get(name)}

    def _make(self, vendors: list[str]) -> None:
        sandbox = self._create_sandbox()
        if not sandbox:
            return
        try:
            for one in self.control.get("/vendors"):
                if one["name"] in vendors:
                    self._made[one["name"]] = self._example(sandbox, one["name"], one["batches"])
        finally:
            self.control.delete(f"/sandboxes/{sandbox}")

    def _create_sandbox(self) -> str:
        settings = self._default_settings()
        for number in range(_TRIED_NAMES):
            name = f"{_SCRATCH}-{number}"
            try:
                self.control.post("/sandboxes", {"name": name, **settings})
            except ControlRefusal as refusal:
                if refusal.status != _EXISTS:
                    return ""
            else:
                return name
        return ""

    def _default_settings(self) -> Document:
        try:
            shown: Document = self.control.get(f"/sandboxes/{DEFAULT_SANDBOX}")
        except ControlRefusal:
            return {}
        instant = shown["clock"]["at"]
        frozen = {"freeze": instant} if instant else {}
        return {"empty": shown["empty"], "assumptions": shown["assumptions"], **frozen}

    def _example(self, sandbox: str, vendor: str, batches: list[str]) -> Document:
        """Return the vendor's first example that needs no prepared records, or {} if there is none."""
        for operation in ("", *batches):
            asked = {"vendor": vendor, "items": _ITEMS, **({"operation": operation} if operation else {})}
            try:
                example: Document = self.control.post(f"/sandboxes/{sandbox}/examples", asked)
            except ControlRefusal:
                continue
            if not example["prepared"]:
                return example
        return {}


class FirstCall(Value, frozen=True):
    """A call that a page shows as code. Names of headers are in lower case; an empty body is not sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = ""


class Language(Value, frozen=True):
    """A language in which the home page shows calls."""

    id: str
    """Name in an address."""
    name: str
    """Name for people."""
    needs: str
    """What must be installed to run the code."""
    write: Callable[[FirstCall], str]


def indented(body: str) -> str:
    """Return JSON with one member on each line, and every other body unchanged."""
    try:
        return msgspec.json.format(body.encode(), indent=2).decode()
    except msgspec.DecodeError:
        return body


def _curl(call: FirstCall) -> str:
    return curl_command(
        call.method,
        shell_quote(call.url.encode()),
        call.headers,
        call.body.encode(),
        defaults=("accept", "user-agent"),
    )


def _text(value: str) -> str:
    """Return a text in double quotes, as Python, JavaScript, Java and C# all read it."""
    return msgspec.json.encode(value).decode()


def _escaped(body: str, delimiter: str) -> str:
    escaped = body.replace("\\", "\\\\").replace(delimiter, f"\\{delimiter}")
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped


def _python(call: FirstCall) -> str:
    headers = "".join(f"    {_text(name)}: {_text(text)},\n" for name, text in call.headers.items())
    body = f'body = """{_escaped(call.body, chr(34) * 3)}"""\n' if call.body else ""
    data = ", data=body.encode()" if call.body else ""
    return (
        f"from urllib.request import Request, urlopen\n\n{body}headers = {{\n{headers}}}\n"
        f"url = {_text(call.url)}\n"
        f"call = Request(url, method={_text(call.method)}, headers=headers{data})\n"
        "with urlopen(call) as answer:\n    print(answer.status, answer.read().decode())\n"
    )


def _javascript(call: FirstCall) -> str:
    headers = "".join(f"    {_text(name)}: {_text(text)},\n" for name, text in call.headers.items())
    body = f"const body = `{_escaped(call.body, '`').replace('${', chr(92) + '${')}`;\n" if call.body else ""
    return (
        f"{body}const answer = await fetch({_text(call.url)}, {{\n  method: {_text(call.method)},\n"
        f"  headers: {{\n{headers}  }},\n{'  body,' + chr(10) if call.body else ''}}});\n"
        "console.log(answer.status, await answer.text());\n"
    )


def _java(call: FirstCall) -> str:
    headers = "".join(
        f"            .header({_text(name)}, {_text(text)})\n" for name, text in call.headers.items()
    )
    body = f'        var body = """\n{_escaped(call.body, chr(34) * 3)}""";\n' if call.body else ""
    publisher = "ofString(body)" if call.body else "noBody()"
    return (
        "import java.net.URI;\nimport java.net.http.*;\n\n"
        "class FirstCall {\n    public static void main(String[] arguments) throws Exception {\n"
        f"{body}        var call = HttpRequest.newBuilder(URI.create({_text(call.url)}))\n{headers}"
        f"            .method({_text(call.method)}, HttpRequest.BodyPublishers.{publisher})\n"
        "            .build();\n"
        "        var answer = HttpClient.newHttpClient().send(call, HttpResponse.BodyHandlers.ofString());\n"
        '        System.out.println(answer.statusCode() + " " + answer.body());\n    }\n}\n'
    )


def _csharp(call: FirstCall) -> str:
    kind = call.headers.get("content-type", "text/plain")
    headers = "".join(
        f"call.Headers.TryAddWithoutValidation({_text(name)}, {_text(text)});\n"
        for name, text in call.headers.items()
        if name != "content-type"
    )
    fence = '"' * max(3, 1 + max(map(len, _QUOTES.findall(call.body)), default=0))
    body = (
        f"var body = {fence}\n{call.body}\n{fence};\n"
        f"call.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));\n"
        f'call.Content.Headers.TryAddWithoutValidation("content-type", {_text(kind)});\n'
        if call.body
        else ""
    )
    return (
        f"using var call = new HttpRequestMessage(new HttpMethod({_text(call.method)}), {_text(call.url)});\n"
        f"{headers}{body}"
        "using var client = new HttpClient();\n"
        "using var answer = await client.SendAsync(call);\n"
        'Console.WriteLine($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");\n'
    )


LANGUAGES: tuple[Language, ...] = (
    Language("curl", "curl", "bash", _curl),
    Language("python", "Python", "Python 3", _python),
    Language("javascript", "JavaScript", "Node 18 (node call.mjs)", _javascript),
    Language("java", "Java", "Java 15 (java FirstCall.java)", _java),
    Language("csharp", "C#", ".NET 7 (the Program.cs of a console project)", _csharp),
)


def _first_call(base: str, example: Document) -> FirstCall:
    url, body = base + example["path"], indented(example["body"])
    return FirstCall(example["method"], url, example["headers"], body)


class Site(Value, frozen=True):
    """The pages outside the console, stored among the extensions of the Flask application."""

    first_calls: FirstCalls
    apis: ApiPages
    assets: Assets

    @classmethod
    def of(
        cls, served: tuple[LoadedVendor, ...], control: ConsoleControl, assets: Assets | None = None
    ) -> Site:
        """Return the pages of the served vendors, with examples and credentials from `control`."""
        vendors = {vendor.name: vendor for vendor in served}
        found = Assets.find() if assets is None else assets
        return cls(FirstCalls(control), ApiPages(vendors, control_contract(), control, found), found)

    @classmethod
    def of_request(cls) -> Site:
        found: Site = current_app.extensions["site"]
        return found


@BLUEPRINT.get("/")
def home() -> Response:
    site = Site.of_request()
    examples = site.first_calls.of(tuple(site.apis.vendors))
    wanted = request.args.get("language", "")
    language = next((one for one in LANGUAGES if one.id == wanted), LANGUAGES[0])
    prefix = request.script_root
    named: dict[str, Json] = {"sandbox": prefix.rpartition("/")[2]} if prefix else {}
    root = f"{request.scheme}://{request.host}{prefix}"
    return site_page(
        "home.html",
        here="",
        **named,
        languages=LANGUAGES,
        language=language,
        root=root,
        vendors=site.apis.vendors,
        calls={name: language.write(_first_call(f"{root}/{name}", one)) for name, one in examples.items()},
        examples=examples,
    )


@BLUEPRINT.get("/favicon.ico")
def favicon() -> Response:
    return icon()


@BLUEPRINT.get("/_console/static/<name>")
def static(name: str) -> Response:
    return static_file(name)


@BLUEPRINT.get(f"{MOUNT}/<name>")
def asset(name: str) -> Response:
    return Site.of_request().assets.file(name)


@BLUEPRINT.get("/_console/api/")
def control_plane() -> Response:
    return Site.of_request().apis.page(CONTROL)


@BLUEPRINT.get("/<vendor>/ui/")
def api(vendor: str) -> Response:
    if vendor == CONTROL:
        return make_response(redirect(url_for("site.control_plane"), HTTPStatus.TEMPORARY_REDIRECT))
    return Site.of_request().apis.page(vendor)


@BLUEPRINT.get("/<vendor>/openapi.yaml")
def contract(vendor: str) -> Response:
    return Site.of_request().apis.yaml(vendor)


@BLUEPRINT.get("/<vendor>/openapi.json")
def contract_as_json(vendor: str) -> Response:
    return Site.of_request().apis.json(vendor)
