"""Batches of real sizes: none, one, some, hundreds, as many as the vendor takes, and one more.

`plan` says which sizes a run tries and which items are bad, `trial` tries one, `run` does all of them and
narrows what fails to the smallest size. What a batch must do is judged by the checks of sequences.
"""
