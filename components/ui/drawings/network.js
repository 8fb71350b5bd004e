// A film of a small network in training: its edges on a canvas, its answers in a grid, one slider.
// The data are plain numbers from Python (components/ui/drawings/network.py); nothing is computed
// here but colours and places. `export default` is called at every change of the data.

const films = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".film");
  let film = films.get(root);
  if (!film) films.set(root, (film = new Film(root)));
  film.pick = (edge) => setTriggerValue("edge", edge);
  film.load(data);
  return () => {
    film.dispose();
    films.delete(root);
  };
}

class Film {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.${name}`);
    this.canvas = this.part("edges");
    this.view = null;
    this.at = 0;
    this.hover = null;
    this.timer = 0;
    this.part("scrub").oninput = (event) => {
      this.pause();
      this.show(Number(event.target.value));
    };
    this.part("play").onclick = () => (this.timer ? this.pause() : this.play());
    for (const button of root.querySelectorAll("[data-view]"))
      button.onclick = () => {
        this.view = button.dataset.view;
        this.draw();
      };
    this.canvas.onclick = (event) => this.click(event);
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(this.canvas);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.watch.observe(this.part("curve"));
    this.redraw = () => (this.draw(), this.draw_curve());
    this.scheme.addEventListener("change", this.redraw);
  }

  dispose() {
    this.pause();
    this.watch.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  load(data) {
    if (data.digest === this.data?.digest) return this.redraw();
    this.data = data;
    this.W = data.W.map(bytes);
    this.dW = data.dW.map(bytes);
    this.canvas.parentElement.hidden = data.W.length === 0;
    this.canvas.setAttribute("aria-label", data.alt);
    this.canvas.classList.toggle("pickable", data.pickable);
    this.view ??= data.view; // from there on it is the reader's
    this.build_grid();
    const scrub = this.part("scrub");
    scrub.max = data.epochs.length - 1;
    this.part("reel").hidden = data.epochs.length < 2;
    this.pause();
    if (data.play && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play(0);
    else this.show(data.at_first ?? data.epochs.length - 1);
  }

  // ------------------------------------------------------------ time

  play(from = this.at) {
    const last = this.data.epochs.length - 1;
    this.pause();
    this.show(from >= last ? 0 : from);
    this.timer = setInterval(
      () => (this.at >= last ? this.pause() : this.show(this.at + 1)),
      Math.max(10, (1000 * this.data.seconds) / (last + 1)),
    );
    this.part("play").textContent = "Pause";
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.part("play").textContent = "Play";
  }

  show(at) {
    this.at = Math.min(at, this.data.epochs.length - 1);
    this.part("scrub").value = this.at;
    this.part("scrub").setAttribute("aria-valuetext", this.say());
    this.part("said").textContent = this.say();
    this.fill_grid();
    this.draw();
    this.draw_curve();
  }

  say() {
    const { epochs, losses, unit, shown, over } = this.data;
    const right = this.right();
    const count = (which) => {
      const cells = shown.map((s, i) => i).filter((i) => shown[i] === which);
      return `${cells.filter((i) => right[i]).length} of ${cells.length}`;
    };
    const hidden = shown.includes(false) ? `, hidden: ${count(false)}` : "";
    const where = `${unit} ${epochs[this.at]}, loss ${losses[this.at]}${over[0]}`;
    return `${where}. Right${hidden ? ", shown" : ""}: ${count(true)}${hidden}${over[1]}`;
  }

  answers() {
    return this.data.answers[this.at];
  }

  right() {
    const { products } = this.data;
    return this.answers().map((answer, i) => answer === products[i]);
  }

  // ------------------------------------------------------------ the grid

  build_grid() {
    const { first, side, shown } = this.data;
    const layout = JSON.stringify([first, shown]);
    if (layout === this.layout) return;
    this.layout = layout;
    const grid = this.part("grid");
    grid.style.gridTemplateColumns = `1.4em repeat(${side}, 1fr)`;
    grid.replaceChildren(cell("×", "head"));
    const numbers = [...Array(side).keys()].map((i) => i + first);
    for (const b of numbers) grid.append(cell(b, "head"));
    this.cells = [];
    for (const a of numbers) {
      grid.append(cell(a, "head"));
      for (const b of numbers) {
        const i = this.cells.length;
        const box = cell("", shown[i] ? "" : "hidden");
        box.onpointerenter = () => this.point([a - first, b - first]);
        box.onpointerleave = () => this.point(null);
        this.cells.push(box);
        grid.append(box);
      }
    }
  }

  point(hover) {
    this.hover = hover;
    this.draw();
  }

  fill_grid() {
    const right = this.right();
    const { products, side, first } = this.data;
    this.answers().forEach((answer, i) => {
      const [a, b] = [Math.floor(i / side) + first, (i % side) + first];
      this.cells[i].textContent = Math.abs(answer) > 999 ? "…" : answer;
      this.cells[i].classList.toggle("right", right[i]);
      this.cells[i].title = `${a} × ${b} = ${products[i]}; it says ${answer}`;
    });
  }

  // ------------------------------------------------------------ the network

  places() {
    const { sizes, groups } = this.data;
    const box = this.canvas.getBoundingClientRect();
    const [side, top, bottom] = [34, 20, 8];
    return sizes.map((n, layer) => {
      const gap = groups[layer] ? 1.2 : 0;
      const x = side + ((box.width - 2 * side) * layer) / (sizes.length - 1);
      return [...Array(n).keys()].map((i) => {
        const share = (i + 0.5 + (i >= n / 2 ? gap : 0)) / (n + gap);
        return [x, top + (box.height - top - bottom) * share];
      });
    });
  }

  draw() {
    if (!this.data || this.data.W.length === 0) return;
    for (const button of this.root.querySelectorAll("[data-view]"))
      button.setAttribute("aria-pressed", button.dataset.view === this.view);
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    const { family, ink, soft, accent, negative, positive } = this.tones();
    const places = this.places();
    const numbers = this.view === "weights" ? this.W : this.dW;
    numbers.forEach((all, layer) => {
      const [n, m] = this.data.sizes.slice(layer, layer + 2);
      const offset = this.at * n * m;
      for (let i = 0; i < n; i++)
        for (let o = 0; o < m; o++) {
          const value = all[offset + i * m + o] / 127;
          if (value === 0) continue;
          const size = Math.abs(value);
          pen.strokeStyle = value < 0 ? negative : positive;
          pen.globalAlpha = Math.min(1, 0.04 + size);
          pen.lineWidth = 0.4 + 1.8 * size;
          pen.beginPath();
          pen.moveTo(...places[layer][i]);
          pen.lineTo(...places[layer + 1][o]);
          pen.stroke();
        }
    });
    pen.globalAlpha = 1;
    if (this.data.picked) {
      const [layer, i, o] = this.data.picked;
      pen.strokeStyle = accent;
      pen.lineWidth = 2.5;
      pen.setLineDash([5, 3]);
      pen.beginPath();
      pen.moveTo(...places[layer][i]);
      pen.lineTo(...places[layer + 1][o]);
      pen.stroke();
      pen.setLineDash([]);
    }
    this.draw_units(pen, places, family, ink, soft, accent);
  }

  tones() {
    const probe = this.part("probe");
    const tone = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const family = getComputedStyle(this.root).fontFamily;
    return {
      family, ink: tone("--ink"), soft: tone("--soft"), accent: tone("--accent"),
      negative: tone("--wb-negative"), positive: tone("--wb-positive"), right: tone("--wb-right"),
    };
  }

  // The loss on a log scale, the share of shown cells that are right, and the moment shown.
  draw_curve() {
    const curve = this.data?.curve ?? [];
    const canvas = this.part("curve");
    canvas.hidden = curve.length < 2;
    const box = canvas.getBoundingClientRect();
    if (canvas.hidden || !box.width) return;
    const pen = blank(canvas, box);
    const { family, ink, soft, accent, right } = this.tones();
    const heights = curve.map(([, loss]) => Math.log(Math.max(loss, 1e-12)));
    const [low, high] = [Math.min(...heights), Math.max(...heights)];
    const [left, top, bottom] = [64, 8, 8];
    const last = Math.max(this.data.last_epoch, 1);
    const x = (epoch) => left + ((box.width - left - 4) * epoch) / last;
    const y = (height) =>
      top + ((box.height - top - bottom) * (high - height)) / Math.max(high - low, 1e-9);
    const line = (style, width, points) => {
      [pen.strokeStyle, pen.lineWidth] = [style, width];
      pen.beginPath();
      points.forEach((point, i) => (i ? pen.lineTo(...point) : pen.moveTo(...point)));
      pen.stroke();
    };
    const share = (part) => top + (box.height - top - bottom) * (1 - part);
    const now = x(this.data.epochs[this.at]);
    line(accent, 1, [[now, 0], [now, box.height]]);
    line(ink, 1.6, curve.map(([epoch], i) => [x(epoch), y(heights[i])]));
    pen.setLineDash([5, 3]);
    line(right, 1.6, curve.map(([epoch, , part]) => [x(epoch), share(part)]));
    pen.setLineDash([]);
    [pen.font, pen.fillStyle, pen.textBaseline] = [`11px ${family}`, soft, "middle"];
    for (const height of [low, high]) pen.fillText(Math.exp(height).toPrecision(2), 28, y(height));
    pen.fillText("loss", 0, box.height / 2 - 8);
    pen.fillStyle = right;
    pen.fillText("right", 0, box.height / 2 + 8);
  }

  draw_units(pen, places, family, ink, soft, accent) {
    const { labels, titles, still, first } = this.data;
    const asked = this.hover && labels[0].length >= 20
      ? [this.hover[0] + first, labels[0].length / 2 + this.hover[1] + first]
      : [];
    pen.textBaseline = "middle";
    places.forEach((units, layer) => {
      units.forEach(([x, y], i) => {
        const marked = layer === 0 && (still.includes(i) || asked.includes(i));
        pen.fillStyle = marked ? accent : ink;
        pen.beginPath();
        pen.arc(x, y, marked ? 4.5 : 3, 0, 7);
        pen.fill();
        const label = labels[layer]?.[i];
        if (label === undefined) return;
        pen.font = `${marked ? "bold " : ""}11px ${family}`;
        pen.textAlign = layer === 0 ? "right" : "left";
        pen.fillText(label, x + (layer === 0 ? -8 : 8), y);
      });
      pen.font = `11px ${family}`;
      pen.fillStyle = soft;
      pen.textAlign = layer === 0 ? "left" : layer === places.length - 1 ? "right" : "center";
      const edge = layer === 0 ? 4 : layer === places.length - 1 ? units[0][0] + 30 : units[0][0];
      pen.fillText(titles[layer], edge, 8);
    });
  }

  click(event) {
    if (!this.data.pickable) return;
    const box = this.canvas.getBoundingClientRect();
    const point = [event.clientX - box.left, event.clientY - box.top];
    const places = this.places();
    let best = null;
    this.data.sizes.slice(0, -1).forEach((n, layer) => {
      for (let i = 0; i < n; i++)
        for (let o = 0; o < this.data.sizes[layer + 1]; o++) {
          const far = distance(point, places[layer][i], places[layer + 1][o]);
          if (far < (best?.far ?? 12)) best = { far, edge: [layer, i, o] };
        }
    });
    if (best) this.pick(best.edge);
  }
}

function blank(canvas, box) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = box.width * ratio;
  canvas.height = box.height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
}

function bytes(text) {
  return new Int8Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

function cell(text, kind) {
  const box = document.createElement("div");
  box.textContent = text;
  box.className = kind;
  return box;
}

// How far a point is from the line between two others.
function distance([x, y], [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const t = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
}
