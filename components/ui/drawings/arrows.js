// One attention head: key arrows and a query in a plane, ribbons as wide as the weights, the blend.
// While the query is dragged the weights are computed here: softmax(q . k / sqrt(2)), the equation
// of lab/by_hand/attention.py. With `weights` in the data a real head is drawn, and nothing computed.

const WIDEST = 26;
const UNIT = 50; // of the drawing, for a length of 1

class Head {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.${name}`);
    this.plane = this.part("plane");
    this.dragging = false;
    this.timer = 0;
    this.redraw = () => this.draw();
    this.watch = new ResizeObserver(this.redraw);
    this.watch.observe(this.part("row"));
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.redraw);
    this.plane.onpointerdown = (event) => this.grab(event);
    this.plane.onpointermove = (event) => this.dragging && this.drag(event);
    this.plane.onpointerup = this.plane.onpointercancel = () => this.release();
    this.plane.onkeydown = (event) => this.nudge(event);
    this.part("from").oninput = (event) => this.read_from(Number(event.target.value));
  }

  dispose() {
    clearTimeout(this.timer);
    this.watch.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  load(data) {
    if (data.digest === this.data?.digest) return this.draw();
    const waiting = this.dragging || this.timer;
    this.data = data;
    const real = "weights" in data;
    this.root.classList.toggle("real", real);
    this.part("picture").hidden = this.part("mix").hidden = real;
    this.part("reading").hidden = !real;
    this.part("lead").textContent = real ? "" : "Ribbons: the weights of =";
    if (real) {
      this.at = data.at;
      this.part("from").max = data.tokens.length - 1;
    } else {
      this.at = data.tokens.length - 1;
      if (!waiting) this.query = [data.angle, data.length];
      this.build_plane();
      this.build_blend();
    }
    this.build_tokens();
    this.draw();
  }

  // ------------------------------------------------------------ the numbers

  // softmax(q . k / sqrt(d)) with d = 2, or a row of the real head.
  weights() {
    if (this.data.weights) return this.data.weights[this.at];
    const [x, y] = arrow(...this.query);
    const scores = this.data.keys.map(([kx, ky]) => (x * kx + y * ky) / Math.SQRT2);
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  // ------------------------------------------------------------ the hand

  grab(event) {
    const touch = event.pointerType !== "mouse";
    if (touch && !event.target.closest(".handle, .reach")) return; // so that a thumb can scroll
    this.dragging = true;
    this.plane.setPointerCapture(event.pointerId);
    this.drag(event);
    this.handle.focus({ preventScroll: true });
  }

  drag(event) {
    const box = this.plane.getBoundingClientRect();
    const unit = this.reach() * 2 / box.width;
    const x = (event.clientX - box.left - box.width / 2) * unit;
    const y = -(event.clientY - box.top - box.height / 2) * unit;
    this.turn((Math.atan2(y, x) * 180) / Math.PI, Math.hypot(x, y));
    event.preventDefault();
  }

  release() {
    if (!this.dragging) return;
    this.dragging = false;
    this.send("query", this.query);
  }

  nudge(event) {
    const far = event.shiftKey ? 10 : 1;
    const [angle, length] = this.query;
    const moves = {
      ArrowLeft: [angle + far, length],
      ArrowRight: [angle - far, length],
      ArrowUp: [angle, length + far / 10],
      ArrowDown: [angle, length - far / 10],
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    this.turn(...moves[event.key]);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.send("query", this.query);
    }, REST_MS);
  }

  // Whole degrees and tenths, as the sliders have them.
  turn(angle, length) {
    const tenths = Math.round(Math.min(Math.max(length, 0), this.data.longest) * 10) / 10;
    this.query = [((Math.round(angle) % 360) + 360) % 360, tenths];
    this.draw();
  }

  read_from(at) {
    this.at = at;
    this.draw();
  }

  // ------------------------------------------------------------ built once

  reach() {
    return this.data.longest + 0.6;
  }

  build_plane() {
    const { tokens, places, keys, wanted, longest, key_length, alt } = this.data;
    const reach = this.reach() * UNIT;
    this.plane.setAttribute("viewBox", `${-reach} ${-reach} ${2 * reach} ${2 * reach}`);
    this.plane.setAttribute("aria-label", alt);
    this.plane.replaceChildren();
    for (const radius of [longest, key_length])
      draw(this.plane, "circle", { class: "ring", r: radius * UNIT });
    this.shares = keys.map(([kx, ky], i) => {
      const [x, y] = [kx * UNIT, -ky * UNIT];
      const share = draw(this.plane, "line", { class: "share", x2: x, y2: y });
      draw(this.plane, "line", { class: "key", x2: x, y2: y });
      draw(this.plane, "polygon", { class: "tip", points: tip(x, y) });
      const far = 1 + 62 / Math.hypot(x, y);
      const [tx, ty] = [x * (far + 0.06), y * far];
      if (wanted.includes(i)) draw(this.plane, "circle", { class: "wanted", cx: tx, cy: ty + 8, r: 54 });
      draw(this.plane, "text", { class: "token", x: tx, y: ty - 4 }).textContent = tokens[i];
      draw(this.plane, "text", { class: "place", x: tx, y: ty + 28 }).textContent = places[i];
      return share;
    });
    this.line = draw(this.plane, "line", { class: "query" });
    this.halo = draw(this.plane, "circle", { class: "reach", r: 50 });
    this.handle = draw(this.plane, "circle", {
      class: "handle", r: 16, tabindex: 0, role: "slider", "aria-label": "Query of =",
      "aria-valuemin": 0, "aria-valuemax": 359,
    });
  }

  build_blend() {
    const columns = [...Array(10).keys(), "signs"].map((name) => {
      const column = document.createElement("div");
      column.className = name === "signs" ? "none" : "";
      column.append(make("span"), make("i"), make("b", name));
      return column;
    });
    this.part("blend").replaceChildren(...columns);
  }

  build_tokens() {
    const { tokens, places, weights } = this.data;
    const boxes = tokens.map((token, i) => {
      const box = document.createElement("div");
      box.title = places[i];
      box.append(make("div", token, "token"), make("div", places[i], "place"), make("div", "", "weight"));
      if (weights) box.onclick = () => this.read_from(i);
      return box;
    });
    this.part("tokens").replaceChildren(...boxes);
  }

  // ------------------------------------------------------------ drawn at every move

  draw() {
    if (!this.data) return;
    const weights = this.weights();
    if (!this.data.weights) this.draw_query(weights);
    this.draw_tokens(weights);
    this.draw_ribbons(weights);
    say(this.part("said"), this.reading(weights));
  }

  draw_query(weights) {
    const [x, y] = arrow(...this.query).map((part) => part * UNIT);
    set(this.line, { x2: x, y2: -y });
    for (const circle of [this.handle, this.halo]) set(circle, { cx: x, cy: -y });
    const [angle, length] = this.query;
    set(this.handle, { "aria-valuenow": angle, "aria-valuetext": `${angle} degrees, length ${length}` });
    this.shares.forEach((line, i) => set(line, { "stroke-width": 40 * weights[i] }));
    const shares = this.blend(weights);
    const most = Math.max(...shares);
    [...this.part("blend").children].forEach((column, i) => {
      const [label, bar] = column.children;
      label.textContent = shares[i] >= 0.005 ? short(shares[i]) : "";
      bar.style.height = `${68 * shares[i]}%`;
      bar.style.opacity = shares[i] === most ? 1 : 0.6;
    });
  }

  // The weight on each digit, and last what went to signs, whose value is nothing.
  blend(weights) {
    const shares = Array(11).fill(0);
    this.data.tokens.forEach((token, i) => (shares[/\d/.test(token) ? token : 10] += weights[i]));
    return shares;
  }

  draw_tokens(weights) {
    [...this.part("tokens").children].forEach((box, i) => {
      box.className = i === this.at ? "asks" : i > this.at ? "ahead" : "";
      const weight = box.querySelector(".weight");
      weight.textContent = weights[i] >= 0.005 ? short(weights[i]) : "";
      weight.dataset.weight = weights[i].toFixed(4);
    });
    const from = this.part("from");
    from.value = this.at;
    from.setAttribute("aria-valuetext", this.data.places[this.at]);
  }

  draw_ribbons(weights) {
    const svg = this.part("ribbons");
    const { width, height } = svg.getBoundingClientRect();
    if (!width) return;
    const step = width / weights.length;
    const widest = Math.min(WIDEST, 0.8 * step);
    const [x0, rise] = [(this.at + 0.5) * step, (height - widest / 2 - 4) * 4 / 3];
    svg.replaceChildren();
    weights.forEach((weight, i) => {
      if (weight < 0.004) return;
      const x = (i + 0.5) * step;
      const up = rise * (i === this.at ? 0.5 : 0.3 + (0.7 * Math.abs(i - this.at)) / weights.length);
      const [from, to] = i === this.at ? [x0 - step * 0.3, x0 + step * 0.3] : [x0, x];
      const d = `M${from} ${height} C${from} ${height - up} ${to} ${height - up} ${to} ${height}`;
      draw(svg, "path", { d, "stroke-width": Math.max(0.6, widest * weight) });
    });
  }

  reading(weights) {
    const { tokens, places } = this.data;
    const order = weights.map((_, i) => i).sort((i, j) => weights[j] - weights[i]);
    const seen = order.filter((i) => weights[i] >= 0.005).slice(0, 3);
    const listed = seen.map((i) => `${tokens[i]} (${places[i]}) ${weights[i].toFixed(2)}`).join(", ");
    return `${tokens[this.at]} (${places[this.at]}) looks at: ${listed}.`;
  }
}

export default mounted(Head, "head");

function arrow(angle, length) {
  const turn = (angle * Math.PI) / 180;
  return [length * Math.cos(turn), length * Math.sin(turn)];
}

// .07, .93, 1.00
function short(share) {
  return share.toFixed(2).replace(/^0/, "");
}
