"""Store addresses: URLs (scheme redis, rediss, valkey or valkeys) of one server, sentinels or a cluster."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from mockserver.errors import MockServerError
from mockserver.model import Value

DEFAULT_PREFIX = "mockserver"
EXAMPLES = (
    "redis://localhost:6379/0",
    "rediss://:secret@redis.example:6380/0",
    "redis+sentinel://host-1:26379,host-2:26379/mymaster/0",
    "redis+cluster://host-1:7000",
)
_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
_ALONE, _SENTINEL, _CLUSTER = "", "sentinel", "cluster"


class StoreAddressError(MockServerError):
    """The text is no address of a store."""


class StoreAddress(Value, frozen=True):
    """Address of a store in Redis or Valkey."""

    url: str
    """URL of the server, of the cluster, or of the first sentinel."""
    kind: str = _ALONE
    """`sentinel`, `cluster`, or "" for a single server."""
    sentinels: tuple[tuple[str, int], ...] = ()
    """Host and port of each sentinel."""
    master: str = ""
    """Name of the master behind the sentinels."""
    prefix: str = DEFAULT_PREFIX
    """Beginning of every key, so that several stores may share one Redis."""

    @property
    def is_cluster(self) -> bool:
        return self.kind == _CLUSTER

    @property
    def shown(self) -> str:
        parts = urlsplit(self.url)
        _, at, host = parts.netloc.rpartition("@")
        return parts._replace(netloc=("***@" if at else "") + host).geturl()


def parse_address(text: str) -> StoreAddress:
    parts = urlsplit(text)
    scheme, _, kind = parts.scheme.partition("+")
    if scheme not in _SCHEMES or kind not in (_ALONE, _SENTINEL, _CLUSTER) or not parts.netloc:
        raise StoreAddressError(f"expected an address such as {EXAMPLES[0]}; found {text}")
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    prefix = settings.pop("prefix", DEFAULT_PREFIX)
    if not prefix or set("{}*?[]") & set(prefix):
        raise StoreAddressError("the prefix of a store is a word without any of {}*?[]")
    parts = parts._replace(scheme=_SCHEMES[scheme], query=urlencode(settings))
    if kind == _SENTINEL:
        return _behind_sentinels(parts, prefix)
    try:
        _ = parts.port
    except ValueError:
        raise StoreAddressError(f"the port of {text} is not a number up to 65535") from None
    return StoreAddress(parts.geturl(), kind, prefix=prefix)


def _behind_sentinels(parts: SplitResult, prefix: str) -> StoreAddress:
    """Return the address of a master behind sentinels; the path of `parts` is /master or /master/database."""
    credentials, at, hosts = parts.netloc.rpartition("@")
    master, _, database = parts.path.strip("/").partition("/")
    if not master:
        raise StoreAddressError(f"the name of the master is missing: {EXAMPLES[2]}")
    sentinels = tuple(_host_and_port(one) for one in hosts.split(","))
    host, port = sentinels[0]
    url = parts._replace(netloc=f"{credentials}{at}{host}:{port}", path=f"/{database or 0}").geturl()
    return StoreAddress(url, _SENTINEL, sentinels, unquote(master), prefix)


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, 26379
    if not port.isdecimal():
        raise StoreAddressError(f"{port} is not a port; expected {EXAMPLES[2]}")
    return host.strip("[]"), int(port)
