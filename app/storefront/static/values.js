// Long lists of values to tick: searched as one types, and sorted by name instead of by count.

const kept = new Map(); // by the field's id: what was typed, and whether names decide the order

export function onValues() {
  document.addEventListener("input", ({ target }) => {
    const list = target.closest(".values")?.closest("details");
    if (list) keep(list, { typed: target.value });
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.matches(".values button")) return;
    const list = target.closest("details");
    keep(list, { byName: target.getAttribute("aria-pressed") !== "true" });
  });
  // A page that was shown anew knows nothing of it.
  document.addEventListener("shown", () => {
    for (const list of document.querySelectorAll("details:has(> .values)")) arrange(list);
  });
}

function keep(list, change) {
  kept.set(list.id, { typed: "", byName: false, ...kept.get(list.id), ...change });
  arrange(list);
}

function arrange(list) {
  const state = kept.get(list.id);
  if (!state) return;
  const [input, button] = list.querySelectorAll(".values input, .values button");
  input.value = state.typed;
  button.setAttribute("aria-pressed", state.byName);
  const wanted = plain(state.typed);
  const choices = [...list.querySelectorAll(":scope > .choice")];
  for (const choice of choices) choice.hidden = !plain(nameOf(choice)).includes(wanted);
  choices.sort(state.byName ? (a, b) => nameOf(a).localeCompare(nameOf(b)) : byCount);
  list.append(...choices);
}

function byCount(one, other) {
  const count = (choice) => Number(choice.querySelector(".count").textContent.replace(/\D/g, ""));
  return count(other) - count(one) || nameOf(one).localeCompare(nameOf(other));
}

function nameOf(choice) {
  return choice.querySelector("input").value;
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
