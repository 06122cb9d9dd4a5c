import { test } from "vitest";

/** A rule of a real service that the sandbox keeps, with the page or issue that says so; both are the test's name. */
export function rule(title: string, source: string, run: () => Promise<void> | void): void {
  test(`${title} [${source}]`, run);
}
