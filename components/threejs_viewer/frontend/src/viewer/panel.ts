// Beside the picture, and its twin for keyboard and screen reader: what the chosen cell is and how
// it was made, a grid of the chosen matrix, a search, and a tree of all matrices.

import { actOf } from "./act";
import { choicesAt, sameEdit, type Edit } from "./broken";
import { sourceName } from "./depth";
import { contrast, pairAt, sayPair, sayShown, type Comparison } from "./compare";
import { isEdited, PENDING, placeOf, read, say, type Scene, type Tensor } from "./data";
import { drawn } from "./drawn";
import { button, make } from "../shared/dom";
import { grants, meant, wishOf } from "./find";
import { cellAt, type Cell } from "./pick";
import { shade, UNDER_TEXT, type Theme } from "../shared/theme";
import { short, type Box } from "./layout";
import { Trail, type Standing } from "./trail";
import type { Explanation } from "./explain";
import { loads } from "./text";
import { meeting, scoreOf } from "./facts";

export interface PanelEvents {
  choose: (name: string) => void;
  /** Searched for by name, and by head or null. */
  find: (name: string, head: number | null) => void;
  pin: (cell: Cell) => void;
  glow: (names: string[] | null) => void;
  edit: (edit: Edit) => void;
  stand: (at: Standing | null) => void;
  leave: () => void;
  /** The kept cell is to be opened. */
  open: () => void;
  /** A cell that is worth opening is to be shown. */
  example: (name: string, place: number[]) => void;
}

const COLS = 4;
/** Of the way home, so many stay in sight below the picture. */
const FIRST_ROWS = 3;

export class Panel {
  readonly root = make("aside", { class: "panel resting", "aria-label": "Numbers" });
  private about = make("section", { class: "about" });
  private legend = make("section", { class: "legend", "aria-label": "Colours" });
  private grid = make("section", { class: "cells" });
  private search = make("input", {
    type: "search",
    placeholder: "Find: q, ffn, layer 3 pattern …",
    "aria-label": "Find a matrix by name",
  });
  private tree = make("div", { role: "tree", "aria-label": "Layers and matrices", class: "tree" });
  /** Of the chosen cell. */
  private scene!: Scene;
  private comparison: Comparison | null = null;
  private theme!: Theme;
  private open = new Set<string>();
  private chosen = "";
  private trail: Trail;

  constructor(private events: PanelEvents) {
    this.trail = new Trail(events);
    this.search.addEventListener("input", () => this.fillTree());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.items()[0]?.focus();
      if (event.key === "Enter") this.find();
      if (event.key === "Escape") ((this.search.value = ""), this.fillTree());
    });
    this.tree.addEventListener("keydown", (event) => this.keys(event));
    const finder = make(
      "details",
      { class: "finder" },
      make("summary", {}, "All matrices"),
      this.search,
      make(
        "p",
        { class: "note" },
        "Shapes are as drawn, rows × columns, and a token is a column. In code the array is (tokens, width), its transpose.",
      ),
      this.tree,
    );
    this.root.append(
      make("div", {}, this.trail.root, this.about, this.grid),
      make("div", { class: "beside" }, this.legend, finder),
    );
  }

  load(scene: Scene, theme: Theme, comparison: Comparison | null = null): void {
    [this.scene, this.theme, this.comparison] = [scene, theme, comparison];
    if (this.open.size === 0)
      this.open.add("Before the layers").add("Layer 0").add("After the layers");
    this.trail.load(scene, theme);
    this.grid.replaceChildren(); // of the numbers before; a cell that is still kept fills it anew
    keepFocus(this.tree, () => this.fillTree());
  }

  repaint(theme: Theme): void {
    this.theme = theme;
    this.trail.repaint(theme);
  }

  // ------------------------------------------------------------ the chosen cell

  show(
    cell: Cell | null,
    why: Explanation | null,
    pinned: boolean,
    edits: Edit[],
    opens = false,
  ): void {
    this.root.classList.toggle("resting", !pinned);
    if (!cell || !why) {
      this.trail.clear();
      this.about.replaceChildren(
        make("p", { class: "hint" }, "Point at a cell, or tap it, for its number."),
        ...this.example(),
      );
      this.showLegend(null);
      if (!this.chosen) this.grid.replaceChildren();
      return;
    }
    const { scene, tensor: t } = cell.box;
    if (scene !== this.scene) {
      this.scene = scene;
      this.trail.load(scene, this.theme);
    }
    const place = placeOf(t, cell.index);
    const parts: Node[] = [
      make("h3", {}, t.name),
      make(
        "p",
        { class: "value" },
        make(
          "output",
          { "aria-live": "off" }, // the status line says it
          sayShown(this.comparison, scene, t, cell.index),
        ),
        make("span", {}, ` ${places(scene, t, place)}`),
      ),
      ...this.bothNumbers(cell),
      make("p", { class: "formula" }, why.text),
    ];
    if (t.formula && t.formula !== why.text) parts.push(make("p", { class: "general" }, t.formula));
    if (isEdited(scene, t))
      parts.push(
        make("p", { class: "warn" }, "changed by hand, so the formula need not hold here"),
      );
    else if (!why.agrees)
      parts.push(
        make(
          "p",
          { class: "warn" },
          `put together again it gives ${say(why.again, 4)}: that does not agree`,
        ),
      );
    if (pinned) {
      if (opens)
        parts.push(
          button("Open this cell", "Open this cell: its row and column come out (Enter)", () =>
            this.events.open(),
          ),
        );
      if (why.terms.length)
        parts.push(
          make(
            "ol",
            { class: "terms", "aria-label": "Its largest terms" },
            ...why.terms.map((term) =>
              make("li", {}, make("b", {}, say(term.value)), ` ${term.label}`),
            ),
          ),
        );
      if (t.source)
        parts.push(
          make(
            "p",
            { class: "source" },
            "made in ",
            make("code", {}, `${t.source.file}:${t.source.line}`),
          ),
        );
      parts.push(
        make(
          "pre",
          {
            class: "numpy loads",
            role: "group",
            tabindex: 0,
            "aria-label": "What loads its numbers",
          },
          loads(scene.manifest, why.numpy, edits),
        ),
        make(
          "pre",
          { class: "numpy", role: "group", tabindex: 0, "aria-label": "The same in NumPy" },
          why.numpy,
        ),
      );
      parts.push(...this.breaking(t, place, edits));
      this.homeward(t, place);
    }
    keepFocus(this.about, () => this.about.replaceChildren(...parts));
    this.showLegend(t);
    if (pinned) this.showGrid(cell);
  }

  /** The score with which one number of the prompt first meets the other. */
  private example(): Node[] {
    const { scene } = this;
    const pattern = scene.tensors.find((t) => actOf(scene, t) === "shares");
    const scores = pattern && scene.byName.get(pattern.inputs?.[0] ?? "");
    const met = pattern && meeting(scene, pattern);
    const made = met && scores && scoreOf(scene, scores, met);
    if (!made?.root) return [];
    const { head, query, key } = met!;
    const named = (t: number): string => `token ${t}\u00a0“${scene.manifest.tokens[t]}”`;
    const text = `Open ${say(made.score, 4)}, a cell of scores`;
    const opens = button(text, text, () => this.events.example(scores!.name, [head, query, key]));
    opens.title = `In layer ${scores!.layer}, head ${head}, the query of ${named(query)} meets the key of ${named(key)}.`;
    return [opens];
  }

  /** What a cell has on the left and on the right, and how far they are apart. */
  private bothNumbers({ box, index }: Cell): Node[] {
    if (!this.comparison) return [];
    const pair = pairAt(this.comparison, box.scene, box.tensor, index);
    return [make("p", { class: "pair" }, sayPair(pair))];
  }

  /** Whether weights are still to come, on either side. */
  private get isPending(): boolean {
    return (this.comparison?.difference ?? this.scene).pending;
  }

  private showLegend(t: Tensor | null): void {
    const shaded = this.comparison?.shaded ? this.comparison : null;
    const difference = t && shaded?.difference.byName.get(t.name);
    this.legend.replaceChildren(
      make("div", {
        class: "scale",
        role: "img",
        "aria-label": "blue below zero, the page's colour at zero, orange above",
      }),
      ends(t, shaded ? "values" : "0"),
      ...(shaded ? [ends(difference ?? null, "right − left")] : []),
      make(
        "div",
        { class: "keys" },
        make("span", { class: "masked" }, "masked"),
        make("span", { class: "broken" }, "NaN or missing"),
        ...(shaded ? [make("span", { class: "alone" }, "no partner")] : []),
        ...(this.isPending ? [make("span", { class: "pending" }, PENDING)] : []),
      ),
      make(
        "p",
        { class: "note" },
        "From afar, blocks of cells are drawn together: the more their signs agree, the stronger.",
      ),
    );
  }

  /** The switches of what can be switched off here. */
  private breaking(t: Tensor, place: number[], edits: Edit[]): Node[] {
    const choices = choicesAt(this.scene, t, place);
    if (!choices.length) return [];
    const [name, { layer }] = [short(t.name), t];
    return [
      make(
        "div",
        { class: "break" },
        make("b", {}, "Break it "),
        ...choices.flatMap(({ label, index }) => {
          const now = edits.find((e) => sameEdit(e, { name, layer, index }))?.scale ?? 1;
          return [0, 0.5, 1, 2].map((scale) => {
            const b = button(
              scale === 0 ? `${label} × 0` : `× ${scale}`,
              `scale ${label} of ${t.name} by ${scale}`,
              () => this.events.edit({ name, layer, index, scale }),
            );
            b.setAttribute("aria-pressed", String(now === scale));
            return b;
          });
        }),
      ),
    ];
  }

  // ------------------------------------------------------------ follow a digit home

  /** The way home comes into sight with its first rows, wherever on the page it lies: now, and again once the frame
   * around all this has grown with it. */
  showHome(still: boolean): void {
    const behavior = still ? "instant" : "smooth";
    const { root } = this.trail;
    const show = (): void =>
      (root.querySelectorAll("li")[FIRST_ROWS - 1] ?? root).scrollIntoView({
        block: "nearest",
        behavior,
      });
    show();
    addEventListener("resize", show, { once: true, signal: AbortSignal.timeout(1000) });
  }

  /** A logit, or the chance that is made of it, is where a way home begins. */
  private homeward(t: Tensor, place: number[]): void {
    const named = actOf(this.scene, t) === "chances" ? t.inputs?.[0] : t.name;
    if (named !== "logits") this.trail.clear();
    else if (this.trail.start(place[0]!, place[1]!)) this.root.scrollTop = 0;
  }

  // ------------------------------------------------------------ a grid of the chosen matrix

  showGrid(cell: Cell): void {
    const { box } = cell;
    this.chosen = box.tensor.name;
    const tall = this.comparison ? 3 : 8; // a cell of two scenes has three lines
    const left = window_(cell.col, COLS, box.cols);
    const top = window_(cell.row, tall, box.rows);
    const cols = range(left, Math.min(left + COLS, box.cols));
    const rows = range(top, Math.min(top + tall, box.rows));
    const [across, down] = axesOf(box);
    const head = make(
      "tr",
      {},
      make(
        "th",
        { scope: "col" },
        [down, across].map((axis) => axisName(box.tensor, axis)).join(" \\ "),
      ),
      ...cols.map((c) =>
        make(
          "th",
          { scope: "col", "aria-colindex": c + 2 },
          nameAt(this.scene, box.tensor, across, c),
        ),
      ),
    );
    const body = rows.map((r) =>
      make(
        "tr",
        { "aria-rowindex": r + 2 }, // the headers are row and column 1
        make("th", { scope: "row" }, nameAt(this.scene, box.tensor, down, r)),
        ...cols.map((c) => this.gridCell(box, c, r, cell)),
      ),
    );
    const table = make(
      "table",
      {
        role: "grid",
        "aria-label": `${box.tensor.name}, rows ${top} to ${top + rows.length - 1}`,
        "aria-rowcount": box.rows + 1,
        "aria-colcount": box.cols + 1,
      },
      make("thead", {}, head),
      make("tbody", {}, ...body),
    );
    table.addEventListener("keydown", (event) => {
      const [dc, dr] = (
        {
          ArrowLeft: [-1, 0],
          ArrowRight: [1, 0],
          ArrowUp: [0, -1],
          ArrowDown: [0, 1],
          PageUp: [0, -tall],
          PageDown: [0, tall],
        } as Record<string, [number, number]>
      )[event.key] ?? [0, 0];
      if (!dc && !dr) return;
      event.preventDefault();
      event.stopPropagation();
      const next = cellAt(box, clamp(cell.col + dc, box.cols), clamp(cell.row + dr, box.rows));
      this.events.pin(next);
      this.grid.querySelector<HTMLElement>("td[tabindex='0']")?.focus();
    });
    this.grid.replaceChildren(
      make("h3", {}, `${box.title}: ${box.rows} × ${box.cols}`),
      table,
      ...(this.comparison
        ? [make("p", { class: "note" }, "In each cell: left, right, right − left.")]
        : []),
    );
  }

  private gridCell(box: Box, col: number, row: number, chosen: Cell): HTMLElement {
    const at = cellAt(box, col, row);
    const value = read(box.scene, box.tensor, at.index);
    const pair = this.comparison && pairAt(this.comparison, box.scene, box.tensor, at.index);
    const here = col === chosen.col && row === chosen.row;
    const td = make(
      "td",
      {
        role: "gridcell",
        tabindex: here ? 0 : -1,
        "aria-selected": String(here),
        ...(pair ? { "aria-label": sayPair(pair) } : {}),
        "aria-colindex": col + 2,
        click: () => this.events.pin(at),
      },
      ...(pair
        ? [pair.left, pair.right, pair.difference].map((v) => make("span", {}, brief(v)))
        : [brief(value)]),
    );
    const scale = this.comparison?.shaded && this.comparison.difference.byName.get(box.tensor.name);
    td.style.background =
      pair && scale
        ? shade(pair.difference, scale.peak * UNDER_TEXT, this.theme)
        : shade(value, box.tensor.peak * UNDER_TEXT, this.theme);
    return td;
  }

  // ------------------------------------------------------------ the tree

  /** What Enter takes: of what is searched for, the one that is meant. */
  private get sought(): Tensor | undefined {
    const wish = wishOf(this.search.value);
    const granted = this.tensors().filter((t) => grants(t, wish));
    return this.search.value.trim() ? meant(granted, wish) : undefined;
  }

  private find(): void {
    const { sought } = this;
    if (sought) this.events.find(sought.name, wishOf(this.search.value).head);
  }

  private fillTree(): void {
    const wanted = this.search.value.trim();
    const wish = wishOf(wanted);
    const { sought } = this;
    const groups = new Map<string, Tensor[]>();
    let side = "Before";
    for (const t of this.tensors()) {
      if (t.layer !== null) side = "After";
      if (wanted && !grants(t, wish)) continue;
      const group = t.layer !== null ? `Layer ${t.layer}` : `${side} the layers`;
      groups.set(group, [...(groups.get(group) ?? []), t]);
    }
    const nodes: HTMLElement[] = [];
    for (const [group, tensors] of groups) {
      const open = !!wanted || this.open.has(group);
      const title = make(
        "div",
        {
          role: "treeitem",
          class: "group",
          tabindex: -1,
          "aria-level": 1,
          "aria-expanded": String(open),
          "aria-label": `${group}, ${tensors.length} matrices`,
          "data-group": group,
          click: () => this.toggle(group),
        },
        group,
        make("small", {}, ` ${tensors.length}`),
      );
      nodes.push(title);
      if (!open) continue;
      for (const t of tensors) {
        const item = make(
          "div",
          {
            role: "treeitem",
            class: `leaf ${t.kind}${t === sought ? " sought" : ""}`,
            tabindex: -1,
            "aria-level": 2,
            "aria-selected": String(t.name === this.chosen),
            "aria-label": `${short(t.name)}, ${this.shapeOf(t)}`,
            "data-name": t.name,
            "data-group": group,
            click: () => this.events.choose(t.name),
            pointerenter: () => this.events.glow([t.name]),
            pointerleave: () => this.events.glow(null),
          },
          short(t.name),
          make("small", {}, ` ${this.shapeOf(t)}`),
          this.contrastOf(t),
        );
        nodes.push(item);
      }
    }
    if (!nodes.length) nodes.push(make("p", { class: "hint" }, "No matrix has that in its name."));
    else nodes[0]!.tabIndex = 0;
    this.tree.replaceChildren(...nodes);
  }

  /** All matrices in reading order, and those that only the right side has. */
  private tensors(): Tensor[] {
    const { left, right } = this.comparison ?? { left: this.scene, right: null };
    const only = right?.tensors.filter((t) => !left.byName.has(t.name)) ?? [];
    return [...inReadingOrder(left), ...only];
  }

  private shapeOf({ name }: Tensor): string {
    const { left, right } = this.comparison ?? { left: this.scene, right: this.scene };
    return drawn(left, name) || drawn(right, name);
  }

  /** How far a matrix is from its partner: so the first that differs is found by reading down. */
  private contrastOf(t: Tensor): Node | null {
    if (!this.comparison) return null;
    const words = contrast(this.comparison, t.name);
    return make("small", { class: words.startsWith("differs") ? "differs" : "" }, ` · ${words}`);
  }

  private items(): HTMLElement[] {
    return [...this.tree.querySelectorAll<HTMLElement>("[role=treeitem]")];
  }

  private toggle(group: string, to = !this.open.has(group)): void {
    if (to) this.open.add(group);
    else this.open.delete(group);
    this.fillTree();
    this.focus(this.tree.querySelector<HTMLElement>(`.group[data-group="${group}"]`));
  }

  private focus(item: HTMLElement | null | undefined): void {
    if (!item) return;
    for (const other of this.items()) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }

  private keys(event: KeyboardEvent): void {
    const items = this.items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const item = items[at];
    if (!item) return;
    const group = item.dataset["group"]!;
    const isGroup = item.classList.contains("group");
    const acts: Record<string, () => void> = {
      ArrowDown: () => this.focus(items[at + 1]),
      ArrowUp: () => this.focus(items[at - 1]),
      Home: () => this.focus(items[0]),
      End: () => this.focus(items[items.length - 1]),
      ArrowRight: () =>
        isGroup && !this.open.has(group) ? this.toggle(group, true) : this.focus(items[at + 1]),
      ArrowLeft: () =>
        isGroup
          ? this.toggle(group, false)
          : this.focus(
              items.find((i) => i.classList.contains("group") && i.dataset["group"] === group),
            ),
      Enter: () => item.click(),
      " ": () => item.click(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  select(name: string): void {
    this.chosen = name;
    for (const item of this.items())
      item.setAttribute("aria-selected", String(item.dataset["name"] === name));
  }
}

/** A number for a cell of the grid. */
const brief = (v: number | undefined): string =>
  v === undefined ? "–" : say(v, Math.abs(v) < 0.01 ? 1 : 3).replace(" (masked)", "");

/** What the two ends of the colour scale stand for in a matrix. */
function ends(t: Tensor | null, middle: string): HTMLElement {
  const peak = t ? say(t.peak, 2).slice(1) : "";
  const texts = [`− ${peak}`, middle, `+ ${peak}`];
  return make("div", { class: "ends" }, ...texts.map((text) => make("span", {}, text)));
}

/** What has the focus keeps it when it is made anew: a control is the same if its label is. */
function keepFocus(around: HTMLElement, renew: () => void): void {
  const label = around.contains(document.activeElement)
    ? document.activeElement!.getAttribute("aria-label")
    : null;
  renew();
  const same = [...around.querySelectorAll<HTMLElement>("[aria-label]")].find(
    (element) => label !== null && element.getAttribute("aria-label") === label,
  );
  same?.focus({ preventScroll: true });
}

const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
const range = (a: number, b: number): number[] => Array.from({ length: b - a }, (_, i) => a + i);
const window_ = (at: number, size: number, n: number): number =>
  Math.max(0, Math.min(at - Math.floor(size / 2), n - size));

function axesOf(box: Box): [string, string] {
  const { axes } = box.tensor;
  const [row, col] = [axes[axes.length - 2] ?? "", axes[axes.length - 1]!];
  return box.stepRow === 1 ? [row, col] : [col, row];
}

/** A position of what is formed is a token. */
const axisName = ({ kind }: Tensor, axis: string): string =>
  axis === "position" && kind === "activation" ? "token" : axis;

function nameAt(scene: Scene, t: Tensor, axis: string, i: number): string {
  if (axis === "source") return `${i} (${sourceName(scene, t, i)})`;
  const token =
    axis === "vocab"
      ? scene.manifest.vocabulary[i]
      : /^(position|query|key)$/.test(axis)
        ? scene.manifest.tokens[i]
        : undefined;
  return token === undefined ? String(i) : `${i} "${token}"`;
}

/** Activations as they are made, each after the weights that make it; then what is left. */
function inReadingOrder(scene: Scene): Set<Tensor> {
  const out = new Set<Tensor>();
  for (const t of scene.tensors) {
    if (t.kind === "weight") continue;
    for (const name of t.inputs ?? []) {
      const w = scene.byName.get(name);
      if (w?.kind === "weight") out.add(w);
    }
    out.add(t);
  }
  return new Set([...out, ...scene.tensors]);
}

/** Index with the names of its axes, tokens spelt out. */
export function places(scene: Scene, t: Tensor, place: number[]): string {
  return t.axes
    .map((axis, i) => `${axisName(t, axis)} ${nameAt(scene, t, axis, place[i]!)}`)
    .join(", ");
}
