"""Parameters of every style, and bodies of every kind, are judged by their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mockserver.server.application import Options
from mockserver.spec.loading import vendor_name
from tests.any_files.support import write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

PARAMETERS = {
    "/simple/": ("1,2", ["1,a", "1,2,3,4"]),
    "/simple-object/": ("r,1,name,red", ["name,red", "r,a", "r", "r,1,name,yellow"]),
    "/simple-exploded/": ("r=1,name=red", ["r=a", "r,1"]),
    "/label-one/": (".5", ["5", ".a"]),
    "/label/": (".1,2", ["1,2", ".1,a"]),
    "/label/.": ("1.2", ["1.a"]),
    "/label-object/": (".r,1", [".r,a", ".r"]),
    "/label-exploded/": (".r=1.name=red", [".r=a", ".r"]),
    "/matrix-one/": (";v=5", [";v=a", ";w=5", "5"]),
    "/matrix/": (";v=1,2", [";v=1,a", ";w=1"]),
    "/matrix-object/": (";v=r,1", [";v=r,a"]),
    "/matrix-list-exploded/": (";v=1;v=2", [";v=1;v=a", ";v=1;w=2"]),
    "/matrix-exploded/": (";r=1;name=red", [";r=a", ";name=red"]),
    "/form": ("?v=1&v=2", ["?v=1&v=a", "?v=1,2"]),
    "/form-joined": ("?v=1,2&v=3%1F", ["?v=1,a"]),
    "/form-object": ("?r=1&name=red", ["?r=a", "?name=red", ""]),
    "/form-object-joined": ("?v=r,1", ["?v=r,a", "?v=name,red"]),
    "/form-optional": ("", ["?page=a"]),
    "/form-map": ("?page=x&a=1", ["?a=x"]),
    "/either": ("?v=all", ["?v=some", "?v=1&v=a"]),
    "/either?v=1": ("&v=2", ["&v=all"]),
    "/spaces": ("?v=1%202", ["?v=1%20a"]),
    "/pipes": ("?v=1|2", ["?v=1|a", "?v=1,2"]),
    "/deep": (
        "?v[r]=1&v[on]=true&v[tags][]=1&v[tags][]=2&v[size][min]=1.5",
        [
            "?v[r]=a",
            "?v[on]=true",
            "?v[r]=1&v[tags][]=a",
            "?v[r]=1&v[size][min]=a",
            "?v[r]=1&v[x]=1",
            "",
            "?v=1",
        ],
    ),
    "/document": ("?v=%7B%22r%22:1%7D", ["?v=%7B", "?v=%7B%22r%22:%22a%22%7D", "?v=" + "[" * 80 + "]" * 80]),
    "/xml-document": ("?v=anything", []),
}
"""What follows the path rightly, and what wrongly."""

HEADERS: Mapping[str, tuple[str, str, list[str | None]]] = {
    "/header": ("x-v", "1, 2", ["1,a", None]),
    "/header-object": ("x-v", "r,1", ["r,a", "r"]),
    "/header-exploded": ("x-v", "r=1,name=red", ["r=a", "r,1"]),
    "/cookie": ("cookie", "w=a; v=1", ["v=a", "w=1", None]),
    "/cookie-list": ("cookie", "v=1,2", ["v=1,a"]),
    "/cookie-list-exploded": ("cookie", "v=1&v=2; v=3", ["v=1&v=a"]),
    "/cookie-object": ("cookie", "r=1; name=red", ["r=a", "name=red"]),
}

FORMATS = {
    "/csv": ("?v=1,2", ["?v=1|2"]),
    "/ssv": ("?v=1%202", ["?v=1,2"]),
    "/tsv": ("?v=1%092", ["?v=1%09a"]),
    "/pipes": ("?v=1|2", ["?v=1,2"]),
    "/multi": ("?v=1&v=2", ["?v=1,2"]),
    "/path/": ("1|2", ["1,2"]),
}

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
NAMESPACE = 'xmlns="https://frames.example/ns"'


def part(name: str, text: str, more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'


def xml(inner: str) -> str:
    return f'<frame {NAMESPACE} id="1">{inner}</frame>'


RIGHT = [
    ("/form", FORM, "width=1&gilt=true&tags=a&tags[]=b&sizes=1|2&note[]=x"),
    ("/form", FORM, "width=1&owner[name]=Ann&owner[age]=5&owner[pets][0][age]=3"),
    ("/form", FORM, 'width=1&owner={"age":5}'),
    ("/parts", PARTS, part("width", "1") + part("tags", "a") + part("tags", "b") + "--b--\r\n"),
    ("/parts", PARTS, part("width", "1") + part("photo", "\xff\x00", '; filename="a.png"') + "--b--\r\n"),
    ("/parts", PARTS, part("width", "1") + part("sizes", "[1, 2]") + "--b--\r\n"),
    ("/parts", PARTS, part("width", "1") + part("owner", '{"age":5}', '; filename="blob"') + "--b--\r\n"),
    ("/xml", "application/xml", xml("<Width>1.5</Width><tag>a</tag><tag>b</tag><gilt>true</gilt>")),
    ("/xml", "application/vnd.frame+xml", xml("<Width>1</Width><sizes><size>1</size></sizes>")),
    ("/xml-text", "text/xml", "no XML"),
    ("/text", "text/plain", "abc"),
    ("/text", "text/plain; charset=latin-1", "\xe9"),
    ("/number", "text/plain", "12"),
    ("/lines", "application/x-ndjson", "{}\n{}"),
    ("/kinds", FORM, "kind=round&radius=1"),
]

WRONG = [
    ("/form", FORM, "width=a", "width"),
    ("/form", FORM, "gilt=true", "width"),
    ("/form", FORM, "width=1&gilt=perhaps", "gilt"),
    ("/form", FORM, "width=1&tags=a&tags=b&tags=c", "tags"),
    ("/form", FORM, "width=1&sizes=1|a", "sizes"),
    ("/form", FORM, "width=1&owner[age]=a", "owner/age"),
    ("/form", FORM, "width=1&owner[pets][0][age]=a", "owner/pets/0/age"),
    ("/form", FORM, 'width=1&owner={"age"', "owner"),
    ("/form", FORM, "width=1&w" + "[x]" * 1000 + "=1", "w"),
    ("/form", FORM, "width=%ff", "utf-8"),
    ("/parts", PARTS, part("width", "a") + "--b--\r\n", "width"),
    ("/parts", PARTS, part("tags", "a") + "--b--\r\n", "width"),
    ("/parts", PARTS, part("width", "1") + part("owner", '{"age":"a"}') + "--b--\r\n", "owner/age"),
    ("/parts", PARTS, part("width", "1"), "boundary"),
    ("/parts", PARTS, "--b\r\n\r\nno name\r\n--b--\r\n", "name"),
    ("/parts", PARTS, part("tags", "") * 1001 + "--b--\r\n", "1000"),
    ("/parts", PARTS, "no parts", ""),
    ("/parts", "multipart/form-data", part("width", "1") + "--b--\r\n", "boundary"),
    ("/xml", "application/xml", xml("<Width>a</Width>"), "width"),
    ("/xml", "application/xml", xml("<tag>a</tag>"), "width"),
    ("/xml", "application/xml", f"<frame {NAMESPACE}><Width>1</Width></frame>", "id"),
    ("/xml", "application/xml", xml("<Width>1</Width><sizes><size>a</size></sizes>"), "sizes/0"),
    ("/xml", "application/xml", "<frame/>", "expected"),
    ("/xml", "application/xml", "<frame", ""),
    ("/text", "text/plain", "abcd", ""),
    ("/text", "text/plain", "\xff", "utf-8"),
    ("/text", "text/plain; charset=none-such", "a", "none-such"),
    ("/number", "text/plain", "a", ""),
    ("/kinds", FORM, "kind=round&radius=a", ""),
]


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Client]:
    return {
        name: client(name, tmp_path_factory.mktemp(name))
        for name in ("styles", "collection-formats", "body-kinds")
    }


def client(name: str, folder: Path) -> Client:
    file = write_files(name, folder)
    app = create_frozen_app(Options(files=(file,), vendors=(vendor_name(file),)))
    return Client(app.entry, {}).within(f"/{vendor_name(file)}")


SPELLED = [
    *[("styles", path, *given) for path, given in PARAMETERS.items()],
    *[("collection-formats", path, *given) for path, given in FORMATS.items()],
]


@pytest.mark.parametrize(("file", "path", "right"), [one[:3] for one in SPELLED])
def test_a_parameter_in_its_style_is_taken(
    clients: Mapping[str, Client], file: str, path: str, right: str
) -> None:
    answer = clients[file].get(path + right)
    assert answer.status == 204, answer.body


@pytest.mark.parametrize(
    ("file", "path", "wrong"), [(file, path, one) for file, path, _, wrong in SPELLED for one in wrong]
)
def test_a_parameter_that_its_schema_does_not_take_is_named(
    clients: Mapping[str, Client], file: str, path: str, wrong: str
) -> None:
    answer = clients[file].get(path + wrong)
    place = "/query/v" if "?" in path + wrong or not path.endswith(("/", ".")) else "/path/v"
    assert answer.status == 400, answer.body
    assert {one["pointer"][: len(place)] for one in answer.json["errors"]} == {place}


@pytest.mark.parametrize(("path", "name", "right"), [(path, *given[:2]) for path, given in HEADERS.items()])
def test_a_header_in_its_style_is_taken(
    clients: Mapping[str, Client], path: str, name: str, right: str
) -> None:
    answer = clients["styles"].get(path, headers={name: right})
    assert answer.status == 204, answer.body


@pytest.mark.parametrize(
    ("path", "name", "wrong"),
    [(path, name, one) for path, (name, _, wrong) in HEADERS.items() for one in wrong],
)
def test_a_header_that_its_schema_does_not_take_is_named(
    clients: Mapping[str, Client], path: str, name: str, wrong: str | None
) -> None:
    answer = clients["styles"].get(path, headers={} if wrong is None else {name: wrong})
    place = "/cookie/v" if name == "cookie" else "/header/X-V"
    assert answer.status == 400, answer.body
    assert {one["pointer"][: len(place)] for one in answer.json["errors"]} == {place}


@pytest.mark.parametrize(("path", "media_type", "body"), RIGHT)
def test_a_body_as_its_schema_wants_it_is_taken(
    clients: Mapping[str, Client], path: str, media_type: str, body: str
) -> None:
    content = body.encode("latin-1")
    answer = clients["body-kinds"].post(path, content=content, headers={"content-type": media_type})
    assert answer.status == 204, answer.body


@pytest.mark.parametrize(("path", "media_type", "body", "told"), WRONG)
def test_a_body_that_its_schema_does_not_take_is_refused(
    clients: Mapping[str, Client], path: str, media_type: str, body: str, told: str
) -> None:
    content = body.encode("latin-1")
    answer = clients["body-kinds"].post(path, content=content, headers={"content-type": media_type})
    assert answer.status == 400, answer.body
    assert told in answer.text


def test_a_list_of_tabs_in_a_form_is_read(clients: Mapping[str, Client]) -> None:
    headers = {"content-type": FORM}
    asked = clients["collection-formats"]
    assert asked.post("/form", content=b"v=1%092", headers=headers).status == 204
    assert asked.post("/form", content=b"v=1%09a", headers=headers).status == 400
