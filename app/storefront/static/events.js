// Tells the service what was seen and clicked, if it asks for that: a page then names its request.
import { ROOT } from "./element.js";

const SEEN_AFTER_MS = 1000;
const outbox = [];
const timers = new Map();
const told = new WeakSet();

const inView = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (isIntersecting) timers.set(target, setTimeout(() => tell("seen", target), SEEN_AFTER_MS));
    }
  },
  { threshold: 0.5 },
);

function tell(kind, tile) {
  const view = tile.closest("#view");
  if (!view?.isConnected || (kind === "seen" && told.has(tile))) return;
  told.add(tile);
  const place = [...view.querySelectorAll(".tile")].indexOf(tile);
  const before = (Number(view.dataset.page ?? 1) - 1) * Number(view.dataset.size ?? 0);
  const surface = view.classList.contains("product") ? "product" : "search";
  outbox.push({ kind, request_id: view.dataset.events, item_id: tile.dataset.id, position: before + place + 1, surface });
}

function send() {
  while (outbox.length) navigator.sendBeacon(`${ROOT}/events`, JSON.stringify({ events: outbox.splice(0, 100) }));
}

function watch() {
  inView.disconnect();
  // A page that another replaced is seen no more, and need not be kept.
  timers.forEach(clearTimeout);
  timers.clear();
  if (!document.getElementById("view")?.dataset.events) return;
  for (const tile of document.querySelectorAll("#view .tile")) inView.observe(tile);
}

export function onEvents() {
  document.addEventListener("shown", watch);
  document.addEventListener("click", ({ target }) => {
    const tile = target.closest(".tile-link")?.closest(".tile");
    if (!tile?.closest("#view")?.dataset.events) return;
    tell("click", tile);
    send();
  });
  addEventListener("pagehide", send);
  setInterval(send, 5000);
  watch();
}
