"""The page at `/`: what this is, the address of each vendor, and a first call in five languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mockserver.console.call_languages import LANGUAGES, FirstCall, Language, indented
from mockserver.console.first_calls import FirstCalls
from mockserver.console.site_templates import SiteTemplates
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document


@dataclass(frozen=True, slots=True)
class HomePage:
    """The page at `/`."""

    vendors: Mapping[str, LoadedVendor]
    first_calls: FirstCalls
    templates: SiteTemplates

    async def show(self, request: Request) -> Response:
        """Show the page in the language that the query names."""
        wanted = request.query_params.get("language", "")
        language = next((one for one in LANGUAGES if one.id == wanted), LANGUAGES[0])
        examples = await self.first_calls.of(tuple(self.vendors))
        origin = f"{request.url.scheme}://{request.url.netloc}"
        prefix = request.scope.get("root_path", "")
        return self.templates.response(
            request,
            "home.html",
            here="",
            languages=LANGUAGES,
            language=language,
            vendors=[
                _vendor_view(vendor, f"{origin}{prefix}/{name}", examples.get(name), language)
                for name, vendor in self.vendors.items()
            ],
        )


def _vendor_view(vendor: LoadedVendor, base: str, example: Document | None, language: Language) -> Document:
    info = vendor.spec.document["info"]
    return {
        "name": vendor.name,
        "title": info["title"],
        "description": info.get("description", ""),
        "base": base,
        "operations": len(vendor.spec.operations),
        "operation": example["operation"] if example else "",
        "call": _text_of_call(base, example, language) if example else "",
    }


def _text_of_call(base: str, example: Document, language: Language) -> str:
    call = FirstCall(
        method=example["method"],
        url=base + example["path"],
        headers=example["headers"],
        body=indented(example["body"]),
    )
    return language.write(call)
