// What a page sends to each drawing, and the numbers the browser should come to, as Python makes
// them (tests/ui/drawing_cases.py); and a page to draw on.

import type arcs from "../../src/drawings/arcs";
import type bet from "../../src/drawings/bet";
import type arrows from "../../src/drawings/arrows";
import type bracket from "../../src/drawings/bracket";
import type clocks from "../../src/drawings/clocks";
import type coins from "../../src/drawings/coins";
import type composed from "../../src/drawings/composed";
import type connections from "../../src/drawings/connections";
import type contents from "../../src/drawings/contents";
import type courses from "../../src/drawings/courses";
import type cut from "../../src/drawings/cut";
import type experts from "../../src/drawings/experts";
import type forced from "../../src/drawings/forced";
import type growing from "../../src/drawings/growing";
import type guess from "../../src/drawings/guess";
import type { Axis } from "../../src/drawings/maths/guess";
import type kept from "../../src/drawings/kept";
import type ledger from "../../src/drawings/ledger";
import type generators from "../../src/drawings/generators";
import type network from "../../src/drawings/network";
import type notations from "../../src/drawings/notations";
import type notebook from "../../src/drawings/notebook";
import type queue from "../../src/drawings/queue";
import type { Triple, View } from "../../src/drawings/maths/spheres";
import type lanes from "../../src/drawings/lanes";
import type { Arc } from "../../src/drawings/maths/arcs";
import type { Box, Standing } from "../../src/drawings/maths/notebook";
import type { Kind } from "../../src/drawings/maths/streaming";
import type { Step } from "../../src/drawings/maths/tiles";
import type longer from "../../src/drawings/longer";
import type moment from "../../src/drawings/moment";
import type save from "../../src/drawings/save";
import type { Send } from "../../src/drawings/shared/drawing";
import type { Call } from "../../src/drawings/shared/mount";
import type { Pair } from "../../src/drawings/shared/numbers";
import type scale from "../../src/drawings/scale";
import type shift from "../../src/drawings/shift";
import type sieve from "../../src/drawings/sieve";
import type spheres from "../../src/drawings/spheres";
import type streaming from "../../src/drawings/streaming";
import type strip from "../../src/drawings/strip";
import type squares from "../../src/drawings/squares";
import type swaps from "../../src/drawings/swaps";
import type tape from "../../src/drawings/tape";
import type tiles from "../../src/drawings/tiles";
import type weighing from "../../src/drawings/weighing";
import type waves from "../../src/drawings/waves";

type DataOf<Module extends (call: never) => unknown> = Parameters<Module>[0]["data"];

interface Case<Data, Expected> {
  html: string;
  data: Data;
  expected: Expected;
}

export interface Reading {
  weights: number[];
  right: boolean[];
  change: number;
}

/** Of each layer. */
interface Grown {
  before: number[][][];
  after: number[][][];
  change: number[];
}

/** Of the cards that have come. */
interface Kept {
  m: number;
  l: number;
  O: number[];
}

interface Cases {
  arcs: Case<DataOf<typeof arcs>, { arcs: Arc[]; wrong: number[]; text: string }>;
  arcs_theatre: Case<
    DataOf<typeof arcs>,
    { looks: string[]; whole: string; broken: string; head: number }
  >;
  /** Of each part that reads, its contributions by their size, and where their arcs land. */
  connections: Case<DataOf<typeof connections>, { ranked: number[][]; places: number[][] }>;
  contents: Case<DataOf<typeof contents>, null>;
  /** Of each unit, those that a copy of it may change. */
  cut: Case<DataOf<typeof cut>, number[][]>;
  /** As the model has the two logits, and as a hand moves them. */
  coins: Case<
    DataOf<typeof coins>,
    { logits: number[]; p: number[]; nats: number; coins: number }[]
  >;
  lanes: Case<DataOf<typeof lanes>, { plain_looks: number; without: number }>;
  arrows: Case<
    Extract<DataOf<typeof arrows>, { keys: Pair[] }>,
    { query: Pair; weights: number[]; blend: number[] }[]
  >;
  arrows_real: Case<DataOf<typeof arrows>, number[][]>;
  arrows_learning: Case<
    Extract<DataOf<typeof arrows>, { film: string }>,
    { weights: number[]; said: number; p: number[] }[]
  >;
  clocks: Case<
    DataOf<typeof clocks>,
    {
      positions: Pair;
      query: Pair[];
      key: Pair[];
      matches: number[];
      angles: number[];
      score: number;
    }[]
  >;
  longer: Case<DataOf<typeof longer>, null>;
  waves: Case<
    DataOf<typeof waves>,
    {
      signal: number[];
      spectrum: Pair[];
      moved: { by: number; waves: Pair[]; samples: number[] }[];
    }[]
  >;
  swaps: Case<DataOf<typeof swaps>, number[][][][]>;
  tape: Case<DataOf<typeof tape>, Record<"shifted" | "stretched", Reading[]>[]>;
  network: Case<
    DataOf<typeof network>,
    {
      moments: { answers: number[]; right: boolean[]; counts: Pair }[];
      /** For each layer and moment, row by row. */
      W: number[][][];
      dW: number[][][];
      /** For each moment and neuron. */
      without: boolean[][][];
      ways: { cell: number; h: number[]; p: number[]; loss: number; dW: number[][] }[];
      moments_of_ways: number[];
      asked: Pair;
    }
  >;
  forced: Case<DataOf<typeof forced>, null>;
  /** Tokens read after each step. */
  growing: Case<DataOf<typeof growing>, Record<"with" | "without", number[]>>;
  /** Milliseconds of fetching and of operations, by tokens. */
  streaming: Case<DataOf<typeof streaming>, Record<Kind, Record<string, string[]>>>;
  /** The ends of the bars, and with one part out. */
  ledger: Case<DataOf<typeof ledger>, { out: number; ends: number[]; ends_without: number[] }>;
  kept: Case<DataOf<typeof kept>, { what: "keys" | "values"; t: number; on: Grown; off: Grown }[]>;
  /** For each side, when 0, 1, ... tokens are written. */
  generators: Case<
    DataOf<typeof generators>,
    { pushed: number; flops: number; seconds: number; computed: number[]; times: number[] }[][]
  >;
  /** For each timeline, after 0, 1, ... steps. */
  queue: Case<DataOf<typeof queue>, { tokens: number; idle: number; running: number[] }[][]>;
  /** Of each course at each look, how many of each shape are right in 100. */
  courses: Case<DataOf<typeof courses>, { step: number; of_100: string[] }[][]>;
  /** Arrows of each arm from a view, cosines at moments and between them, and what is said. */
  spheres: Case<
    DataOf<typeof spheres>,
    {
      seen: { at: number; view: View; places: Triple[][] }[];
      shown: { at: number; cosines: number[][][] }[];
      along: number[];
      told: string[];
    }
  >;
  /** At each common shift: the logits and their probabilities. */
  shift: Case<DataOf<typeof shift>, { by: number; logits: number[]; p: number[] }[]>;
  /** Of each round, for each set of checks: wrong and right ones that each check holds, how many
      are kept, which of these are wrong, and how many right ones are not kept. */
  sieve: Case<
    DataOf<typeof sieve>,
    { on: boolean[]; held: Pair[]; kept: number; wrong: number[]; right_thrown: number }[][]
  >;
  /** Of each network at each check, how many are right: trained on, and held out. */
  composed: Case<DataOf<typeof composed>, { n: number; parameters: number; held: Pair[][] }>;
  squares: Case<DataOf<typeof squares>, { right: Pair[][]; n_trained: number }>;
  /** For each way to cut a table into tiles: of each tile, what the rows that it meets have kept. */
  tiles: Case<
    DataOf<typeof tiles>,
    { rows: number; columns: number; plain: number; steps: (Step & { kept: Kept[] })[] }[]
  >;
  /** For each strip: what it keeps, how it is drawn, and where at 64 and at 32 cells a row. */
  strip: Case<
    DataOf<typeof strip>,
    {
      strips: {
        bytes: number;
        dropped: number[];
        named: [number: number, said: string][];
        places: Record<"64" | "32", [column: number, row: number, across: number, down: number][]>;
      }[];
      told: [moment: number, said: string][];
    }
  >;
  /** By what an evaluated token counts: the moments, and the checks that have come by each. */
  bet: Case<
    DataOf<typeof bet>,
    { counts: number; events: number[]; checks: number[][]; told: string }[]
  >;
  bet_waiting: Case<DataOf<typeof bet>, null>;
  /** At each moment: how every mistake stands, and what is in its boxes. */
  notebook: Case<
    DataOf<typeof notebook>,
    { when: string; said: string; standings: (Standing | null)[]; boxes: Box[][] }[]
  >;
  /** For each layer: what every expert got after 0, 1, ... tokens, with biases and without, scores
      and biases together, and what is said of a token, in both ways, and of an expert. */
  experts: Case<
    DataOf<typeof experts>,
    {
      loads: number[][];
      plain: number[][];
      totals: number[][];
      sent: string[];
      sent_plain: string[];
      got: [read: number, expert: number, said: string][];
    }[]
  >;
  /** For each step, the lines of each column that do it. */
  notations: Case<DataOf<typeof notations>, { name: string; said: string; lit: string[][] }[]>;
  /** For each model and level, its boxes and their parameters together; and what each stop says. */
  scale: Case<
    DataOf<typeof scale>,
    { levels: { n: number; parameters: number }[][]; told: string[] }
  >;
  /** By setting, what each stop says. */
  bracket: Case<DataOf<typeof bracket>, Record<string, string[][]>>;
  /** On each axis: where numbers stand, and how they are written. */
  guess: Case<
    DataOf<typeof guess>,
    { axis: Axis; seen: { value: number; share: number; words: string }[] }[]
  >;
  guess_told: Case<DataOf<typeof guess>, null>;
  guess_line: Case<DataOf<typeof guess>, null>;
  guess_line_told: Case<DataOf<typeof guess>, null>;
  guess_picked: Case<DataOf<typeof guess>, null>;
  weighing: Case<DataOf<typeof weighing>, null>;
  moment: Case<DataOf<typeof moment>, null>;
  save: Case<DataOf<typeof save>, null>;
}

const files = import.meta.glob("./fixtures/*.json", { eager: true, import: "default" });

export const cases = Object.fromEntries(
  Object.entries(files).map(([path, made]) => [/(\w+)\.json/.exec(path)![1], made]),
) as unknown as Cases;

/** The largest difference between numbers in the same places; infinite if the places differ. */
export function apart(some: unknown, others: unknown): number {
  if (typeof some === "number" && typeof others === "number") return Math.abs(some - others);
  if (!Array.isArray(some) || !Array.isArray(others) || some.length !== others.length)
    return Infinity;
  return Math.max(...some.map((one, i) => apart(one, others[i])));
}

export interface Opened<Data> {
  root: HTMLElement;
  /** What went to Python. */
  sent: [name: string, value: unknown][];
  load(data: Data): void;
  leave(): void;
  all<E extends Element = HTMLElement>(selector: string): E[];
  one<E extends Element = HTMLElement>(selector: string): E;
  text(selector: string): string;
}

/** A drawing on a page that gives it 800 pixels; happy-dom says nothing of how wide SVG is. */
export function opened<Data>(
  module: (call: Call<Data>) => () => void,
  { html, data }: Case<Data, unknown>,
): Opened<Data> {
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 800, configurable: true });
  const root = document.createElement("div");
  root.innerHTML = html;
  document.body.replaceChildren(root);
  const sent: [string, unknown][] = [];
  const send: Send = (name, value) => sent.push([name, value]);
  const load = (data: Data): (() => void) =>
    module({ parentElement: root, data, setTriggerValue: send, setStateValue: send });
  const leave = load(data);
  const all = <E extends Element>(selector: string): E[] => [...root.querySelectorAll<E>(selector)];
  const one = <E extends Element>(selector: string): E => root.querySelector<E>(selector)!;
  return { root, sent, load, leave, all, one, text: (selector) => one(selector).textContent };
}

export function press(mark: Element, key: string, shiftKey = false): void {
  mark.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
}
