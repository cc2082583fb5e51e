"""The contract suite: it calls a target as a client would, and judges each response to its request.

The suite sees a server only through its responses. `profile` has the facts of a vendor. `oracle` judges an
exchange by its bytes and the spec. Calls come from `fuzzing` (Schemathesis), `sequences` (a model), `lists`,
`values` and `size_run`; `runner` sends all calls to a `target`. `session` is one run as a user asks for it,
`report` writes the run's results, `traffic` judges recorded exchanges.
"""
