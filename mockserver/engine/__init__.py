"""The steps of a call: admit the call, open its envelope, judge and apply its items, render the answer."""
