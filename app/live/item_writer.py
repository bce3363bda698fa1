"""From checked writes to the log: durable first, then shown, then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.http.problems import status_of
from app.live.item_documents import Documents, Draft, Refused
from app.live.live_catalogue import LiveCatalogue
from app.service_errors import KeyReused
from twinset.errors import NotReady, TwinsetError
from twinset.index.indexed_items import StoredImage
from twinset.index.vector_index import Vectors
from twinset.live.catch_up import Embedder, advance
from twinset.live.overlay import Merge
from twinset.live.write_log import Transaction, WriteLog

logger = logging.getLogger("twinset.live")


@dataclass(frozen=True)
class Token:
    """An idempotency key, and a digest of the request that it came with."""

    key: str
    request: str


@dataclass(frozen=True)
class Outcome:
    """What became of one write: its sequence, or the code and words of a refusal."""

    id: str
    status: int
    sequence: int | None = None
    code: str | None = None
    detail: str | None = None

    @classmethod
    def refused(cls, item_id: str, error: TwinsetError) -> Outcome:
        return cls(item_id, status_of(error), code=error.code, detail=str(error))


@dataclass(frozen=True)
class Written:
    """Outcomes in the order of the writes; `replayed` when an earlier answer is given again."""

    outcomes: list[Outcome]
    replayed: bool = False


class Writer:
    """Writes to the catalogue of one process. Calls block, so they belong on its write thread."""

    def __init__(self, live: LiveCatalogue) -> None:
        self._live = live

    @property
    def documents(self) -> Documents:
        return Documents(self._live.overlay.table.table.schema, self._live.settings.image_limits)

    def write_one(self, draft: Draft, token: Token | None) -> Written:
        """Write one item; an error is raised.

        Raises:
            NotFound: a patch or a deletion of an item that is not there.
            InvalidInput: the item would have neither a picture nor words.
            KeyReused: the token's key stands for another request.
            StorageFull: there is no room; nothing was written.
        """
        return self._write([draft], token, raise_errors=True)

    def write_all(self, drafts: Sequence[Draft | Refused], token: Token | None) -> Written:
        """Write those that can be written, together and durably; the others are refused each.

        Raises:
            KeyReused, StorageFull: as above.
        """
        return self._write(drafts, token, raise_errors=False)

    def _write(
        self, drafts: Sequence[Draft | Refused], token: Token | None, raise_errors: bool
    ) -> Written:
        live, log = self._live, self._log()
        embedder = self._ready_embedder(drafts)
        with live.lock:
            self._refresh()  # also what other workers wrote, and where CURRENT points
            if embedder.encoder is not live.encoder:
                embedder = replace(embedder, encoder=live.encoder, ready={})
            with log.transaction() as transaction:
                earlier = _recall(transaction, token)
                if earlier is not None:
                    return earlier
                overlay, made = advance(live.overlay, embedder)
                merge = embedder.merge(overlay)
                outcomes = [_try(merge, draft, raise_errors) for draft in drafts]
                made |= embedder.resolve(merge, overlay.base)
                outcomes = _store(transaction, drafts, outcomes, made)
                if token is not None:
                    answer = {"outcomes": [vars(outcome) for outcome in outcomes]}
                    transaction.remember(token.key, token.request, answer)
            self._refresh()
        return Written(outcomes)

    def _ready_embedder(self, drafts: Sequence[Draft | Refused]) -> Embedder:
        """Embed before others have to wait; what they write meanwhile seldom changes a vector."""
        live = self._live
        pictures = _pictures([draft for draft in drafts if isinstance(draft, Draft)])
        embedder = Embedder(live.encoder, self._log(), live.settings.image_limits, pictures)
        overlay = live.overlay
        merge = embedder.merge(overlay)
        for draft in drafts:
            _try(merge, draft, raise_errors=False)
        return replace(embedder, ready=embedder.resolve(merge, overlay.base))

    def _refresh(self) -> None:
        try:
            self._live.refresh()
        except TwinsetError as error:
            # A version that cannot be opened must not stop the writes.
            logger.error("%s", error)

    def _log(self) -> WriteLog:
        if self._live.log is None:
            raise NotReady("There is no log of live writes.")
        return self._live.log


def _recall(transaction: Transaction, token: Token | None) -> Written | None:
    earlier = None if token is None else transaction.recall(token.key)
    if token is None or earlier is None:
        return None
    if earlier.request != token.request:
        raise KeyReused("The Idempotency-Key was used for another request.")
    kept: list[dict[str, Any]] = earlier.answer["outcomes"]
    return Written([Outcome(**outcome) for outcome in kept], replayed=True)


def _try(merge: Merge, draft: Draft | Refused, raise_errors: bool) -> Outcome:
    if isinstance(draft, Refused):
        return Outcome.refused(draft.id, draft.error)
    try:
        created = merge.apply(draft.entry)
    except TwinsetError as error:
        if raise_errors:
            raise
        return Outcome.refused(draft.entry.id, error)
    return Outcome(draft.entry.id, 201 if created else 200)


def _store(
    transaction: Transaction,
    drafts: Sequence[Draft | Refused],
    outcomes: Sequence[Outcome],
    made: dict[str, Vectors],
) -> list[Outcome]:
    """Put the writes that succeeded into the log; outcomes with their sequences."""
    good = [d for d, o in zip(drafts, outcomes, strict=True) if isinstance(d, Draft) and not o.code]
    transaction.add_pictures(_pictures(good))
    transaction.add_vectors(made)
    numbers = iter([transaction.append(draft.entry) for draft in good])
    return [o if o.code else replace(o, sequence=next(numbers)) for o in outcomes]


def _pictures(drafts: Sequence[Draft]) -> dict[str, StoredImage]:
    return {
        str(draft.entry.fields["image"]): draft.picture
        for draft in drafts
        if draft.picture is not None
    }
