// Calls of the service, and the same calls as text for a terminal.

const PAGE = 24;

// A call is {method, path, params} or, with a body, {method, path, json | form}.
export function searchCall(view, filter, offset) {
  const common = { limit: PAGE, offset };
  if (filter) common.filter = filter;
  if (view.item) {
    const path = `/items/${encodeURIComponent(view.item)}/similar`;
    return { method: "GET", path, params: { ...common, group_by: view.group } };
  }
  if (view.photo) {
    const form = { image: view.photo, ...common, group_by: view.group };
    return { method: "POST", path: "/recommend/by-image", form };
  }
  if (view.query) {
    const json = { query: view.query, ...common, group_by: view.group };
    return { method: "POST", path: "/recommend/by-text", json };
  }
  return { method: "GET", path: "/items", params: { ...common, group_by: view.group } };
}

export async function send(call, signal) {
  const options = { method: call.method, signal };
  if (call.json) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(call.json);
  }
  if (call.form) options.body = formData(call.form);
  let response;
  try {
    response = await fetch(address(call), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service cannot be reached. Check your connection and try again.");
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  return body;
}

export function asCurl(call) {
  const lines = [`curl ${quote(location.origin + address(call))}`];
  if (call.json) {
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(call.json))}`);
  }
  for (const [name, value] of entries(call.form)) {
    const text = value instanceof Blob ? `@${value.name || "photo.jpg"}` : value;
    lines.push(`-F ${quote(`${name}=${text}`)}`);
  }
  return lines.join(" \\\n  ");
}

function address({ path, params }) {
  const query = new URLSearchParams(entries(params)).toString();
  return query ? `${path}?${query}` : path;
}

function entries(object) {
  return Object.entries(object ?? {}).flatMap(([name, value]) =>
    [value].flat().filter((one) => one !== undefined).map((one) => [name, one]),
  );
}

function formData(fields) {
  const form = new FormData();
  for (const [name, value] of entries(fields)) form.append(name, value);
  return form;
}

function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
