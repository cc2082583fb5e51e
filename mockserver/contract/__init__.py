"""The contract suite: it calls a target as a client would and judges what comes by what was sent.

Black box: nothing here looks into a server, ours or another's. `subject` is what a vendor says of itself.
`oracle` says what was sent, `answers` what came; `checks` hold one against the other, `judging` does so for
one exchange. Calls come from `generated` (Schemathesis) and `stories` (a model); `runner` does both for a
`target`. `visiting` is a run as a user asks for it, `report` what is written of it, `drift` the same of
recorded traffic.
"""
