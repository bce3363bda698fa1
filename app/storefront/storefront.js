// The storefront: one view at a time, read from the address and from what people do.

import { asCurl, searchCall, send } from "./api.js";
import { card, productPanel, skeletons } from "./elements.js";
import { loadFacets, renderFacets } from "./facets.js";
import { onPhoto, shrink } from "./photo.js";
import { countChoices, filterOf, readView, writeView } from "./view.js";

const TYPING_PAUSE_MS = 220;
const STYLE = "group_id";
const $ = (selector) => document.querySelector(selector);

let view = readView();
let running = new AbortController();
let offset = 0;
let group = STYLE; // undefined where the catalogue has no styles

function show(changes, { replace = false } = {}) {
  const photo = "photo" in changes ? changes.photo : view.photo;
  view = { ...view, ...changes, photo };
  const address = writeView(view);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  render();
}

async function render() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  offset = 0;
  drawInputs();
  $(".grid").setAttribute("aria-busy", "true");
  if (!$(".grid").children.length) $(".grid").append(...skeletons(12));
  try {
    await Promise.all([drawProduct(signal), drawFacets(signal), drawResults(signal)]);
    showError("");
  } catch (error) {
    if (error.name === "AbortError") return;
    $(".grid").replaceChildren();
    $(".summary").textContent = "";
    showError(error.message);
  }
  $(".grid").setAttribute("aria-busy", "false");
}

async function drawResults(signal) {
  const call = searchCall({ ...view, group }, filterOf(view), offset);
  const answer = await send(call, signal);
  const cards = answer.items.map(card);
  if (offset) $(".grid").append(...cards);
  else $(".grid").replaceChildren(...cards);
  offset += answer.items.length;
  $(".more").hidden = answer.page.exhausted;
  $(".heading h1").textContent = heading();
  $(".summary").textContent = summary(answer);
  $(".drawer code").textContent = asCurl(call);
}

function heading() {
  if (view.item) return "Similar products";
  if (view.photo) return "Products like your photo";
  return view.query ? `Products for “${view.query}”` : "All products";
}

function summary(answer) {
  if (!answer.items.length && !offset) return "Nothing matches; try fewer filters.";
  const time = `${answer.took_ms.toFixed(0)} ms`;
  return answer.total === undefined ? time : `${answer.total.toLocaleString()} styles, ${time}`;
}

async function drawProduct(signal) {
  const panel = $(".product");
  if (!view.item) {
    panel.hidden = true;
    return;
  }
  const path = `/items/${encodeURIComponent(view.item)}`;
  const product = await send({ method: "GET", path }, signal);
  const ids = product.variants.slice(0, 12);
  const others = await Promise.all(
    ids.map((id) => send({ method: "GET", path: `/items/${encodeURIComponent(id)}` }, signal)),
  );
  panel.replaceChildren(...productPanel(product, others));
  panel.hidden = false;
}

async function drawFacets(signal) {
  const facets = await loadFacets(view, signal);
  renderFacets($(".facets"), facets, view);
  const count = countChoices(view);
  $(".active-count").textContent = count ? `(${count})` : "";
  $(".clear").hidden = !count;
}

function drawInputs() {
  const field = $(".search input[name=q]");
  if (document.activeElement !== field) field.value = view.query;
  const chip = $(".photo-chip");
  chip.hidden = !view.photo;
  const image = chip.querySelector("img");
  if (image.src) URL.revokeObjectURL(image.src);
  if (view.photo) image.src = URL.createObjectURL(view.photo);
  else image.removeAttribute("src");
  document.title = `${heading()} · Twinset`;
}

function showError(message) {
  $(".error").textContent = message;
  $(".error").hidden = !message;
}

function toggle(field, value, on) {
  const values = (view.choices[field] ?? []).filter((one) => one !== value);
  const choices = { ...view.choices, [field]: on ? [...values, value] : values };
  if (!choices[field].length) delete choices[field];
  show({ choices });
}

function listenToFilters() {
  $(".filters").addEventListener("change", ({ target }) => {
    if (target.dataset.field) toggle(target.dataset.field, target.dataset.value, target.checked);
    if (target.id === "in-stock") show({ inStock: target.checked });
    if (target.id === "low" || target.id === "high") show({ [target.id]: target.value });
  });
  $(".clear").addEventListener("click", () =>
    show({ choices: {}, low: "", high: "", inStock: false }),
  );
}

function listenToSearch() {
  let pause;
  const search = (replace) => {
    clearTimeout(pause);
    const query = $(".search input[name=q]").value.trim();
    if (query !== view.query || view.item) show({ query, item: "", photo: null }, { replace });
  };
  $(".search input[name=q]").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => search(view.query !== ""), TYPING_PAUSE_MS);
  });
  $(".search").addEventListener("submit", (event) => {
    event.preventDefault();
    search(false);
  });
  onPhoto(async (file) => show({ photo: await shrink(file), query: "", item: "" }));
  $(".drop-photo").addEventListener("click", () => show({ photo: null }));
}

function listenToLinks() {
  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-item], a[data-home]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.item) show({ item: link.dataset.item, query: "", photo: null });
    else show({ ...readView(""), photo: null });
    window.scrollTo({ top: 0 });
    $("#results").focus({ preventScroll: true });
  });
  window.addEventListener("popstate", () => {
    view = { ...readView(), photo: null };
    render();
  });
  $(".more").addEventListener("click", () =>
    drawResults(running.signal).catch((error) => showError(error.message)),
  );
}

function listenToTools() {
  $(".copy").addEventListener("click", async ({ target }) => {
    await navigator.clipboard.writeText($(".drawer code").textContent);
    target.textContent = "Copied";
    setTimeout(() => (target.textContent = "Copy"), 1500);
  });
  const root = document.documentElement;
  root.style.colorScheme = localStorage.getItem("theme") ?? "";
  $(".theme").addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const now = root.style.colorScheme || system;
    root.style.colorScheme = now === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.style.colorScheme);
  });
  if (matchMedia("(max-width: 760px)").matches) $(".filters details").open = false;
}

async function start() {
  listenToFilters();
  listenToSearch();
  listenToLinks();
  listenToTools();
  try {
    await send({ method: "GET", path: "/items", params: { limit: 1, fields: STYLE } });
  } catch {
    group = undefined;
  }
  await render();
}

start();
