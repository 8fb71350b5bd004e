// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { addressOf, momentIn, nameOf, setIn } from "../../src/drawings/shared/address";

const PAGE = "https://book.example/moe?ch61_a=23";

test("an address names the moment and keeps what the page says of its controls", () => {
  const there = addressOf(`${PAGE}&moment=other.3#below`, "ch61_stream", 12);
  expect(there).toBe(`${PAGE}&moment=ch61_stream.12`);
  expect(momentIn(there, "ch61_stream")).toBe(12);
  expect(momentIn(there, "ch61_other")).toBeNull();
});

test("it names what is set in the drawing besides, for that drawing alone", () => {
  const there = addressOf(PAGE, "ch61_stream", 12, ["layer3", "plain"]);
  expect(there).toBe(`${PAGE}&moment=ch61_stream.12_layer3_plain`);
  expect(momentIn(there, "ch61_stream")).toBe(12);
  expect(setIn(there, "ch61_stream")).toEqual(["layer3", "plain"]);
  expect(momentIn(there, "ch61_other")).toBeNull();
  expect(setIn(there, "ch61_other")).toEqual([]);
  expect(setIn(addressOf(PAGE, "ch61_stream", 12), "ch61_stream")).toEqual([]);
});

test("it shows what stood behind a guess, and does not say what was guessed", () => {
  expect(addressOf(`${PAGE}&ch61_even_guess=more`, "one", 1)).toBe(
    `${PAGE}&ch61_even_shown=1&moment=one.1`,
  );
});

test("whatever stands there is a moment or none", () => {
  const told = ["", "one", "one.", ".", "one.x", "one.-1", "one.1e3", "one.1234567", "two.1"];
  told.push("one.1_", "one.1_3", "one.1_A", "one.1_a-b", "one._plain", "one.1_layer1234567");
  for (const text of told)
    expect(momentIn(`${PAGE}&moment=${encodeURIComponent(text)}`, "one")).toBeNull();
  expect(momentIn(PAGE, "")).toBeNull();
  expect(momentIn(`${PAGE}&moment=a.b.7`, "a.b")).toBe(7);
});

test("a drawing has the name that Python gave it, also from within a shadow root", () => {
  document.body.innerHTML = '<div class="some st-key-ch61_stream"><p></p></div>';
  const root = document.querySelector("p")!.attachShadow({ mode: "open" });
  const drawing = document.createElement("div");
  root.append(drawing);
  expect(nameOf(drawing)).toBe("ch61_stream");
  document.body.innerHTML = "<p></p>";
  expect(nameOf(document.querySelector("p")!)).toBe("");
});
