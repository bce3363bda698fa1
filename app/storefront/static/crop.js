// A box on the photo, moved and sized by pointer or by arrow keys. Edges are fractions 0..1.

import { word } from "./element.js";

const SMALLEST = 0.08;
const STEP = 0.02;
const KEY_PAUSE_MS = 350;
const CORNERS = [
  ["left", "top"],
  ["right", "top"],
  ["left", "bottom"],
  ["right", "bottom"],
];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Puts a box on the photo of every page that has one; `choose` gets "x1,y1,x2,y2" when it changed.
export function onCrop(choose) {
  const attach = () => {
    const frame = document.getElementById("crop");
    if (frame && !frame.querySelector(".crop-box")) new Crop(frame, choose);
  };
  document.addEventListener("shown", attach);
  attach();
}

class Crop {
  constructor(frame, choose) {
    this.frame = frame;
    this.choose = choose;
    const [left, top, right, bottom] = frame.dataset.box.split(",").map(Number);
    this.edges = { left, top, right, bottom };
    this.box = frame.appendChild(Object.assign(document.createElement("div"), { className: "crop-box" }));
    this.#handle("crop-move", word("crop_move"), ["left", "top", "right", "bottom"]);
    for (const sides of CORNERS) this.#handle("crop-corner", word(`crop_${sides.join("_")}`), sides);
    frame.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#draw();
  }

  #handle(className, label, sides) {
    const button = Object.assign(document.createElement("button"), { type: "button", className });
    button.id = `${className}-${sides.join("-")}`;
    button.ariaLabel = label;
    button.setAttribute("aria-describedby", "crop-hint");
    button.dataset.sides = sides;
    button.addEventListener("keydown", (event) => this.#press(event, sides));
    this.box.append(button);
  }

  #grab(event) {
    const handle = event.target.closest("button");
    if (handle && !handle.dataset.sides) return; // what was found on the photo
    event.preventDefault();
    handle?.focus({ preventScroll: true });
    const area = this.frame.getBoundingClientRect();
    const at = ({ clientX, clientY }) => [
      clamp((clientX - area.left) / area.width),
      clamp((clientY - area.top) / area.height),
    ];
    const [startX, startY] = at(event);
    const before = { ...this.edges };
    let sides = handle?.dataset.sides.split(",") ?? [];
    // The whole photo cannot be moved: a drag on it draws a new box.
    if (!handle || (sides.length === 4 && isWhole(before))) sides = null;
    const move = (to) => {
      const [x, y] = at(to);
      if (sides) this.edges = shifted(before, sides, x - startX, y - startY);
      else this.edges = drawn(startX, startY, x, y);
      this.#draw();
    };
    const release = () => {
      this.frame.removeEventListener("pointermove", move);
      if (sides === null && this.edges.right - this.edges.left < SMALLEST) this.edges = before;
      this.#draw();
      this.#done();
    };
    clearTimeout(this.pause);
    this.before ??= before;
    this.frame.setPointerCapture(event.pointerId);
    this.frame.addEventListener("pointermove", move);
    this.frame.addEventListener("pointerup", release, { once: true });
  }

  #press(event, sides) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? 5 * STEP : STEP;
    this.before ??= this.edges;
    this.edges = shifted(this.edges, sides, arrow[0] * step, arrow[1] * step);
    this.#draw();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.#done(), KEY_PAUSE_MS);
  }

  #draw() {
    const { left, top, right, bottom } = this.edges;
    const percent = (value) => `${value * 100}%`;
    Object.assign(this.box.style, {
      left: percent(left),
      top: percent(top),
      width: percent(right - left),
      height: percent(bottom - top),
    });
  }

  // Compares with the box as it was before the first of several keys.
  #done() {
    const text = ({ left, top, right, bottom }) =>
      [left, top, right, bottom].map((edge) => Number(edge.toFixed(3))).join(",");
    const before = this.before;
    this.before = null;
    if (text(before) !== text(this.edges)) this.choose(text(this.edges));
  }
}

function clamp(value, low = 0, high = 1) {
  return Math.min(high, Math.max(low, value));
}

function isWhole({ left, top, right, bottom }) {
  return left === 0 && top === 0 && right === 1 && bottom === 1;
}

function drawn(x1, y1, x2, y2) {
  const [left, right] = [Math.min(x1, x2), Math.max(x1, x2)];
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  return { left, top, right: Math.max(right, Math.min(1, left + 0.01)), bottom: Math.max(bottom, Math.min(1, top + 0.01)) };
}

// The edges after some of them moved: all four keep the size, two keep the smallest one.
function shifted(edges, sides, dx, dy) {
  const { left, top, right, bottom } = edges;
  if (sides.length === 4) {
    const [x, y] = [clamp(dx, -left, 1 - right), clamp(dy, -top, 1 - bottom)];
    return { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
  }
  const next = { ...edges };
  if (sides.includes("left")) next.left = clamp(left + dx, 0, right - SMALLEST);
  if (sides.includes("right")) next.right = clamp(right + dx, left + SMALLEST, 1);
  if (sides.includes("top")) next.top = clamp(top + dy, 0, bottom - SMALLEST);
  if (sides.includes("bottom")) next.bottom = clamp(bottom + dy, top + SMALLEST, 1);
  return next;
}
