import type { IssuerLives } from "../../ports/issuer.ts";
import type { Api } from "./api.ts";
import { isOutOfSight } from "./failures.ts";
import { projectInName, rowNamed } from "./own-rights.ts";

/** When the robots among these logins end. Who may not look at robots, or is a person, is left out. */
export async function issuerLives(apis: readonly Api[]): Promise<IssuerLives> {
  const robots: { username: string; expiresAtMs: number | null }[] = [];
  let serverMs: number | null = null;
  for (const api of apis) {
    const { username } = await api.issuer("lives");
    const row = await rowNamed(api, username, projectInName(username)).catch((error: unknown) => {
      if (isOutOfSight(error)) return null;
      throw error;
    });
    if (row === null) continue;
    robots.push({ username, expiresAtMs: row.expiresAtMs });
    serverMs = row.serverMs ?? serverMs;
  }
  return { robots, serverMs };
}
