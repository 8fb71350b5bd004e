// One query and one key, pair by pair: arrows on clocks that turn with the two positions.
// Computed here while a mark moves: each pair turned as by turn_pairs of lab/model/positions.py, and
// score = sum over pairs of (turned q . turned k) / sqrt(2K).

const MARGIN = 24; // of the ruler, to either side
const [QUERY_Y, LINE_Y, KEY_Y] = [20, 58, 106];
const SHORTEST_HOLD = 44; // of the handle that moves both marks
const DIAL = 100; // radius of the large clock
const SMALL = 50; // radius of a small one

class Clocks {
  constructor(root) {
    this.part = (name) => root.querySelector(`.${name}`);
    this.ruler = this.part("ruler");
    this.watch = new ResizeObserver(() => this.data && this.draw());
    this.watch.observe(this.ruler);
    this.build_ruler();
    this.build_dial();
  }

  dispose() {
    this.watch.disconnect();
    for (const slide of this.slides) slide.dispose();
  }

  load(data) {
    if (data.digest === this.data?.digest) return;
    const before = this.data;
    this.data = data;
    const held = this.slides.some((slide) => slide.busy);
    if (!held && (data.i !== before?.i || data.j !== before?.j)) [this.i, this.j] = [data.i, data.j];
    if (data.speeds.length !== before?.speeds.length) this.pair = data.pair;
    this.ruler.setAttribute("aria-label", data.alt);
    this.build_row();
    this.draw();
  }

  // ------------------------------------------------------------ the numbers

  // Query and key arrow of pair n, turned by their positions.
  arrows(n) {
    const { speeds, q, k } = this.data;
    return [turn(q[n], this.i * speeds[n]), turn(k[n], this.j * speeds[n])];
  }

  matches() {
    return this.data.speeds.map((_, n) => dot(...this.arrows(n)));
  }

  // The longer of the two arrows of pair n: it reaches the rim of its clock.
  longest(n) {
    const { q, k } = this.data;
    return Math.max(Math.hypot(...q[n]), Math.hypot(...k[n]), 1e-9);
  }

  root() {
    return Math.sqrt(2 * this.data.speeds.length);
  }

  // The score if every pair of arrows pointed one way.
  most() {
    const { q, k } = this.data;
    return q.reduce((sum, pair, n) => sum + Math.hypot(...pair) * Math.hypot(...k[n]), 0) / this.root();
  }

  // ------------------------------------------------------------ the hand

  unit() {
    return (this.width - 2 * MARGIN) / this.data.last;
  }

  at(place) {
    return MARGIN + place * this.unit();
  }

  place(i, j) {
    [this.i, this.j] = [i, j];
    this.draw();
  }

  choose(pair) {
    this.pair = clamp(pair, 0, this.data.speeds.length - 1);
    this.draw();
  }

  // ------------------------------------------------------------ built once

  build_ruler() {
    this.ticks = draw(this.ruler, "g", { class: "ticks" });
    const slide = (mark, now, bounds, move) =>
      new Slide(mark, mark, {
        step: 1, now, bounds, move,
        unit: () => this.unit(),
        rest: () => this.send("positions", [this.i, this.j]),
      });
    this.both = this.build_mark("both", "Query and key together");
    this.query = this.build_mark("query", "Query at");
    this.key = this.build_mark("key", "Key at");
    this.distance = draw(this.ruler, "text", { class: "distance", y: LINE_Y - 16 });
    this.slides = [
      slide(this.query, () => this.i, () => [0, this.data.last], (i) => this.place(i, this.j)),
      slide(this.key, () => this.j, () => [0, this.data.last], (j) => this.place(this.i, j)),
      slide(
        this.both,
        () => Math.min(this.i, this.j),
        () => [0, this.data.last - Math.abs(this.i - this.j)],
        (low) => {
          const by = low - Math.min(this.i, this.j);
          this.place(this.i + by, this.j + by);
        },
      ),
    ];
  }

  build_mark(name, label) {
    const mark = draw(this.ruler, "g", {
      class: `mark ${name}`, tabindex: 0, role: "slider", "aria-label": label,
    });
    if (name === "both") {
      draw(mark, "rect", { class: "reach", y: LINE_Y - 16, height: 32 });
      draw(mark, "rect", { class: "grip", y: LINE_Y - 8, height: 16, rx: 8 });
    } else {
      const y = name === "query" ? QUERY_Y : KEY_Y;
      draw(mark, "line", { class: "stem", y1: y, y2: LINE_Y });
      draw(mark, "circle", { class: "reach", cy: y, r: 21 });
      draw(mark, "circle", { class: "grip", cy: y, r: 9 });
      draw(mark, "text", { class: "what", y });
    }
    return mark;
  }

  build_dial() {
    const dial = this.part("dial");
    draw(dial, "circle", { class: "ring", r: DIAL });
    this.ghosts = ["query", "key"].map((name) => draw(dial, "line", { class: `ghost ${name}` }));
    this.arc = draw(dial, "path", { class: "arc" });
    this.hands = ["key", "query"].map((name) => new Hand(dial, name)).reverse();
  }

  build_row() {
    this.small = this.data.speeds.map((speed, n) => {
      const clock = make("div", "", "clock");
      set(clock, { role: "radio" });
      const face = draw(clock, "svg", { viewBox: "-55 -55 110 110", "aria-hidden": true });
      draw(face, "circle", { class: "ring", r: SMALL });
      const hands = ["key", "query"].map((name) => new Hand(face, name)).reverse();
      const bar = make("div", "", "adds");
      bar.append(make("i"));
      clock.append(bar, make("span", speed_text(speed)));
      clock.onclick = () => this.choose(n);
      clock.onkeydown = (event) => this.walk(event);
      return { clock, hands, bar };
    });
    this.part("row").replaceChildren(...this.small.map(({ clock }) => clock));
  }

  walk(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose(this.pair + step);
    this.small[this.pair].clock.focus();
  }

  // ------------------------------------------------------------ drawn at every move

  draw() {
    this.width = this.ruler.clientWidth;
    if (!this.width) return;
    const matches = this.matches();
    const score = matches.reduce((a, b) => a + b) / this.root();
    this.draw_ruler();
    this.draw_dial(matches[this.pair]);
    this.draw_row(matches);
    this.draw_score(score);
    say(
      this.part("said"),
      `Query at ${this.i}, key at ${this.j}: score ${signed(score, 6)}. ` +
        `Pair ${this.pair}: angle from key to query ${degrees(this.between())}, ` +
        `match ${signed(matches[this.pair], 4)}.`,
    );
  }

  draw_ruler() {
    const { last } = this.data;
    this.ruler.setAttribute("viewBox", `0 0 ${this.width} ${KEY_Y + 24}`);
    this.draw_ticks(last);
    this.draw_mark(this.query, this.i, `query at ${this.i}`);
    this.draw_mark(this.key, this.j, `key at ${this.j}`);
    const [low, high] = [Math.min(this.i, this.j), Math.max(this.i, this.j)];
    const middle = (this.at(low) + this.at(high)) / 2;
    const long = Math.max(SHORTEST_HOLD, this.at(high) - this.at(low) + 16);
    for (const bar of this.both.children) set(bar, { x: middle - long / 2, width: long });
    set(this.distance, { x: middle });
    this.distance.textContent = `i \u2212 j = ${signed(this.i - this.j, 0)}`;
    set(this.both, {
      "aria-valuemin": 0, "aria-valuemax": last - (high - low), "aria-valuenow": low,
      "aria-valuetext": `query at ${this.i}, key at ${this.j}`,
    });
  }

  draw_ticks(last) {
    const every = tick_step(40 / this.unit());
    this.ticks.replaceChildren();
    draw(this.ticks, "line", { x1: this.at(0), x2: this.at(last), y1: LINE_Y, y2: LINE_Y });
    for (let place = 0; place <= last; place += every) {
      const x = this.at(place);
      draw(this.ticks, "line", { x1: x, x2: x, y1: LINE_Y - 5, y2: LINE_Y + 5 });
      draw(this.ticks, "text", { x, y: LINE_Y + 20 }).textContent = place;
    }
  }

  draw_mark(mark, place, said) {
    const x = this.at(place);
    const near_end = x > this.width - 110;
    const [stem, reach, grip, what] = mark.children;
    set(stem, { x1: x, x2: x });
    for (const circle of [reach, grip]) set(circle, { cx: x });
    set(what, { x: x + (near_end ? -15 : 15), "text-anchor": near_end ? "end" : "start" });
    what.textContent = said;
    set(mark, { "aria-valuemin": 0, "aria-valuemax": this.data.last, "aria-valuenow": place });
  }

  // The angle from the key's arrow to the query's, between -pi and pi.
  between() {
    const [[qx, qy], [kx, ky]] = this.arrows(this.pair);
    return Math.atan2(kx * qy - ky * qx, kx * qx + ky * qy);
  }

  draw_dial(match) {
    const { speeds, q, k } = this.data;
    const [n, speed] = [this.pair, speeds[this.pair]];
    const scale = DIAL / this.longest(n);
    const arrows = this.arrows(n);
    this.hands.forEach((hand, which) => hand.point(arrows[which], scale, 1));
    [q[n], k[n]].forEach(([x, y], which) => set(this.ghosts[which], { x2: scale * x, y2: -scale * y }));
    const [kx, ky] = arrows[1];
    this.arc.setAttribute("d", arc_path(Math.atan2(ky, kx), this.between(), 34));
    const turned = (name, place) =>
      `${name} turned by ${place} × ${speed.toPrecision(4)} = ${(place * speed).toPrecision(4)} radians`;
    const facts = {
      name: `Pair ${n} of 0 to ${speeds.length - 1}`,
      "turned.query": turned("query", this.i),
      "turned.key": turned("key", this.j),
      angle: degrees(this.between()),
      match: signed(match, 4),
    };
    for (const [name, text] of Object.entries(facts)) this.part(name).textContent = text;
  }

  draw_row(matches) {
    const { speeds, q, k } = this.data;
    const tallest = Math.max(...q.map((pair, n) => Math.hypot(...pair) * Math.hypot(...k[n])), 1e-9);
    this.small.forEach(({ clock, hands, bar }, n) => {
      const arrows = this.arrows(n);
      hands.forEach((hand, which) => hand.point(arrows[which], SMALL / this.longest(n), 0.9));
      const high = (50 * Math.abs(matches[n])) / tallest;
      const up = matches[n] > 0;
      bar.firstChild.className = up ? "positive" : "negative";
      Object.assign(bar.firstChild.style, { height: `${high}%`, top: `${up ? 50 - high : 50}%` });
      set(clock, {
        "aria-checked": n === this.pair, tabindex: n === this.pair ? 0 : -1,
        "aria-label": `pair ${n}, ${speed_text(speeds[n])} radians a place, match ${signed(matches[n], 4)}`,
      });
    });
  }

  draw_score(score) {
    this.part("score").textContent = signed(score, 6);
    this.part("rule").textContent = `= sum of all matches / √${2 * this.data.speeds.length}`;
    const wide = (50 * Math.abs(score)) / Math.max(this.most(), 1e-9);
    const bar = this.part("bar").firstElementChild;
    bar.className = score > 0 ? "positive" : "negative";
    Object.assign(bar.style, { width: `${wide}%`, left: `${score > 0 ? 50 : 50 - wide}%` });
  }
}

export default mounted(Clocks, "clocks");

// An arrow on a clock, from its middle.
class Hand {
  constructor(face, name) {
    this.line = draw(face, "line", { class: `hand ${name}` });
    this.tip = draw(face, "polygon", { class: `tip ${name}` });
  }

  point([x, y], scale, size) {
    const [right, down] = [scale * x, -scale * y];
    const fits = Math.min(size, Math.hypot(right, down) / 30);
    const inside = 1 - (15 * fits) / Math.max(Math.hypot(right, down), 1e-9); // the tip ends the arrow
    set(this.line, { x2: right * inside, y2: down * inside });
    this.tip.setAttribute("points", tip(right * inside, down * inside, fits));
  }
}

// (x cos - y sin, x sin + y cos)
function turn([x, y], angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x * cos - y * sin, x * sin + y * cos];
}

function dot([a, b], [c, d]) {
  return a * c + b * d;
}

// From an angle on, counter-clockwise if `by` is positive.
function arc_path(from, by, radius) {
  const at = (angle) => `${radius * Math.cos(angle)} ${-radius * Math.sin(angle)}`;
  return `M${at(from)} A${radius} ${radius} 0 0 ${by > 0 ? 0 : 1} ${at(from + by)}`;
}

function degrees(angle) {
  return `${signed((angle * 180) / Math.PI, 1)}°`;
}

function speed_text(speed) {
  return Number(speed.toPrecision(2)).toString();
}
