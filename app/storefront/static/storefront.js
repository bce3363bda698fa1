// The page without reloads. The service renders every view; scripts only carry forms to it, and add
// what a page alone cannot: words as they are typed, dropped photos, a box drawn on a photo.

import { word } from "./element.js";
import { onCrop } from "./crop.js";
import { onEvents } from "./events.js";
import { onPhoto } from "./photo.js";
import { onPrice } from "./price.js";
import { restore, say, show, showPhoto } from "./show.js";
import { onValues } from "./values.js";
import { onSuggest } from "./suggest.js";

const TYPING_PAUSE_MS = 200;
const $ = (selector) => document.querySelector(selector);

function listenToForm(form) {
  let pause;
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    clearTimeout(pause);
    // A search, a page or an example begins a new list; a filter or a box only changes this one.
    const name = event.submitter?.name ?? "";
    const top = ["", "page", "like", "unlike", "photo_of"].includes(name);
    const words = !name && !document.activeElement.closest(".filters");
    show(new FormData(form, event.submitter), { top, words });
  });
  const query = $("#q");
  const type = () => {
    clearTimeout(pause);
    understandAfresh();
    pause = setTimeout(() => show(new FormData(form), { typed: true }), TYPING_PAUSE_MS);
  };
  query.addEventListener("input", type);
  onSuggest(query, () => {
    clearTimeout(pause);
    understandAfresh();
    show(new FormData(form), { top: true, words: true });
  });
  // Who is fast types before this script has come.
  if (document.activeElement === query && query.value !== query.defaultValue) type();
  // A ticked box or a changed price searches at once.
  document.addEventListener("change", ({ target }) => {
    if (target.form === form && target.closest(".filters, .sort")) show(new FormData(form));
  });
}

// What was switched off of the words before means nothing for others.
function understandAfresh() {
  for (const name of document.querySelectorAll("#view input[name=understand]")) name.remove();
}

function listenToPhotos(form) {
  const search = async (photo) => {
    const file = await photo.catch(() => null);
    if (!file) return say(word("picture_closed"));
    const fields = new FormData(form);
    for (const name of ["image", "photo", "box"]) fields.delete(name);
    fields.append("image", file, "photo.jpg");
    $("#picker").open = false;
    show(fields, { top: true });
  };
  onPhoto([$("#image"), $("#camera")], $("#drop"), search);
  // With a mouse the button opens the browser's own dialog. A finger chooses between that and the
  // camera; the form is for pages without scripts.
  const touches = matchMedia("(hover: none) and (pointer: coarse)");
  $(".picker summary").addEventListener("click", (event) => {
    if (touches.matches) return;
    event.preventDefault();
    $("#image").click();
  });
  onCrop((box) => {
    $("#box").value = box;
    show(new FormData(form));
  });
}

function listenToTools() {
  $("#theme").addEventListener("click", () => {
    const style = document.documentElement.style;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    style.colorScheme = (style.colorScheme || system) === "dark" ? "light" : "dark";
    localStorage.setItem("theme", style.colorScheme);
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("#picker")) $("#picker")?.removeAttribute("open");
  });
  document.addEventListener("click", async ({ target }) => {
    if (!target.dataset?.copies) return;
    const source = document.getElementById(target.dataset.copies);
    const shown = [source, ...source.querySelectorAll("pre")].findLast((one) => one.offsetParent);
    target.textContent = word((await copy(shown)) ? "copied" : "selected");
    setTimeout(() => (target.textContent = word("copy")), 2500);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const one of document.querySelectorAll("#drawer, #picker")) one.open = false;
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && $("#q")) {
      event.preventDefault();
      $("#q").focus();
    }
  });
}

// Only pages from https or from this machine may write to the clipboard; elsewhere the text is marked.
async function copy(node) {
  try {
    await navigator.clipboard.writeText(node.textContent.trim());
    return true;
  } catch {
    getSelection().selectAllChildren(node);
    return false;
  }
}

const form = $("#query");
if (form) {
  listenToForm(form);
  listenToPhotos(form);
  onValues();
  onPrice();
  showPhoto();
  restore();
}
listenToTools();
onEvents();
