// Completions under the search box, as a combobox of ARIA: arrows choose, Enter takes, Escape closes.
// Without scripts the box is a plain field.
import { ROOT, element, word } from "./element.js";

const PAUSE_MS = 120;
const LIST = "suggestions";

// `search` is called when a completion was taken.
export function onSuggest(query, search) {
  const list = element("ul", { id: LIST, className: "suggest", role: "listbox", hidden: true });
  list.setAttribute("aria-label", word("completions"));
  query.closest("form").append(list);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": LIST, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(attributes)) query.setAttribute(name, value);
  let pause;
  let running = new AbortController();
  let active = -1;

  const options = () => [...list.children];
  const close = () => {
    clearTimeout(pause);
    running.abort();
    list.hidden = true;
    activate(-1);
    query.setAttribute("aria-expanded", "false");
  };
  const activate = (place) => {
    active = place;
    for (const [number, option] of options().entries()) {
      option.setAttribute("aria-selected", String(number === place));
    }
    if (place < 0) query.removeAttribute("aria-activedescendant");
    else query.setAttribute("aria-activedescendant", options()[place].id);
  };
  const take = (option) => {
    query.value = option.dataset.text;
    close();
    search();
  };
  const offer = async () => {
    running.abort();
    running = new AbortController();
    const found = await completions(query.value, running.signal);
    if (!found || document.activeElement !== query) return;
    list.replaceChildren(...found.map(optionOf));
    list.hidden = found.length === 0;
    activate(-1);
    query.setAttribute("aria-expanded", String(found.length > 0));
  };

  query.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(offer, PAUSE_MS);
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // the browser would empty the field
      close();
    }
    if (event.key === "Enter") {
      if (active >= 0) {
        event.preventDefault();
        take(options()[active]);
      } else close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || list.hidden) return;
    event.preventDefault();
    const count = options().length + 1; // the field itself is one of the places
    activate(((active + 1 + step + count) % count) - 1);
  });
  query.addEventListener("blur", close);
  // Before the field loses the focus, which would close the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}

function optionOf({ text, part }, place) {
  const words = part === "title" || part === "word" || part === "query" ? "" : part;
  const option = element("li", { id: `${LIST}-${place}`, role: "option" }, text, element("span", { className: "suggest-part" }, words));
  option.dataset.text = text;
  option.setAttribute("aria-selected", "false");
  return option;
}

// What the service offers; null if it cannot say, which is no fault worth a word.
async function completions(text, signal) {
  if (!text.trim()) return [];
  try {
    const answer = await fetch(`${ROOT}/suggest?${new URLSearchParams({ q: text })}`, { signal });
    return answer.ok ? (await answer.json()).suggestions : [];
  } catch {
    return null;
  }
}
