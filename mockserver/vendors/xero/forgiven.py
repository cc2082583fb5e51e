"""What breaks Xero's schema and yet is taken."""

from mockserver.contract.forgiven import Forgiven

FORGIVEN = {
    "": (
        Forgiven("type", "the switch unreadable_flag: what is no boolean counts as true", "summarizeErrors"),
    )
}
"""By operation. Source: Xero fact sheet §7.34."""
