// What the drawings share: a mark that slides, an arrow's tip, SVG elements. Python puts this file
// before the module of each drawing.

const REST_MS = 350; // after the last arrow key, before a place is sent

// The function Streamlit calls at every change of the data: one drawing for each root, kept.
function mounted(Kind, name) {
  const drawings = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    const root = parentElement.querySelector(`.${name}`);
    let drawing = drawings.get(root);
    if (!drawing) drawings.set(root, (drawing = new Kind(root)));
    drawing.send = setTriggerValue;
    drawing.load(data);
    return () => {
      drawing.dispose();
      drawings.delete(root);
    };
  };
}

// `mark` is a slider: focused, read out, moved with the keys. The hand takes hold of `surface`, and
// the mark goes as far as the hand does. `line` is the mark's own: `now()`, `bounds()`, `step`,
// `unit()` pixels for 1, `move(value)` while it moves, `rest()` once it has come to rest.
class Slide {
  constructor(mark, surface, line) {
    this.line = line;
    this.grabbed = null;
    this.timer = 0;
    surface.onpointerdown = (event) => this.grab(event, mark, surface);
    surface.onpointermove = (event) => this.grabbed && this.drag(event);
    surface.onpointerup = surface.onpointercancel = () => this.release();
    mark.onkeydown = (event) => this.nudge(event);
  }

  get busy() {
    return this.grabbed !== null || this.timer !== 0;
  }

  dispose() {
    clearTimeout(this.timer);
  }

  grab(event, mark, surface) {
    if (event.button !== 0) return;
    this.grabbed = { x: event.clientX, value: this.line.now() };
    surface.setPointerCapture(event.pointerId);
    mark.focus({ preventScroll: true });
    event.preventDefault();
  }

  drag(event) {
    this.move(this.grabbed.value + (event.clientX - this.grabbed.x) / this.line.unit());
  }

  release() {
    if (!this.grabbed) return;
    const moved = this.grabbed.value !== this.line.now();
    this.grabbed = null;
    if (moved) this.line.rest();
  }

  nudge(event) {
    const [low, high] = this.line.bounds();
    const far = this.line.step * (event.shiftKey ? 10 : 1);
    const steps = {
      ArrowLeft: -far, ArrowDown: -far, ArrowRight: far, ArrowUp: far,
      PageDown: -10 * far, PageUp: 10 * far, Home: low - high, End: high - low,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.move(this.line.now() + steps[event.key]);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.line.rest();
    }, REST_MS);
  }

  // To a whole number of steps within the bounds.
  move(value) {
    const { step, bounds, now, move } = this.line;
    const places = Math.round(1 / step);
    const next = clamp(Math.round(value * places) / places, ...bounds());
    if (next !== now()) move(next);
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// A step of 1, 2 or 5 times a power of ten that is at least `least`.
function tick_step(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least);
}

// The head of an arrow that ends in (x, y), pointing away from zero.
function tip(x, y, size = 1) {
  const long = Math.hypot(x, y) || 1;
  const [ux, uy] = [(size * x) / long, (size * y) / long];
  const at = (along, across) => `${x + along * ux - across * uy},${y + along * uy + across * ux}`;
  return `${at(15, 0)} ${at(-5, 10)} ${at(-5, -10)}`;
}

// With a minus sign as wide as a plus, and no minus before a zero.
function signed(number, digits) {
  const text = number.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "\u2212");
}

function draw(parent, kind, attributes) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", kind);
  set(shape, attributes);
  parent.append(shape);
  return shape;
}

function set(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
}

function make(kind, text = "", name = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

// A live region is read out again at every change, so an equal text is left alone.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

