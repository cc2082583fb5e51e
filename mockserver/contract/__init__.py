"""The contract suite: it calls a target as a client would and judges what comes by what was sent.

Black box: nothing here looks into a server, ours or another's. `subject` is what a vendor says of itself,
`oracle` and `reading` say what was sent and what was answered, `checks` judge one exchange, `stories` what
many come to, `generated` lets Schemathesis make calls from the spec, `runner` does it all for one target.
"""
