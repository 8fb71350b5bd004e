// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { mostRead, type Edit, type HeadCost } from "../../src/viewer/broken";
import { percent } from "../../src/viewer/next";
import { Treasures, type Found } from "../../src/viewer/treasures";
import { small } from "./helpers";

const scene = small("7*8=56$");
const OFF: Edit = { name: "z", layer: 1, index: { head: 1 }, scale: 0 };
const WHOLE = { text: "7*8=56$", given: 4, chance: 0.987 };
const RANKING: HeadCost[] = [
  { layer: 1, head: 1, nats: 6.5, writes: "42$" },
  { layer: 0, head: 0, nats: 0.013, writes: "56$" },
  { layer: 0, head: 1, nats: -0.0002, writes: "56$" },
  { layer: 1, head: 0, nats: -0.5, writes: "" },
];

const heard: string[] = [];
const shown = (changes: Partial<Found> = {}): { treasures: Treasures; acts: unknown[] } => {
  const acts: unknown[] = [];
  const treasures = new Treasures({
    follow: (token) => acts.push(["follow", token]),
    rank: () => acts.push("rank"),
    breakHead: (layer, head) => acts.push([layer, head]),
    breakNeuron: (neuron) => acts.push(["neuron", neuron.neuron]),
    mend: () => acts.push("mend"),
    say: (text) => heard.push(text),
  });
  document.body.replaceChildren(treasures.root);
  treasures.show({ scene, edits: [], whole: WHOLE, mended: scene, ranking: null, ...changes });
  return { treasures, acts };
};
const button = (name: RegExp): HTMLButtonElement =>
  [...document.querySelectorAll("button")].find((b) => name.test(b.getAttribute("aria-label")!))!;
const text = (selector: string): string => document.querySelector(selector)!.textContent;
const hidden = (selector: string): boolean =>
  !!document.querySelector<HTMLElement>(selector)!.hidden;

test("the first digit that the model wrote is followed home, whatever it is", () => {
  const { treasures, acts } = shown();
  button(/^Follow the 5 home$/).click();
  expect(acts).toEqual([["follow", 4]]);
  const other = { edits: [], whole: WHOLE, mended: null, ranking: null };
  treasures.show({ ...other, scene: small("7*8=42$") });
  expect(button(/^Follow/).textContent).toBe("Follow the 4 home");
  treasures.show({ ...other, scene: small("7*8="), whole: null });
  expect(button(/^Follow/).hidden).toBe(true);
});

test("the ranking is asked for at the first click alone, and says how many heads are weighed", () => {
  const { treasures, acts } = shown();
  expect(hidden(".ranking")).toBe(true);
  button(/^Break a head/).click();
  expect(hidden(".ranking")).toBe(false);
  expect(text(".ranking")).toBe("Weighing 4 heads …");
  treasures.show({ scene, edits: [], whole: WHOLE, mended: scene, ranking: RANKING });
  button(/^Break a head/).click();
  button(/^Break a head: all/).click();
  expect(acts).toEqual(["rank"]);
});

test("a row says the cost and what is written without the head; one click breaks it alone", () => {
  const { acts } = shown({ ranking: RANKING });
  button(/^Break a head: all/).click();
  const rows = [...document.querySelectorAll(".ranking li")].map((li) => li.textContent);
  expect(rows).toEqual([
    "head 1 of layer 16.50056 → 42",
    "head 0 of layer 00.013still 56",
    "head 1 of layer 00.000still 56",
    "head 0 of layer 1−0.50056 → nothing",
  ]);
  button(/^Break head 1 of layer 1: /).click();
  expect(acts).toEqual([[1, 1]]);
  expect(hidden(".ranking")).toBe(true);
});

test("escape closes the ranking and goes no further", () => {
  shown({ ranking: RANKING });
  button(/^Break a head: all/).click();
  let passed = false;
  document.body.addEventListener("keydown", () => (passed = true), { once: true });
  const press = (): boolean =>
    document
      .querySelector(".ranking li button")!
      .dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  press();
  expect([hidden(".ranking"), passed]).toEqual([true, false]);
  press();
  expect(passed).toBe(true);
});

test("where no answer is written no head can be weighed, and that is said", () => {
  shown({ ranking: [], scene: small("7*8=") });
  button(/^Break a head: all/).click();
  expect(text(".ranking")).toContain("writes nothing behind this prompt");
});

test("the banner says both answers, the part, and what it reads most", () => {
  const broken = small("7*8=42$");
  const { acts } = shown({ scene: broken, edits: [OFF] });
  expect(text(".change")).toBe("7*8= 56 → 42");
  const { key, share } = mostRead(broken, OFF, 3)!;
  expect(text(".banner")).toContain("Head 1 of layer 1 is broken: it hands on nothing.");
  expect(text(".banner")).toContain(
    `For token 3 "=" it would fetch most from token ${key} "${"7*8="[key]}": ${percent(share)}`,
  );
  expect(heard.at(-1)).toMatch(
    /^7\*8= 56 → 42\. Head 1 of layer 1 is broken: it hands on nothing\. For /,
  );
  expect(text(".banner")).not.toContain("probability");
  button(/^Mend/).click();
  expect(acts).toEqual(["mend"]);
});

test("an answer that stays is said to stay, with both its probabilities", () => {
  shown({ edits: [OFF] });
  expect(text(".change")).toBe("7*8= still 56");
  expect(text(".banner")).toMatch(
    /The probability of the answer went from 98\.70% to [<>\d. ]+%\./,
  );
});

test("why tells the lead before and after, where the whole model was seen; else it is not offered", () => {
  const broken = small("7*8=42$");
  shown({ scene: broken, edits: [OFF] });
  expect(hidden(".why")).toBe(true);
  button(/^What went missing with it/).click();
  expect(text(".why")).toMatch(/^The logit of "5" was [+−][\d.]+ over that of "4"; now it is [+−]/);
  expect(text(".why")).toContain("the part itself had written");
  for (const changes of [
    { mended: null },
    { edits: [OFF, { ...OFF, layer: 0 }] },
    { edits: [{ ...OFF, scale: 2 }] },
  ]) {
    shown({ scene: broken, edits: [OFF], ...changes });
    expect(button(/^What went missing with it/)).toBeUndefined();
  }
});

test("all broken parts are named, one that is scaled as scaled; without any there is no banner", () => {
  const other = { name: "ffn_out", layer: 0, index: {}, scale: 0.5 };
  const { treasures } = shown({ edits: [OFF, other] });
  expect(text(".banner")).toContain("Head 1 of layer 1 is broken: it hands on nothing.");
  expect(text(".banner")).toContain("All of ffn_out of layer 0 is scaled by 0.5.");
  expect(heard.at(-1)).toContain("All of ffn_out of layer 0");
  treasures.show({ scene, edits: [], whole: WHOLE, mended: scene, ranking: null });
  expect(heard.at(-1)).toBe("all parts are mended");
  expect(hidden(".banner")).toBe(true);
});

test("a neuron that is worth breaking has a button, which says what is lost and mends it again", () => {
  const neuron = { layer: 0, neuron: 652, wrong: ["7*8", "8*7"], of: 100 };
  const { treasures, acts } = shown();
  expect(button(/./) && document.querySelectorAll(".two button:not([hidden])")).toHaveLength(2);
  const found = { scene, whole: WHOLE, mended: scene, ranking: null, neuron };
  treasures.show({ ...found, edits: [] });
  const told =
    "Break neuron 652: Without it, 7 × 8 and 8 × 7 come out wrong, and the other 98 products right";
  button(/^Break neuron/).click();
  expect(button(/^Break neuron/).getAttribute("aria-label")).toBe(told);
  const off = { name: "ffn_post", layer: 0, index: { d_ff: 652 }, scale: 0 };
  treasures.show({ ...found, edits: [off] });
  expect(text(".banner")).toContain("the other 98 products right");
  expect(button(/^Break neuron/).getAttribute("aria-pressed")).toBe("true");
  button(/^Break neuron/).click();
  expect(acts).toEqual([["neuron", 652], "mend"]);
});
