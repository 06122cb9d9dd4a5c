import { expect, test } from "vitest";
import { unfinished } from "./checkers.ts";
import { stories } from "./stories.ts";

test.each(stories)("$name: $about", ({ tell }) => {
  const script = tell();
  expect(script.broken).toEqual([]);
  // And it comes to rest.
  for (let i = 0; i < 12 && unfinished(script.world).length > 0; i += 1) {
    script.pass(11);
    script.tick();
  }
  expect(script.broken).toEqual([]);
  expect(unfinished(script.world)).toEqual([]);
});
