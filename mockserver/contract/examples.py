"""Example batches drafted from the profile of a vendor, or from its spec if it has no profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from msgspec import field

from mockserver.codec.http import is_json_type
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import GivenCredentials, headers_for, invented_credentials, with_query
from mockserver.contract.exchange import Request
from mockserver.contract.inference import BatchSample, infer_batch, infer_sample
from mockserver.contract.loading import find_profile, profile_of
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues, Profile
from mockserver.control.examples import ExampleDraft, MissingExampleError, VendorAccess
from mockserver.control.http_client import HttpRequest
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import SpecError
from mockserver.model import Value
from mockserver.spec.openapi import Spec


class ProfileSubject(Value, frozen=True):
    profile: BatchProfile | BatchSample
    complete: Callable[[Request], Request]

    @property
    def operation(self) -> str:
        return self.profile.operation

    def draft(self, items: int, bad: int, first: int) -> ExampleDraft:
        """Return a batch whose keys count from `first`. The first item is good, unless all items are bad.

        Bad items have the first corruption that rejects only the item or, if there is none, simply the first
        corruption. Raises MissingExampleError: `bad` is not 0, and the profile has no corruptions.
        """
        profile = self.profile
        keys = tuple(profile.key(first + place) for place in range(items))
        begin = min(1, items - bad)
        corrupted = tuple(range(begin, begin + bad))
        documents = [
            profile.item(key, DrawnValues(first + place, Decimal(100 + first + place)))
            for place, key in enumerate(keys)
        ]
        for place in corrupted:
            documents[place] = _corruption(profile).change(documents[place])
        prepare = profile.prepare
        return ExampleDraft(
            profile.operation,
            _call(self.complete(profile.call(documents, 0))),
            tuple(documents),
            keys,
            corrupted,
            tuple(_call(self.complete(one)) for key in keys for one in prepare(key, 0)) if prepare else (),
        )


class ProfileExamples(Value, frozen=True):
    """Examples of all vendors, with credentials of the profile or, without those, invented credentials."""

    _known: dict[str, ApiUnderTest] = field(default_factory=dict)
    _wrong: dict[str, str] = field(default_factory=dict)

    def access(self, vendor: LoadedVendor) -> VendorAccess:
        api = self._api(vendor)
        security = headers_for(api, _main_operation(api), _credentials(api))
        headers = {**api.profile.headers(api.facts, 0), **security, **_content_type(api)}
        return VendorAccess({name.lower(): text for name, text in headers.items()}, _token(security))

    def subjects(self, vendor: LoadedVendor) -> Sequence[ProfileSubject]:
        """Return the batches of the vendor's profile, or if it has none, batches inferred from the spec.

        Raises MissingExampleError: the spec's `x-contract` is wrong.
        """
        api = self._api(vendor)
        if vendor.name in self._wrong:
            raise MissingExampleError(self._wrong[vendor.name])
        profiles = api.profile.batches(api.facts) or _inferred(api.spec)
        given = _credentials(api)
        return [ProfileSubject(one, partial(with_query, api, one.operation, given)) for one in profiles]

    def _profile(self, vendor: LoadedVendor) -> Profile:
        """Return the vendor's profile; if `x-contract` is wrong, the profile of the vendor's package."""
        try:
            return profile_of(vendor.spec)
        except SpecError as error:
            self._wrong[vendor.name] = str(error)
            return find_profile(vendor.spec)

    def _api(self, vendor: LoadedVendor) -> ApiUnderTest:
        if vendor.name not in self._known:
            profile = self._profile(vendor)
            self._known[vendor.name] = ApiUnderTest(vendor.name, vendor.spec, profile, profile.facts)
        return self._known[vendor.name]


def _inferred(spec: Spec) -> list[BatchProfile | BatchSample]:
    batches = ((one, one.batch) for one in spec.operations.values() if one.batch)
    ways = ((infer_batch if batch.requests else infer_sample, one) for one, batch in batches)
    return [made for infer, one in ways if (made := infer(spec, one))]


def _call(request: Request) -> HttpRequest:
    headers = {name.lower(): text for name, text in request.headers.items()}
    return HttpRequest(request.method, request.path, tuple(headers.items()), request.body)


def _corruption(subject: BatchProfile | BatchSample) -> Corruption:
    if not subject.corruptions:
        raise MissingExampleError(f"{subject.operation}: nothing is known of what makes an item bad")
    return next(
        (corruption for corruption in subject.corruptions if not corruption.refuses_call),
        subject.corruptions[0],
    )


def _credentials(api: ApiUnderTest) -> GivenCredentials:
    return api.profile.credentials or invented_credentials(api)


def _main_operation(api: ApiUnderTest) -> str:
    """Return the operation whose credentials are shown: the first batch, else the first with security."""
    operations = api.spec.operations.values()
    batches = [operation.id for operation in operations if operation.batch]
    return next(iter([*batches, *(operation.id for operation in operations if operation.security)]), "")


def _content_type(api: ApiUnderTest) -> Mapping[str, str]:
    """Return the header with the first JSON media type that an operation accepts, batch operations first."""
    operations = sorted(api.spec.operations.values(), key=lambda one: one.batch is None)
    names = (body.name for one in operations for body in one.bodies)
    found = next((name for name in names if is_json_type(name) and "*" not in name), "")
    return {"content-type": found} if found else {}


def _token(security: Mapping[str, str]) -> str:
    if "authorization" in security:
        return security["authorization"].partition(" ")[2]
    return next(iter(security.values()), "")
