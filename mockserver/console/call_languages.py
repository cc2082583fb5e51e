"""Write a call as a program that makes it: curl, Python, JavaScript, Java or C#, without other libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from mockserver.codec.curl import curl_command, header_option, shell_quote

_QUOTES = re.compile('"+')


@dataclass(frozen=True, slots=True)
class FirstCall:
    """A call: method, whole address, headers with names in lower case, and a body of text, "" for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its name in an address, its name for people, what it needs, and how it writes a call."""

    id: str
    name: str
    needs: str
    write: Callable[[FirstCall], str]


def indented(body: str) -> str:
    """Return a body of JSON with its members in lines of their own, any other as it is."""
    try:
        return msgspec.json.format(body.encode(), indent=2).decode()
    except msgspec.DecodeError:
        return body


def _curl(call: FirstCall) -> str:
    return curl_command(
        call.method,
        shell_quote(call.url.encode()),
        [header_option(name, text) for name, text in call.headers.items()],
        ("accept", "user-agent", *call.headers),
        call.body.encode(),
        is_text=True,
    )


def _text(value: str) -> str:
    """Return a text in double quotes, as Python, JavaScript, Java and C# all read it."""
    return msgspec.json.encode(value).decode()


def _escaped(body: str, delimiter: str) -> str:
    """Return a body for a literal of several lines with backslash escapes."""
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
