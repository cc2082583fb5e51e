"""Find the positions of a batch operation once in a run: every phase that sends batches then knows them."""

from __future__ import annotations

from dataclasses import replace

from mockserver.contract.stateful.positions import with_positions
from mockserver.contract.stateful.sequence import SequenceContext


def with_shared_positions(context: SequenceContext, number: int) -> SequenceContext:
    """Return the context with the positions that the target takes, found now or by an earlier phase.

    `number` is that of the batch in the profile. Positions are only found where one worker does everything,
    so the ledger has what earlier phases found.
    """
    profiles, name = context.ledger.profiles, (context.batch_profile.operation, number)
    if name not in profiles:
        profiles[name] = with_positions(context).batch_profile
    return replace(context, batch_profile=profiles[name])
