// One sum on a long tape of positions, and what two models make of it: the whole sum is shifted, or
// its back part is pulled away, one of the two at a time. Nothing is computed here: for each place
// the maps, the right tokens and the largest change come from Python (components/ui/drawings/tape.py).

const MARGIN = 14; // of the tape, to either side
const [GRIP_Y, NUMBER_Y, TAPE_Y] = [14, 40, 62];
const [ROW_TOP, ROW_HEIGHT] = [102, 38]; // the tokens, enlarged below the tape
const CELL = 27; // widest cell of such a token
const BLOCK = 14; // height of a token on the tape
const KINDS = { shifted: "shift", stretched: "gap" };

class Tape {
  constructor(root) {
    this.part = (name) => root.querySelector(`.${name}`);
    this.strip = this.part("strip");
    this.mode = "shifted";
    this.pointed = null;
    this.watch = new ResizeObserver(() => this.data && this.draw());
    this.watch.observe(this.strip);
    this.buttons = [...root.querySelectorAll("[data-mode]")];
    for (const button of this.buttons) button.onclick = () => this.turn_to(button.dataset.mode);
    this.figures = [...root.querySelectorAll(".side")];
    this.build_strip();
  }

  dispose() {
    this.watch.disconnect();
    this.slide.dispose();
  }

  load(data) {
    if (data.digest === this.data?.digest) return;
    const told = JSON.stringify(data.start) !== JSON.stringify(this.data?.start);
    this.data = data;
    if (told) this.by = { ...data.start };
    this.sides = data.sides.map(({ title, ...readings }) => ({
      title,
      ...Object.fromEntries(Object.keys(KINDS).map((mode) => [mode, unpacked(readings[mode])])),
    }));
    this.strip.setAttribute("aria-label", data.alt);
    this.build_tokens();
    this.maps = this.figures.map((figure, i) => this.build_map(figure, this.sides[i].title));
    this.draw();
  }

  turn_to(mode) {
    this.mode = mode;
    this.draw();
  }

  // ------------------------------------------------------------ where the tokens stand

  position(token) {
    const { gap_at } = this.data;
    const moves = this.mode === "shifted" || token >= gap_at;
    return token + (moves ? this.by[this.mode] : 0);
  }

  unit() {
    return (this.width - 2 * MARGIN) / (this.data.last + 1);
  }

  x(position) {
    return MARGIN + position * this.unit();
  }

  // The token under the grip: the middle one of what is moved.
  held() {
    const { tokens, gap_at } = this.data;
    const first = this.mode === "shifted" ? 0 : gap_at;
    return (first + tokens.length) / 2;
  }

  // ------------------------------------------------------------ built once

  build_strip() {
    this.ticks = draw(this.strip, "g", { class: "ticks" });
    this.gap = draw(this.strip, "rect", { class: "gap", y: TAPE_Y - BLOCK / 2, height: BLOCK });
    this.fans = draw(this.strip, "g", {});
    this.blocks = draw(this.strip, "g", {});
    this.row = draw(this.strip, "g", {});
    this.grip = draw(this.strip, "g", { class: "mark", tabindex: 0, role: "slider", "aria-valuemin": 0 });
    this.stem = draw(this.grip, "line", { class: "stem", y1: GRIP_Y, y2: TAPE_Y - BLOCK / 2 });
    this.knob = draw(this.grip, "circle", { class: "knob", r: 9, cy: GRIP_Y });
    this.label = draw(this.grip, "text", { class: "label", y: GRIP_Y });
    this.slide = new Slide(this.grip, this.strip, {
      step: 1,
      now: () => this.by[this.mode],
      bounds: () => [0, this.sides[0][this.mode].n - 1],
      unit: () => this.unit(),
      move: (by) => {
        this.by[this.mode] = by;
        this.draw();
      },
      rest: () => {},
    });
  }

  build_tokens() {
    for (const group of [this.fans, this.blocks, this.row]) group.replaceChildren();
    this.tokens = this.data.tokens.map((token) => {
      const fan = draw(this.fans, "path", { class: "fan" });
      const block = draw(this.blocks, "rect", { class: "block", y: TAPE_Y - BLOCK / 2, height: BLOCK });
      const glyph = draw(this.row, "text", { class: "glyph", y: ROW_TOP + 13 });
      glyph.textContent = token;
      const number = draw(this.row, "text", { class: "number", y: ROW_TOP + 31 });
      return { fan, block, glyph, number };
    });
  }

  build_map(figure, title) {
    const part = (name) => figure.querySelector(`.${name}`);
    const { tokens, first_asked } = this.data;
    const n = tokens.length;
    const map = part("map");
    part("title").textContent = title;
    map.replaceChildren();
    set(map, { viewBox: `-1.6 -1.6 ${n + 1.8} ${n + 1.8}` });
    draw(map, "path", { class: "frame", d: stairs(n) });
    const cells = [];
    for (let query = 0; query < n; query++)
      for (let key = 0; key <= query; key++)
        cells.push(draw(map, "rect", { class: "cell", x: key, y: query, width: 1, height: 1 }));
    tokens.forEach((token, i) => {
      draw(map, "text", { class: "axis", x: -0.8, y: i + 0.5 }).textContent = token;
      draw(map, "text", { class: "axis", x: i + 0.5, y: -0.8 }).textContent = token;
    });
    const outline = draw(map, "rect", { class: "outline", width: 1, height: 1 });
    map.onpointermove = map.onpointerdown = (event) => this.point(cells.indexOf(event.target));
    map.onpointerleave = () => this.point(-1);
    const written = tokens.map((token, i) => {
      const box = make("span", "", i < first_asked ? "given" : "");
      box.append(make("b", token), make("i"));
      return box;
    });
    part("sum").replaceChildren(...written);
    return { map, cells, outline, written, count: part("count"), change: part("change").lastElementChild };
  }

  point(cell) {
    this.pointed = cell < 0 ? null : cell;
    this.draw_pointed();
  }

  // ------------------------------------------------------------ drawn at every move

  draw() {
    this.width = this.strip.clientWidth;
    if (!this.width) return;
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", button.dataset.mode === this.mode);
    this.draw_strip();
    this.draw_row();
    this.sides.forEach((side, i) => this.draw_side(this.maps[i], side));
    this.draw_pointed();
    this.part("where").textContent = this.where();
    say(this.part("said"), this.reading());
  }

  draw_strip() {
    this.strip.setAttribute("viewBox", `0 0 ${this.width} ${ROW_TOP + ROW_HEIGHT}`);
    this.draw_ticks();
    this.tokens.forEach(({ block }, token) => {
      const moved = this.mode === "shifted" || token >= this.data.gap_at;
      set(block, { x: this.x(this.position(token)), width: this.unit(), class: moved ? "block moved" : "block" });
    });
    const { gap_at } = this.data;
    const [from, to] = [this.position(gap_at - 1) + 1, this.position(gap_at)];
    set(this.gap, { x: this.x(from), width: (to - from) * this.unit() });
    this.draw_grip();
  }

  draw_ticks() {
    const every = tick_step(44 / this.unit());
    this.ticks.replaceChildren();
    draw(this.ticks, "line", { x1: this.x(0), x2: this.x(this.data.last + 1), y1: TAPE_Y, y2: TAPE_Y });
    for (let position = 0; position <= this.data.last; position += every) {
      const x = this.x(position + 0.5);
      draw(this.ticks, "line", { x1: x, x2: x, y1: TAPE_Y, y2: TAPE_Y - 11 });
      draw(this.ticks, "text", { x, y: NUMBER_Y }).textContent = position;
    }
  }

  draw_grip() {
    const by = this.by[this.mode];
    const x = this.x(this.held() + by);
    set(this.stem, { x1: x, x2: x });
    set(this.knob, { cx: x });
    const near_end = x > this.width - 90;
    set(this.label, { x: x + (near_end ? -15 : 15), "text-anchor": near_end ? "end" : "start" });
    this.label.textContent = `${KINDS[this.mode]} ${by}`;
    set(this.grip, {
      "aria-label": { shifted: "Shift of the sum", stretched: "Width of the gap" }[this.mode],
      "aria-valuemax": this.sides[0][this.mode].n - 1, "aria-valuenow": by,
    });
  }

  // Large tokens with their positions, fanned out from their places on the tape.
  draw_row() {
    const n = this.tokens.length;
    const cell = Math.min(CELL, this.width / (n + 0.5));
    const parted = this.position(n - 1) - this.position(0) >= n;
    const middle = (this.x(this.position(0)) + this.x(this.position(n - 1) + 1)) / 2;
    const left = clamp(middle - (cell * n) / 2, 0, this.width - cell * (n + 0.5));
    this.tokens.forEach(({ fan, glyph, number }, token) => {
      const behind = parted && token >= this.data.gap_at ? cell / 2 : 0;
      const x = left + behind + (token + 0.5) * cell;
      const position = this.position(token);
      for (const text of [glyph, number]) set(text, { x });
      number.textContent = position;
      const from = this.x(position + 0.5);
      fan.setAttribute("d", `M${from} ${TAPE_Y + BLOCK / 2} C${from} ${ROW_TOP - 12} ${x} ${TAPE_Y + 22} ${x} ${ROW_TOP}`);
    });
  }

  draw_side({ cells, map, written, count, change }, side) {
    const { tokens, first_asked } = this.data;
    const by = this.by[this.mode];
    const reading = side[this.mode];
    const weights = reading.weights_at(by);
    cells.forEach((cell, i) => set(cell, { "fill-opacity": weights[i] / 255 }));
    const right = reading.right_at(by);
    const wrong = (token) => token >= first_asked && !right[token - 1];
    written.forEach((box, token) => {
      box.classList.toggle("wrong", wrong(token));
      box.lastChild.textContent = wrong(token) ? "✗" : "";
    });
    const asked = tokens.length - first_asked;
    const n_wrong = tokens.filter((_, token) => wrong(token)).length;
    count.textContent = `${asked - n_wrong} of ${asked} tokens right`;
    change.textContent = reading.change[by].toFixed(3);
    map.setAttribute("aria-label", `Attention of ${side.title}: ${count.textContent}`);
  }

  draw_pointed() {
    const { tokens } = this.data;
    for (const { outline } of this.maps) set(outline, { visibility: this.pointed === null ? "hidden" : "visible" });
    if (this.pointed === null) {
      this.part("pointed").textContent = "A row a query, a column a key.";
      return;
    }
    const query = Math.floor((Math.sqrt(8 * this.pointed + 1) - 1) / 2);
    const key = this.pointed - (query * (query + 1)) / 2;
    for (const { outline } of this.maps) set(outline, { x: key, y: query });
    const weights = this.sides.map((side) => {
      const weight = side[this.mode].weights_at(this.by[this.mode])[this.pointed] / 255;
      return `${side.title} ${weight.toFixed(2)}`;
    });
    const named = (token) => `${tokens[token]} at ${this.position(token)}`;
    this.part("pointed").textContent = `${named(query)} looks at ${named(key)}: ${weights.join(", ")}.`;
  }

  where() {
    const { tokens, gap_at } = this.data;
    const by = this.by[this.mode];
    const stands = (from, to) => `${this.position(from)} to ${this.position(to)}`;
    const last = tokens.length - 1;
    if (this.mode === "shifted") return `Shifted by ${by}, in one piece: it stands at ${stands(0, last)}.`;
    const [front, back] = [stands(0, gap_at - 1), stands(gap_at, last)];
    return `Not shifted, but pulled apart by ${by}: the front stands at ${front}, the rest at ${back}.`;
  }

  reading() {
    const sides = this.sides.map(
      ({ title }, i) =>
        `${title}: ${this.maps[i].count.textContent}, largest change ${this.maps[i].change.textContent}.`,
    );
    return [this.where(), ...sides].join(" ");
  }
}

export default mounted(Tape, "tape");

// The readings of one model in one mode: for each place a triangle of weights, and the right tokens.
function unpacked({ weights, right, change }) {
  const [maps, flags, n] = [bytes(weights), bytes(right), change.length];
  const part = (all, i) => all.subarray((i * all.length) / n, ((i + 1) * all.length) / n);
  return { n, change, weights_at: (i) => part(maps, i), right_at: (i) => part(flags, i) };
}

function bytes(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// Round the cells a causal head may use.
function stairs(n) {
  const steps = [...Array(n).keys()].map((i) => `H${i + 1}V${i + 1}`);
  return `M0 0${steps.join("")}V${n}H0Z`;
}
