import { expect, test } from "vitest";
import { properties } from "./properties.ts";
import { runProperty } from "./property.ts";

/** A glance; `npm run fuzz` looks longer. */
const runs = 20;

/** One run of the others may take as long as a whole time limit. */
const quick = properties.filter(({ share = 1 }) => share >= 0.1);

test.each(quick.map((property) => [property.name, property] as const))(
  "%s",
  async (_, property) => {
    const seed = Number(process.env["CAPSTAN_SEED"] ?? 1);
    const { failure } = await runProperty(property, { runs, seed });
    expect(failure).toBeNull();
  },
  120_000,
);
