from __future__ import annotations

from time import perf_counter

import pytest

from mockserver.contract import safety
from mockserver.contract.exchange import Exchange, Request, Response, UnansweredCallError
from mockserver.contract.safety import Rate, UnsafeTargetError


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/payt",
        "https://localhost/x",
        "http://[::1]:9000",
        "http://127.3.4.5",
        "http://127.0.0.1:443",
    ],
)
def test_this_machine_may_be_called(url: str) -> None:
    assert safety.check_target(url, ()) == url


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("http://127.0.0.1:80/payt", "http://127.0.0.1/payt"),
        ("https://LOCALHOST:443/x", "https://LOCALHOST/x"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_the_default_port_may_be_written_out(url: str, called: str) -> None:
    assert safety.check_target(url, ()) == called


def test_a_slash_at_the_end_is_left_out() -> None:
    assert safety.check_target("http://127.0.0.1:8080/payt//", ()) == "http://127.0.0.1:8080/payt"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/payt",
        "http://127.0.0.1.example.com/",
        "http://2130706433/",
        "http://127.1/",
        "http://0.0.0.0:8080/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_another_host_may_not(url: str) -> None:
    with pytest.raises(UnsafeTargetError, match="is not this machine"):
        safety.check_target(url, ())


def test_another_host_may_be_called_when_it_is_named() -> None:
    assert (
        safety.check_target("https://API.example.com/v1", ["api.Example.com"]) == "https://API.example.com/v1"
    )


@pytest.mark.parametrize(
    "named", ["example.com", "www.api.example.com", "*.example.com", "", "api.example.com."]
)
def test_a_name_that_is_near_is_not_enough(named: str) -> None:
    with pytest.raises(UnsafeTargetError, match=r"api\.example\.com is not this machine"):
        safety.check_target("https://api.example.com/v1", [named])


def test_the_cure_names_the_host_that_would_be_called() -> None:
    with pytest.raises(UnsafeTargetError) as told:
        safety.check_target("https://api.example.com/v1", [])

    assert told.value.cure.startswith("--allow-remote api.example.com ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http:///payt",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1\\@example.com/",
        "http://127.0.0.1 .example.com/",
        "http://127.0.0.1\n.example.com/",
        "http://127.0.0.1\t/",
        "http://exämple.com/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:80@example.com/",
        "http://127.0.0.1/?next=http://example.com",
        "http://127.0.0.1/#x",
        "http://127.0.0.1/?",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(UnsafeTargetError):
        safety.check_target(url, ["example.com"])


@pytest.mark.parametrize(
    ("text", "per_second"), [("20/s", 20), ("0.5/s", 0.5), ("120/m", 2), ("7200/h", 2), ("5/", 5)]
)
def test_a_rate_is_read(text: str, per_second: float) -> None:
    assert safety.parse_rate(text).per_second == per_second


@pytest.mark.parametrize("text", ["", "20", "0/s", "-1/s", "1/d", "1e9/s", "nan/s", "20/s "])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        safety.parse_rate(text)


def test_calls_are_as_far_apart_as_the_rate_says() -> None:
    pause = safety.pause(Rate(200))
    began = perf_counter()

    for _ in range(5):
        pause()

    assert perf_counter() - began >= 4 / 200


HEALTH = b'{"status": "ok", "version": "1", "auth": "strict", "vendors": ["acme"], "uptimeSeconds": 3}'


def known(headers: dict[str, str], status: int = 404, health: bytes = b"") -> bool:
    """Return whether a server with these headers and that health is known as ours."""

    def send(request: Request) -> Exchange:
        return Exchange(request, Response(404, headers, b""))

    def at_host(request: Request) -> Exchange:
        assert request.path in ("/_mock/health", "/acme/_mock/health")
        return Exchange(request, Response(status, {}, health))

    return safety.identify("http://127.0.0.1/acme", send, at_host).is_ours


@pytest.mark.parametrize("name", ["mock-journal", "mock-reason", "mock-journal-dropped"])
def test_a_server_of_ours_is_known_by_any_of_its_headers(name: str) -> None:
    assert known({name: "3"})
    assert not known({"server": "other"})


def test_a_server_of_ours_whose_headers_a_proxy_strips_is_known_by_its_health() -> None:
    assert known({}, 200, HEALTH)


@pytest.mark.parametrize(
    ("status", "health"),
    [
        (404, HEALTH),
        (200, b""),
        (200, b"[]"),
        (200, b'{"status": "ok"}'),
        (200, b"\xff"),
        (200, b"[" * 10**5),
        (200, HEALTH.replace(b'["acme"]', b"3")),
    ],
)
def test_what_is_no_health_of_ours_is_a_strangers(status: int, health: bytes) -> None:
    assert not known({}, status, health)


def test_a_server_that_does_not_answer_the_question_is_a_stranger() -> None:
    def send(_request: Request) -> Exchange:
        raise UnansweredCallError("GET /: no answer in 30 seconds")

    assert not safety.identify("http://127.0.0.1/acme", send, send).is_ours


@pytest.mark.parametrize("headers", [{}, {"mock-journal": "3"}], ids=["stripped", "kept"])
@pytest.mark.parametrize("path", ["/team/acme", "/team/sandboxes/qa/acme"])
def test_a_server_of_ours_below_a_path_is_known_and_its_control_plane_is_found(
    path: str, headers: dict[str, str]
) -> None:
    def send(request: Request) -> Exchange:
        return Exchange(request, Response(404, headers, b""))

    def at_host(request: Request) -> Exchange:
        is_there = request.path == "/team/_mock/health"
        return Exchange(request, Response(200 if is_there else 404, {}, HEALTH))

    assert safety.identify(f"http://127.0.0.1{path}", send, at_host) == safety.Identity(
        is_ours=True, base="/team", vendors=frozenset({"acme"})
    )


@pytest.mark.parametrize("path", ["/acme", "/acme/v1", "/sandboxes/qa/acme"])
def test_to_identify_a_server_leaves_no_call_in_its_journal(path: str) -> None:
    asked: list[str] = []

    def at_host(request: Request) -> Exchange:
        asked.append(request.path)
        return Exchange(request, Response(200 if request.path == "/_mock/health" else 404, {}, HEALTH))

    identity = safety.identify(
        f"http://127.0.0.1{path}", lambda _request: pytest.fail("a call below"), at_host
    )

    assert (identity.base, asked) == ("", ["/_mock/health"])
    safety.check_vendor_in_path("acme", f"http://127.0.0.1{path}", identity)


@pytest.mark.parametrize("path", ["", "/team"])
def test_the_address_of_a_whole_server_is_refused_for_one_of_its_vendors(path: str) -> None:
    url = f"http://127.0.0.1{path}"

    def at_host(request: Request) -> Exchange:
        return Exchange(request, Response(200 if request.path == f"{path}/_mock/health" else 404, {}, HEALTH))

    identity = safety.identify(url, at_host, at_host)

    with pytest.raises(safety.UnsafeTargetError, match=f"a mockserver is at {url}, and acme is below it"):
        safety.check_vendor_in_path("acme", url, identity)
    safety.check_vendor_in_path("other", url, identity)
