// The price slider: two thumbs that set the two fields below them, which are what a form sends.

const sliders = () => document.querySelectorAll(".slider");

export function onPrice() {
  document.addEventListener("input", ({ target }) => {
    const field = fieldOf(target);
    if (!field) return;
    keepApart(target);
    // At its end a thumb asks for nothing, also not for what has no price.
    const end = target.dataset.sets === "low" ? target.min : target.max;
    field.value = target.value === end ? "" : target.value;
    draw(target.parentElement);
  });
  document.addEventListener("change", ({ target }) => {
    fieldOf(target)?.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("shown", () => sliders().forEach(draw));
  sliders().forEach(draw);
}

function fieldOf(thumb) {
  return thumb.dataset?.sets ? document.getElementById(thumb.dataset.sets) : null;
}

function keepApart(thumb) {
  const [low, high] = thumb.parentElement.children;
  if (Number(low.value) <= Number(high.value)) return;
  thumb.value = (thumb === low ? high : low).value;
}

function draw(slider) {
  const [low, high] = slider.children;
  const share = ({ value, min, max }) => (value - min) / (max - min);
  slider.style.setProperty("--from", share(low));
  slider.style.setProperty("--to", share(high));
  low.style.zIndex = high.value - low.value < (high.max - high.min) / 20 && low.value > low.min ? 2 : 1; // where they meet
  for (const thumb of [low, high]) thumb.setAttribute("aria-valuetext", money(thumb.value, slider.dataset.currency));
}

function money(value, currency) {
  const options = currency ? { style: "currency", currency, maximumFractionDigits: 0 } : {};
  try {
    return new Intl.NumberFormat(document.documentElement.lang, options).format(value);
  } catch { // not a code of ISO 4217
    return `${value} ${currency}`;
  }
}
