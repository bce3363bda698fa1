"""From checked writes to the log: a write is durable first, then shown, then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.live.item_documents import Documents, Draft, Refused
from app.live.live_catalogue import LiveCatalogue
from app.service_errors import KeyReused
from twinset.errors import NotReady, TwinsetError
from twinset.index.engines import engine_of
from twinset.live.catch_up import Embedder, advance
from twinset.live.overlay import Merge
from twinset.live.store import Store, StoreTransaction
from twinset.store.audit_trail import Act

logger = logging.getLogger("twinset.live")


@dataclass(frozen=True)
class Token:
    """An idempotency key, and a digest of the request that it came with."""

    key: str
    request: str


@dataclass(frozen=True)
class Outcome:
    """What became of one write: its sequence in the log, or the code and words of a refusal.

    `created` is true if the write made a new item. `app.api` says how a client hears of it.
    """

    id: str
    created: bool = False
    sequence: int | None = None
    code: str | None = None
    detail: str | None = None

    @classmethod
    def refused(cls, item_id: str, error: TwinsetError) -> Outcome:
        """The outcome of a write that an error stopped."""
        return cls(item_id, code=error.code, detail=str(error))

    @classmethod
    def remembered(cls, kept: Mapping[str, Any]) -> Outcome:
        """An outcome as the log keeps it for a day; 0.1 kept an HTTP status."""
        created = kept.get("created", kept.get("status") == 201)
        return cls(kept["id"], created, kept["sequence"], kept["code"], kept["detail"])


@dataclass(frozen=True)
class Written:
    """Outcomes in the order of the writes.

    `replayed` is true if they are those of an earlier call with the same token.
    """

    outcomes: list[Outcome]
    replayed: bool = False


class Writer:
    """Writes to the catalogue of one process. Calls block, so they belong on its write thread."""

    def __init__(self, live: LiveCatalogue) -> None:
        self._live = live

    @property
    def documents(self) -> Documents:
        overlay = self._live.overlay
        # An engine that stores item fields itself holds one text in a column of text.
        takes_lists = not engine_of(overlay.base.index.kind).stores_fields
        limits = self._live.settings.image_limits
        return Documents(overlay.table.table.schema, limits, takes_lists)

    def write_one(self, draft: Draft, token: Token | None, act: Act | None = None) -> Written:
        """Write one item; raises if the write is refused. The `act`, if one is given, is noted in
        the audit trail together with the write.

        Raises:
            NotFound: a patch or a deletion of an item that is not there.
            InvalidInput: the item would have neither a picture nor words.
            KeyReused: the token's key stands for another request.
            StorageFull: there is no room; nothing was written.
        """
        return self._write([draft], token, raise_errors=True, act=act)

    def write_all(
        self, drafts: Sequence[Draft | Refused], token: Token | None, act: Act | None = None
    ) -> Written:
        """Write all that can be written, together and durably; if a write is refused, its outcome
        says so.

        Raises:
            KeyReused, StorageFull: as above.
        """
        return self._write(drafts, token, raise_errors=False, act=act)

    def _write(
        self,
        drafts: Sequence[Draft | Refused],
        token: Token | None,
        raise_errors: bool,
        act: Act | None,
    ) -> Written:
        live, log = self._live, self._log()
        embedder = self._embed_ahead(drafts)
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
                outcomes = [_decide(merge, transaction, one, raise_errors) for one in drafts]
                made |= embedder.resolve(merge, overlay.base)
                transaction.add_vectors(made)
                if act is not None:
                    transaction.note(act)
                if token is not None:
                    answer = {"outcomes": [vars(outcome) for outcome in outcomes]}
                    transaction.remember(token.key, token.request, answer)
            live.adopt(merge.done())
        return Written(outcomes)

    def _embed_ahead(self, drafts: Sequence[Draft | Refused]) -> Embedder:
        """An embedder that holds the vectors these writes will probably need.

        Embedding is slow, so it happens before other writers have to wait. If an item changes
        meanwhile in a way that changes its vector, `_write` embeds it again.
        """
        live = self._live
        good = [draft for draft in drafts if isinstance(draft, Draft)]
        pictures = {sha: one for draft in good for sha, one in draft.pictures.items()}
        embedder = replace(live.embedder(live.encoder, self._log()), pictures=pictures)
        needed = embedder.needed(live.overlay, [draft.entry for draft in good])
        return replace(embedder, ready=needed)

    def _refresh(self) -> None:
        try:
            self._live.refresh()
        except TwinsetError as error:
            # A version that cannot be opened must not stop the writes.
            logger.error("%s", error)

    def _log(self) -> Store:
        if self._live.log is None:
            raise NotReady("There is no log of live writes.")
        return self._live.log


def _recall(transaction: StoreTransaction, token: Token | None) -> Written | None:
    earlier = None if token is None else transaction.recall(token.key)
    if token is None or earlier is None:
        return None
    if earlier.request != token.request:
        raise KeyReused("The Idempotency-Key was used for another request.")
    kept: list[dict[str, Any]] = earlier.answer["outcomes"]
    return Written([Outcome.remembered(outcome) for outcome in kept], replayed=True)


def _decide(
    merge: Merge, transaction: StoreTransaction, draft: Draft | Refused, raise_errors: bool
) -> Outcome:
    """Merge a write and append it to the log; if it is refused, both stay as they are."""
    if isinstance(draft, Refused):
        return Outcome.refused(draft.id, draft.error)
    entry = replace(draft.entry, sequence=transaction.sequence + 1)
    try:
        created = merge.apply(entry)
    except TwinsetError as error:
        if raise_errors:
            raise
        return Outcome.refused(entry.id, error)
    if draft.pictures:
        transaction.add_pictures(draft.pictures)
    return Outcome(entry.id, created, transaction.append(entry))
