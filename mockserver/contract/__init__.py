"""The contract suite: call a target as a client would, and judge each response by the request.

Black box: nothing here looks into a server, ours or another's. `profile` holds what a vendor tells the suite.
`oracle` reads requests, `responses` reads responses, `checks` compare the two, `judge` does so for one
exchange. Calls come from `fuzzing` (Schemathesis) and `stateful` (a model); `runner` runs both against a
`target`. `session` is one run as a user asks for it, `report` writes its results, `traffic` judges recorded
exchanges.
"""
