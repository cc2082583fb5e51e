"""The contract suite: call a target as a client would, and judge each response by the request.

The suite sees a server only through its responses. `profile` has the facts of a vendor. `oracle` judges an
exchange by its bytes and the spec. Calls come from `fuzzing` (Schemathesis), `sequences` (a model), `lists`,
`values` and sizes; `runner` sends all of them to a `target`. `session` is one run as a user asks for it,
`report` writes its results, `traffic` judges recorded exchanges.
"""
