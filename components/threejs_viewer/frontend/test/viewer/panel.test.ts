// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { Panel } from "../../src/viewer/panel";
import { themeOf } from "../../src/shared/theme";
import { cellAt } from "../../src/viewer/pick";
import { plan } from "../../src/viewer/layout";
import { explain } from "../../src/viewer/explain";
import { small } from "./helpers";
import { fromPython } from "./scenes";

interface Opened {
  panel: Panel;
  chosen: string[];
  /** By name and head. */
  found: [string, number | null][];
  edits: unknown[];
}

const opened = (scene = small()): Opened => {
  const [chosen, found, edits]: [string[], Opened["found"], unknown[]] = [[], [], []];
  const panel = new Panel({
    choose: (name) => chosen.push(name),
    find: (name, head) => found.push([name, head]),
    pin: () => undefined,
    glow: () => undefined,
    edit: (edit) => edits.push(edit),
    stand: () => undefined,
    leave: () => undefined,
  });
  document.body.replaceChildren(panel.root);
  panel.load(scene, themeOf({ base: "light" }));
  return { panel, chosen, found, edits };
};

const leaves = (panel: Panel): string[] =>
  [...panel.root.querySelectorAll<HTMLElement>(".leaf")].map((e) => e.dataset["name"]!);

test("a search narrows the tree to the names that hold it", () => {
  const { panel, chosen } = opened();
  const search = panel.root.querySelector("input")!;
  search.value = "wo.weight";
  search.dispatchEvent(new Event("input"));
  expect(leaves(panel)).toEqual(["blocks.0.attention.wo.weight", "blocks.1.attention.wo.weight"]);
  panel.root.querySelector<HTMLElement>(".leaf")!.click();
  expect(chosen).toEqual(["blocks.0.attention.wo.weight"]);
  search.value = "nothing of the kind";
  search.dispatchEvent(new Event("input"));
  expect(panel.root.querySelector(".tree")!.textContent).toBe("No matrix has that in its name.");
});

test("Enter takes the hit that the search marks, and none where there is none", () => {
  const { panel, found } = opened();
  const search = panel.root.querySelector("input")!;
  const enter = (typed: string): void => {
    search.value = typed;
    search.dispatchEvent(new Event("input"));
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  };
  enter("layer 1 q head 1");
  const marked = panel.root.querySelectorAll<HTMLElement>(".sought");
  expect([...marked].map((e) => e.dataset["name"])).toEqual(["blocks.1.q"]);
  enter("nothing of the kind");
  enter("  ");
  expect(panel.root.querySelector(".sought")).toBeNull();
  expect(found).toEqual([["blocks.1.q", 1]]);
});

test("a weight stands before what it makes", () => {
  const { panel } = opened();
  const names = leaves(panel);
  expect(names.indexOf("blocks.0.attention.wq.weight") + 1).toBe(names.indexOf("blocks.0.q"));
});

test("an edit names the activation, its layer and the head, as a trace does", () => {
  const { panel, edits } = opened();
  const scene = small();
  const box = plan(scene).ofTensor.get("blocks.1.z")![1]!;
  const cell = cellAt(box, 0, 0);
  panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
  panel.root.querySelector<HTMLElement>(".break button")!.click();
  expect(edits).toEqual([{ name: "z", layer: 1, index: { head: 1 }, scale: 0 }]);
});

test("of a reading a source can be switched off, and is called by who wrote it", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const { panel, edits } = opened(scene);
  const box = plan(scene).ofTensor.get("blocks.1.depth_pattern_mid")![0]!;
  const cell = cellAt(box, 3, 2);
  panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
  panel.root.querySelector<HTMLElement>(".break button")!.click();
  expect(edits).toEqual([{ name: "depth_pattern_mid", layer: 1, index: { source: 2 }, scale: 0 }]);
  expect(panel.root.textContent).toContain('position 3 "=", source 2 (layer 1 FFN)');
});

test("text from outside is text, never markup", () => {
  const { panel } = opened();
  const scene = small();
  const t = scene.byName.get("embed")!;
  t.formula = "<img src=x onerror=alert(1)>";
  const box = plan(scene).ofTensor.get("embed")![0]!;
  const cell = cellAt(box, 0, 0);
  panel.show(cell, explain(scene, t, cell.index), true, []);
  expect(panel.root.querySelector("img")).toBeNull();
  expect(panel.root.textContent).toContain("<img");
});
