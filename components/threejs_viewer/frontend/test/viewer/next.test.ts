// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { read, type Scene } from "../../src/viewer/data";
import { logitsOf, Next, percent, tokenOf } from "../../src/viewer/next";
import { BEGINNING, pin, point, scrub, type State } from "../../src/viewer/state";
import { stagesOf } from "../../src/viewer/walk";
import { small } from "./helpers";

const scene = small("7*8=56$");
const rows = (next: Next): string[] =>
  [...next.root.querySelectorAll("li")].map((li) => li.textContent);
const asked: string[] = [];
const shown = (of: Scene = scene, token = 3): Next => {
  asked.length = 0;
  const next = new Next((text) => asked.push(text));
  document.body.replaceChildren(next.root);
  next.show(of, token);
  return next;
};
const heat = (next: Next, T: number): void => {
  const slider = next.root.querySelector("input")!;
  slider.value = String(T);
  slider.dispatchEvent(new Event("input"));
};
const draw = (next: Next, times: number): void =>
  next.root
    .querySelector<HTMLElement>(`[aria-label^="Draw ${times === 1 ? "a" : times}"]`)!
    .click();
const tally = (next: Next): string => next.root.querySelector(".tally")!.textContent;

test("it speaks of the kept logits, else of the token that the walk computes, else of the prompt's last", () => {
  const kept = pin(BEGINNING, { side: 0, name: "logits", place: [5, 2] });
  const walk: State = { ...BEGINNING, stages: stagesOf(scene) };
  const last = walk.stages.findLastIndex(({ span }) => span[1] === 5);
  expect(tokenOf(BEGINNING, scene)).toBe(3);
  expect(tokenOf(kept, scene)).toBe(5);
  expect(tokenOf(point(kept, { side: 0, name: "probs", place: [1, 0] }), scene)).toBe(1);
  expect(tokenOf(pin(BEGINNING, { side: 0, name: "embed", place: [5, 2] }), scene)).toBe(3);
  expect(tokenOf(scrub(walk, last), scene)).toBe(5);
  expect(tokenOf(BEGINNING, small("7"))).toBe(0);
});

test("at T = 1 the bars are the scene's own chances, the largest first", () => {
  const probs = scene.byName.get("probs")!;
  const { vocabulary } = scene.manifest;
  const chances = [...vocabulary]
    .map((token, c) => ({ token, p: read(scene, probs, 3 * probs.cols + c)! }))
    .sort((a, b) => b.p - a.p);
  const found = rows(shown());
  expect(found.map((text) => text[0])).toEqual(chances.map(({ token }) => token));
  found.forEach((text, i) => expect(parseFloat(text.slice(1))).toBeCloseTo(100 * chances[i]!.p, 0));
});

test("at T = 0 one token has it all, and a higher T lowers the largest", () => {
  const next = shown();
  const most = (T: number): number => (heat(next, T), parseFloat(rows(next)[0]!.slice(1)));
  const [warm, hot] = [most(1), most(2)];
  expect(hot).toBeLessThan(warm);
  heat(next, 0);
  expect(rows(next)[0]).toContain("> 99.99%");
  draw(next, 100);
  expect(rows(next)[0]!.slice(1)).toBe("100×");
  expect(tally(next)).toBe(`100 drawn, the last one ${rows(next)[0]![0]}.`);
});

test("draws are counted beside the bars, and begin anew at another T or token", () => {
  const next = shown();
  draw(next, 100);
  draw(next, 1);
  const counts = rows(next).map((text) => parseInt(text.slice(1), 10));
  expect(counts.reduce((a, b) => a + b)).toBe(101);
  expect(tally(next)).toMatch(/^101 drawn, the last one .\.$/);
  const first = rows(next);
  heat(next, 1.5);
  expect(tally(next)).toBe("");
  heat(next, 1);
  draw(next, 100);
  draw(next, 1);
  expect(rows(next)).toEqual(first);
  next.show(scene, 4);
  expect(tally(next)).toBe("");
  expect(next.root.querySelector("button")!.textContent).toBe('Next after "5"');
});

test("the model goes on with the last draw, behind the tokens that it was drawn from", () => {
  const next = shown(scene, 4);
  const onward = (): HTMLButtonElement => [...next.root.querySelectorAll("button")].at(-1)!;
  expect(onward().hidden).toBe(true);
  draw(next, 1);
  const token = /last one (.)\.$/.exec(tally(next))![1]!;
  expect(onward().textContent).toBe(`Go on with ${token}`);
  onward().click();
  expect(asked).toEqual([`7*8=5${token}`]);
});

test("logits that did not arrive are said to be missing, and nothing is drawn", () => {
  const { manifest, halves } = scene;
  const cut: Scene = {
    ...scene,
    tensors: scene.tensors.map((t) => (t.name === "logits" ? { ...t, present: 0 } : t)),
    manifest,
    halves,
  };
  expect(logitsOf(cut, 3)).toBeNull();
  const next = shown(cut);
  draw(next, 1);
  expect(rows(next)).toEqual([]);
  expect(tally(next)).toBe("Its logits are not all there.");
});

test("a chance is never rounded to certain or to impossible", () => {
  expect([0.99995, 1, 0.5, 0.00005].map(percent)).toEqual([
    "> 99.99%",
    "> 99.99%",
    "50.00%",
    "< 0.01%",
  ]);
});
