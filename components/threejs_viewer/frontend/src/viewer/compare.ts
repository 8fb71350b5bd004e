// Two scenes side by side: which cell of one is the partner of which cell of the other, and the
// right-hand number less the left-hand one. No drawing, no browser.
//
// Tensors are partners by name, kind and shape. Only the axes that run over tokens may differ in
// length: token i of one text is the partner of token i of the other, and what one text has more
// has no partner.

import {
  isPending,
  numberToHalf,
  openScene,
  PENDING,
  read,
  say,
  type Scene,
  type Tensor,
} from "./data";

export interface Comparison {
  left: Scene;
  right: Scene;
  /** The right scene with every number less its partner's; a cell without partner holds NaN. */
  difference: Scene;
  /** Whether the right side shows the difference, or its own numbers. */
  shaded: boolean;
}

/** Both numbers of a cell and right less left; undefined where one did not arrive. */
export interface Pair {
  /** The other side has no such cell. */
  alone: boolean;
  /** One of them is still to come. */
  pending: boolean;
  left: number | undefined;
  right: number | undefined;
  difference: number | undefined;
}

/** Colours of a difference begin at this share of the values' own: below it float16 rounds. */
const ROUNDING = 2 ** -10;

export const runsOverTokens = (t: Tensor, axis: number): boolean =>
  t.kind === "activation" && /^(position|query|key)$/.test(t.axes[axis]!);

/** The tensor of another scene that may be compared with this one. */
export function partnerOf(t: Tensor, other: Scene): Tensor | null {
  const partner = other.byName.get(t.name);
  const alike =
    partner?.kind === t.kind &&
    partner.shape.length === t.shape.length &&
    t.axes.every(
      (name, axis) =>
        partner.axes[axis] === name &&
        (partner.shape[axis] === t.shape[axis] || runsOverTokens(t, axis)),
    );
  return alike ? partner : null;
}

/** The index of the same place in a tensor of other lengths; -1 where it has no such place. */
export function samePlace(t: Tensor, index: number, other: Tensor): number {
  let [rest, found, step] = [index, 0, 1];
  for (let axis = t.shape.length - 1; axis >= 0; axis--) {
    const place = rest % t.shape[axis]!;
    if (place >= other.shape[axis]!) return -1;
    found += place * step;
    step *= other.shape[axis]!;
    rest = Math.floor(rest / t.shape[axis]!);
  }
  return found;
}

/** How many tokens from the left both texts have a place for, in this tensor; -1: no partner. */
export function matchedTokens(t: Tensor, other: Scene): number {
  const partner = partnerOf(t, other);
  if (!partner) return -1;
  const lengths = t.shape.flatMap((n, axis) =>
    runsOverTokens(t, axis) ? [Math.min(n, partner.shape[axis]!)] : [],
  );
  return Math.min(Infinity, ...lengths);
}

/** Equal numbers differ by 0, infinities among them; what is masked in both stays masked. */
export function less(right: number, left: number): number {
  if (right === left) return right === -Infinity ? right : 0;
  return right - left;
}

export function pairAt(c: Comparison, scene: Scene, t: Tensor, index: number): Pair {
  const { left, right, difference } = c;
  const other = scene === left ? right : left;
  const partner = partnerOf(t, other);
  const at = partner ? samePlace(t, index, partner) : -1;
  const own = read(scene, t, index);
  const its = partner && at >= 0 ? read(other, partner, at) : undefined;
  const [a, b] = scene === left ? [own, its] : [its, own];
  const known = a !== undefined && b !== undefined;
  return {
    alone: at < 0,
    pending: isPending(difference, t),
    left: a,
    right: b,
    difference: known ? less(b, a) : undefined,
  };
}

/** The number that a cell shows, in words. */
export function sayShown(c: Comparison | null, scene: Scene, t: Tensor, index: number): string {
  if (!c?.shaded || scene === c.left)
    return isPending(scene, t) ? PENDING : say(read(scene, t, index), 4);
  const pair = pairAt(c, scene, t, index);
  if (pair.alone) return "no partner";
  return pair.pending ? PENDING : say(pair.difference, 4);
}

export function sayPair({ alone, pending, left, right, difference }: Pair): string {
  if (alone) return "no partner on the other side";
  if (pending) return PENDING;
  return `left ${say(left, 4)}, right ${say(right, 4)}, right − left ${say(difference, 4)}`;
}

export function compare(left: Scene, right: Scene, shaded: boolean): Comparison {
  return { left, right, difference: differenceOf(left, right), shaded };
}

function differenceOf(left: Scene, right: Scene): Scene {
  const shared = left.halves.weight === right.halves.weight;
  const halves = {
    weight: shared ? right.halves.weight : right.halves.weight.slice(),
    activation: right.halves.activation.slice(),
  };
  const equal: Tensor[] = [];
  const scales = new Map<string, number>();
  for (const t of right.tensors) {
    // Weights that both share need no second copy: a scale of 0 makes each difference 0.
    if (shared && t.kind === "weight") equal.push({ ...t, scale: 0, largest: 0 });
    else scales.set(t.name, subtract(left, right, t, halves[t.kind]));
  }
  const differing = right.manifest.tensors.flatMap((t) => {
    const scale = scales.get(t.name);
    return scale === undefined ? [] : [{ ...t, rest: null, scale }];
  });
  const made = openScene({ ...right.manifest, tensors: differing }, halves);
  for (const t of made.tensors) {
    // A share that moved by a tenth is a lot: shares are read against the largest change.
    const peak = t.rule?.op === "softmax" || t.largest === 0 ? t.largest : t.peak;
    t.peak = Math.max(peak, ROUNDING * right.byName.get(t.name)!.peak);
  }
  const tensors = [...equal, ...made.tensors];
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const pending = left.pending || right.pending;
  return { ...made, manifest: right.manifest, tensors, byName, pending, problems: right.problems };
}

/** Writes the differences of one tensor as float16; the scale under which none overflows. */
function subtract(left: Scene, right: Scene, t: Tensor, into: Uint16Array): number {
  const partner = partnerOf(t, left);
  const scale = Math.max(Math.abs(t.scale), Math.abs(partner?.scale ?? 0));
  const sameShape = !!partner && t.shape.every((n, axis) => n === partner.shape[axis]);
  for (let i = 0; i < t.present; i++) {
    const at = sameShape ? i : partner ? samePlace(t, i, partner) : -1;
    const was = at < 0 ? undefined : read(left, partner!, at);
    into[t.offset + i] = numberToHalf(less(read(right, t, i)!, was ?? NaN) / scale);
  }
  return scale;
}

/** What of the two scenes cannot be compared, in sentences; nothing if all can. */
export function unmatched({ left, right }: Comparison): string[] {
  const said: string[] = [];
  const [m, n] = [left.manifest.tokens.length, right.manifest.tokens.length];
  if (m !== n)
    said.push(
      `the left text has ${m} tokens and the right one ${n}: only the first ${Math.min(m, n)} are compared`,
    );
  const reshaped = right.tensors.filter((t) => left.byName.has(t.name) && !partnerOf(t, left));
  if (reshaped.length) said.push(`${reshaped.length} matrices differ in shape and have no partner`);
  for (const [side, own, other] of [
    ["left", left, right],
    ["right", right, left],
  ] as const) {
    const alone = own.tensors.filter((t) => !other.byName.has(t.name)).length;
    if (alone) said.push(`${alone} matrices stand only on the ${side}`);
  }
  return said;
}

/** The largest difference of a matrix in words, for the list of all matrices. */
export function contrast({ left, difference }: Comparison, name: string): string {
  const t = difference.byName.get(name);
  if (!t || !partnerOf(t, left)) return "no partner";
  if (isPending(difference, t)) return PENDING;
  return t.largest === 0 ? "equal" : `differs by up to ${say(t.largest, 2).slice(1)}`;
}
