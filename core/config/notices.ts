import type { Config } from "./complete.ts";
import type { Finding } from "./problem.ts";

/** What the file says in vain: accepted for the sake of old files, done nothing with. */
export function noticesOf(config: Config): readonly Finding[] {
  return Object.entries(config.credentials).flatMap(([name, { targets }]) =>
    targets.flatMap(({ email, at: index }) =>
      email === undefined
        ? []
        : [
            {
              path: ["credentials", name, "targets", index, "email"],
              atKey: true,
              problem: "is left out of pull Secrets: no consumer logs in with it, and not all of them expect it",
              mend: "take the key out",
            },
          ],
    ),
  );
}
