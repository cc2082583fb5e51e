"""Where a sandbox keeps what scenarios are and what they count: collections of its own scope."""

SCENARIOS = "scenarios"
"""`{name, armed, order, document}` by name; `order` grows with each that is stored."""

COUNTERS = "scenario-counters"
"""What is counted, by `scenario/rule` {calls, hits}, by `scenario/rule/what for/vendor/tenant/identity`
{attempts}, by `scenario/quota:name` {window, used}."""

STATES = "scenario-states"
"""`scenario/name` → {value}."""
