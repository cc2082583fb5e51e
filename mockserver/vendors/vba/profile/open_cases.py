"""What the documents leave open of single calls, so that another server may do either."""

from __future__ import annotations

from mockserver.contract.profile import OpenCase

OPEN_CASES = (OpenCase("a good answer as the text/plain that is documented", answer_types=("text/plain",)),)
