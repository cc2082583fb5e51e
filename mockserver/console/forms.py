"""What the forms of several screens have in common."""

from __future__ import annotations

from mockserver.console.control_client import ControlRefusal
from mockserver.console.screen import Screen
from mockserver.model import Document


def shown_refusal(refusal: ControlRefusal) -> Document:
    """Return what a page says beside its form when the control plane refused it."""
    problem = refusal.problem
    return {
        "detail": str(problem.get("detail") or problem.get("title") or refusal),
        "errors": [
            {"pointer": one.get("pointer", ""), "detail": one.get("detail", ""), "try": one.get("try", "")}
            for one in problem.get("errors") or []
        ],
    }


def refusal_of(detail: str, cure: str = "") -> Document:
    """Return the same for what a page itself refuses."""
    return {"detail": detail, "errors": [{"pointer": "", "detail": "", "try": cure}] if cure else []}


def question(title: str, says: list[str], button: str, action: str, back: str) -> Screen:
    """Return a page that asks before something is lost; its form posts to `action`."""
    document = {"title": title, "says": says, "button": button, "action": action, "back": back}
    return Screen("question.html", document)


def counted(number: int, noun: str) -> str:
    """Return `1 record`, `2,000 records`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
