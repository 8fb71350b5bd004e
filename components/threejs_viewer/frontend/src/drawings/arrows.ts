// One attention head: key arrows and a query in a plane, ribbons as wide as the weights, the blend.
// While the query is dragged the weights are computed here. With `weights` in the data a real head
// is drawn, and nothing computed.

import { make } from "../shared/dom";
import "./arrows.css";
import { arrow, attend, blend } from "./maths/attention";
import { draw, onScheme, partsOf, say, set, still, tip, type Part } from "./shared/elements";
import { mounted, type Send } from "./shared/mount";
import { clamp, range, short, type Pair } from "./shared/numbers";
import { REST_MS } from "./shared/slide";

const WIDEST = 26;
const UNIT = 50; // of the drawing, for a length of 1
const SWEEP_MS = 7000; // once round

interface Both {
  digest: string;
  tokens: string[];
  places: string[];
  wanted: number[];
  alt: string;
}

/** A constructed head, and the query of its last token. */
interface Made extends Both {
  keys: Pair[];
  angle: number;
  length: number;
  longest: number;
  key_length: number;
  /** Whether the query goes round once when the drawing is opened. */
  sweep: boolean;
}

/** A real head, and the token it is read from at first. */
interface Real extends Both {
  weights: number[][];
  at: number;
}

type Data = Made | Real;

class Head {
  send: Send = () => undefined;
  private readonly part: Part;
  private readonly plane: SVGSVGElement;
  private readonly watch: ResizeObserver;
  private readonly leaveScheme: () => void;
  private dragging = false;
  private timer = 0;
  private frame = 0;
  /** The token whose weights are shown. */
  private at = 0;
  /** Of a constructed head: angle in degrees, and length. */
  private query: Pair = [0, 0];
  private longest = 0;
  private shares: SVGLineElement[] = [];
  private line!: SVGLineElement;
  private halo!: SVGCircleElement;
  private handle!: SVGCircleElement;

  constructor(
    private readonly root: HTMLElement,
    private data: Data,
  ) {
    this.part = partsOf(root);
    this.plane = this.part("plane");
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.part("row"));
    this.leaveScheme = onScheme(() => this.draw());
    this.plane.onpointerdown = (event) => this.grab(event);
    this.plane.onpointermove = (event) => this.dragging && this.drag(event);
    this.plane.onpointerup = this.plane.onpointercancel = () => this.release();
    this.plane.onkeydown = (event) => this.nudge(event);
    const from = this.part<HTMLInputElement>("from");
    from.oninput = () => this.readFrom(Number(from.value));
    this.build();
    if ("sweep" in data && data.sweep && !still()) this.sweep(data.angle, performance.now());
  }

  dispose(): void {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.watch.disconnect();
    this.leaveScheme();
  }

  load(data: Data): void {
    if (data.digest === this.data.digest) return this.draw();
    this.data = data;
    this.build();
  }

  private weights(): number[] {
    if ("weights" in this.data) return this.data.weights[this.at];
    return attend(arrow(...this.query), this.data.keys);
  }

  /** Once round, back to where it began; a hand on it ends that. */
  private sweep(angle: number, began: number): void {
    const part = Math.min(1, (performance.now() - began) / SWEEP_MS);
    this.query = [(angle + 360 * part) % 360, this.query[1]];
    this.part("said").ariaLive = part < 1 ? "off" : "polite";
    this.draw();
    if (part < 1) this.frame = requestAnimationFrame(() => this.sweep(angle, began));
  }

  // ------------------------------------------------------------ the hand

  private grab(event: PointerEvent): void {
    cancelAnimationFrame(this.frame);
    const touch = event.pointerType !== "mouse";
    const near = (event.target as Element).closest(".handle, .reach");
    if (touch && !near) return; // so that a thumb can scroll
    this.dragging = true;
    this.plane.setPointerCapture(event.pointerId);
    this.drag(event);
    this.handle.focus({ preventScroll: true });
  }

  private drag(event: PointerEvent): void {
    const box = this.plane.getBoundingClientRect();
    const unit = (this.reach() * 2) / box.width;
    const x = (event.clientX - box.left - box.width / 2) * unit;
    const y = -(event.clientY - box.top - box.height / 2) * unit;
    this.turn((Math.atan2(y, x) * 180) / Math.PI, Math.hypot(x, y));
    event.preventDefault();
  }

  private release(): void {
    if (!this.dragging) return;
    this.dragging = false;
    this.send("query", this.query);
  }

  private nudge(event: KeyboardEvent): void {
    cancelAnimationFrame(this.frame);
    const far = event.shiftKey ? 10 : 1;
    const [angle, length] = this.query;
    const to = new Map<string, Pair>([
      ["ArrowLeft", [angle + far, length]],
      ["ArrowRight", [angle - far, length]],
      ["ArrowUp", [angle, length + far / 10]],
      ["ArrowDown", [angle, length - far / 10]],
    ]).get(event.key);
    if (!to) return;
    event.preventDefault();
    this.turn(...to);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.send("query", this.query);
    }, REST_MS);
  }

  /** Whole degrees and tenths, as the sliders have them. */
  private turn(angle: number, length: number): void {
    const tenths = Math.round(clamp(length, 0, this.longest) * 10) / 10;
    this.query = [((Math.round(angle) % 360) + 360) % 360, tenths];
    this.draw();
  }

  private readFrom(at: number): void {
    this.at = at;
    this.draw();
  }

  // ------------------------------------------------------------ built once

  private build(): void {
    const data = this.data;
    const real = "weights" in data;
    this.root.classList.toggle("real", real);
    this.part("picture").hidden = this.part("mix").hidden = real;
    this.part("reading").hidden = !real;
    this.part("lead").textContent = real ? "" : "Ribbons: the weights of =";
    if (real) {
      this.at = data.at;
      this.part<HTMLInputElement>("from").max = String(data.tokens.length - 1);
    } else {
      this.at = data.tokens.length - 1;
      if (!this.dragging && !this.timer) this.query = [data.angle, data.length];
      this.longest = data.longest;
      this.buildPlane(data);
      this.buildBlend();
    }
    this.buildTokens();
    this.draw();
  }

  private reach(): number {
    return this.longest + 0.6;
  }

  private buildPlane({ tokens, places, keys, wanted, longest, key_length, alt }: Made): void {
    const plane = this.plane;
    const reach = this.reach() * UNIT;
    set(plane, { viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`, "aria-label": alt });
    plane.replaceChildren();
    for (const radius of [longest, key_length])
      draw(plane, "circle", { class: "ring", r: radius * UNIT });
    this.shares = keys.map(([kx, ky], i) => {
      const [x, y] = [kx * UNIT, -ky * UNIT];
      const share = draw(plane, "line", { class: "share", x2: x, y2: y });
      draw(plane, "line", { class: "key", x2: x, y2: y });
      draw(plane, "polygon", { class: "tip", points: tip(x, y) });
      const far = 1 + 62 / Math.hypot(x, y);
      const [tx, ty] = [x * (far + 0.06), y * far];
      if (wanted.includes(i)) draw(plane, "circle", { class: "wanted", cx: tx, cy: ty + 8, r: 54 });
      draw(plane, "text", { class: "token", x: tx, y: ty - 4 }).textContent = tokens[i];
      draw(plane, "text", { class: "place", x: tx, y: ty + 28 }).textContent = places[i];
      return share;
    });
    this.line = draw(plane, "line", { class: "query" });
    this.halo = draw(plane, "circle", { class: "reach", r: 50 });
    this.handle = draw(plane, "circle", {
      class: "handle",
      r: 16,
      tabindex: 0,
      role: "slider",
      "aria-label": "Query of =",
      "aria-valuemin": 0,
      "aria-valuemax": 359,
    });
  }

  private buildBlend(): void {
    const columns = [...range(10), "signs"].map((name) =>
      make(
        "div",
        { class: name === "signs" ? "none" : "" },
        make("span"),
        make("i"),
        make("b", {}, String(name)),
      ),
    );
    this.part("blend").replaceChildren(...columns);
  }

  private buildTokens(): void {
    const { tokens, places } = this.data;
    const boxes = tokens.map((token, i) => {
      const box = make(
        "div",
        { title: places[i] },
        make("div", { class: "token" }, token),
        make("div", { class: "place" }, places[i]),
        make("div", { class: "weight" }),
      );
      if ("weights" in this.data) box.onclick = () => this.readFrom(i);
      return box;
    });
    this.part("tokens").replaceChildren(...boxes);
  }

  // ------------------------------------------------------------ drawn at every move

  private draw(): void {
    const weights = this.weights();
    if (!("weights" in this.data)) this.drawQuery(weights);
    this.drawTokens(weights);
    this.drawRibbons(weights);
    say(this.part("said"), this.reading(weights));
  }

  private drawQuery(weights: number[]): void {
    const [x, y] = arrow(...this.query).map((part) => part * UNIT);
    set(this.line, { x2: x, y2: -y });
    for (const circle of [this.handle, this.halo]) set(circle, { cx: x, cy: -y });
    const [angle, length] = this.query;
    const spoken = `${Math.round(angle)} degrees, length ${length}`;
    set(this.handle, { "aria-valuenow": angle, "aria-valuetext": spoken });
    this.shares.forEach((line, i) => set(line, { "stroke-width": 40 * weights[i] }));
    const shares = blend(this.data.tokens, weights);
    const most = Math.max(...shares);
    [...this.part("blend").children].forEach((column, i) => {
      const [label, bar] = column.children as unknown as [HTMLElement, HTMLElement];
      label.textContent = shares[i] >= 0.005 ? short(shares[i]) : "";
      bar.style.height = `${68 * shares[i]}%`;
      bar.style.opacity = shares[i] === most ? "1" : "0.6";
    });
  }

  private drawTokens(weights: number[]): void {
    [...this.part("tokens").children].forEach((box, i) => {
      box.className = i === this.at ? "asks" : i > this.at ? "ahead" : "";
      const weight = box.querySelector<HTMLElement>(".weight")!;
      weight.textContent = weights[i] >= 0.005 ? short(weights[i]) : "";
      weight.dataset["weight"] = weights[i].toFixed(4);
    });
    const from = this.part<HTMLInputElement>("from");
    from.value = String(this.at);
    from.setAttribute("aria-valuetext", this.data.places[this.at]);
  }

  private drawRibbons(weights: number[]): void {
    const svg = this.part<SVGSVGElement>("ribbons");
    const { width, height } = svg.getBoundingClientRect();
    if (!width) return;
    const step = width / weights.length;
    const widest = Math.min(WIDEST, 0.8 * step);
    const [x0, rise] = [(this.at + 0.5) * step, ((height - widest / 2 - 4) * 4) / 3];
    svg.replaceChildren();
    weights.forEach((weight, i) => {
      if (weight < 0.004) return;
      const own = i === this.at;
      const up = rise * (own ? 0.5 : 0.3 + (0.7 * Math.abs(i - this.at)) / weights.length);
      const [from, to] = own ? [x0 - step * 0.3, x0 + step * 0.3] : [x0, (i + 0.5) * step];
      const d = `M${from} ${height} C${from} ${height - up} ${to} ${height - up} ${to} ${height}`;
      draw(svg, "path", { d, "stroke-width": Math.max(0.6, widest * weight) });
    });
  }

  private reading(weights: number[]): string {
    const { tokens, places } = this.data;
    const order = range(weights.length).sort((i, j) => weights[j] - weights[i]);
    const seen = order.filter((i) => weights[i] >= 0.005).slice(0, 3);
    const listed = seen.map((i) => `${tokens[i]} (${places[i]}) ${weights[i].toFixed(2)}`);
    return `${tokens[this.at]} (${places[this.at]}) looks at: ${listed.join(", ")}.`;
  }
}

export default mounted(Head, "head");
