"""What admins ask of webhooks: list them, test one, send one again, remove one. A part of `Asterism`."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from orchestrator.core.application import Refusal
from orchestrator.core.ports import Clock, Deliveries
from orchestrator.core.webhook_settings import Webhook, WebhookSettings
from orchestrator.core.webhooks import Delivery, Sent, TargetView, WebhooksView, message, origin, view
from orchestrator.posting import HttpPoster
from orchestrator.runtime.webhooks import Webhooks

log = structlog.get_logger("asterism.webhooks")


class WebhookDesk:
    """Raises Refusal, and StoreError where the record fails."""

    def __init__(
        self,
        store: Deliveries,
        clock: Clock,
        settings: WebhookSettings,
        *,
        random_hex: Callable[[int], str],
        jitter: Callable[[], float],
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._random_hex = random_hex
        self._poster = HttpPoster(settings)
        self.sender = Webhooks(store, self._poster, clock, settings, jitter)

    def check(self, webhook: Webhook) -> None:
        """Whether a request may bring this webhook. Raises Refusal `bad_request`."""
        if not self.sender.signs:
            raise Refusal("bad_request", "webhooks are signed, and there is no secret: set `webhooks.secret`")
        self._poster.check(webhook.url)

    def overview(self) -> WebhooksView:
        targets = [
            TargetView(name=one.name, target=origin(one.url), on=one.on, answer=one.answer)
            for one in self._settings.targets
        ]
        return WebhooksView(
            signs=self.sender.signs,
            targets=tuple(targets),
            networks=self._settings.networks,
            pending=self.sender.pending,
        )

    async def list(
        self, *, run: str | None, status: str | None, before: tuple[float, str] | None, limit: int
    ) -> list[Delivery]:
        rows = await self._store.deliveries(run=run, status=status, before=before, limit=limit)
        return [view(row) for row in rows]

    async def test(self, where: str, by: str) -> Sent:
        """Send a message of the type `webhook.test` to a target of the settings, by name, or to an address, once."""
        url = next((one.url for one in self._settings.targets if one.name == where), None)
        if url is None:
            try:
                url = Webhook(url=where).url
            except ValueError:
                raise Refusal("not_found", "there is no such target in the settings, and it is no address") from None
        self.check(Webhook(url=url))
        log.info("a webhook is tested", target=origin(url), by=by)
        return await self.sender.send(
            f"msg_test_{self._random_hex(8)}", url, message("webhook.test", self._clock.now(), {})
        )

    async def retry(self, id: str, by: str) -> Delivery:
        """Send again now, also what was given up or delivered; it has all its tries anew."""
        row = await self._store.delivery(id)
        if row is None or not await self._store.write_delivery(
            row := row._replace(status="pending", tries=0, due=self._clock.now())
        ):
            raise Refusal("not_found", f"there is no delivery {id}")
        log.info("a webhook is sent again", delivery=id, by=by)
        self.sender.wake()
        return view(row)

    async def remove(self, id: str, by: str) -> None:
        if await self._store.delivery(id) is None:
            raise Refusal("not_found", f"there is no delivery {id}")
        await self._store.remove_delivery(id)
        log.info("a webhook was removed", delivery=id, by=by)
