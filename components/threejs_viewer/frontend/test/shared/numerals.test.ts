import { expect, test } from "vitest";
import { written } from "../../src/shared/numerals";

test("a number has one form, as lab/numerals.py writes it", () => {
  expect(written(0.0023, 2)).toBe("0.0023");
  expect(written(-0.0000234, 3)).toBe("−2.34\u00a0×\u00a010⁻⁵");
  expect(written(1.1e304, 2)).toBe("1.1\u00a0×\u00a010³⁰⁴");
  expect(written(12345.6, 3)).toBe("12,346");
  expect(written(0, 2)).toBe("0.0");
});
