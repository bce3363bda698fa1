// The Prometheus text format, as far as the operator's page needs it.

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)/;

// What /metrics says: totals, and a row for each route (busiest first).
export function readMetrics(text) {
  const routes = new Map();
  const totals = { items: 0, waiting: 0 };
  const row = (route) => {
    if (!routes.has(route)) routes.set(route, { route, requests: 0, seconds: 0, failed4: 0, failed5: 0 });
    return routes.get(route);
  };
  for (const [name, labels, value] of samples(text)) {
    if (name === "twinset_request_seconds_sum") row(labels.route).seconds = value;
    if (name === "twinset_index_items") totals.items = value;
    if (name === "twinset_queue_depth") totals.waiting += value;
    if (name !== "twinset_requests_total") continue;
    row(labels.route).requests += value;
    if (labels.status >= "400") row(labels.route)[labels.status >= "500" ? "failed5" : "failed4"] += value;
  }
  const rows = [...routes.values()].sort((a, b) => b.requests - a.requests);
  for (const one of rows) one.meanMs = (1000 * one.seconds) / Math.max(1, one.requests);
  const sum = (name) => rows.reduce((total, one) => total + one[name], 0);
  const requests = sum("requests");
  const meanMs = (1000 * sum("seconds")) / Math.max(1, requests);
  return { ...totals, requests, meanMs, failed4: sum("failed4"), failed5: sum("failed5"), routes: rows };
}

function* samples(text) {
  for (const line of text.split("\n")) {
    const found = LINE.exec(line);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2]]));
    yield [found[1], labels, Number(found[3])];
  }
}
