import { PortError } from "../ports/errors.ts";
import type { NamedRobot } from "../ports/issuer.ts";
import type { Problem } from "../protocol/home-state.ts";
import type { Generation, HomeLedger } from "../protocol/state.ts";
import { differenceText, rightsDifference, rightsText } from "./rights.ts";
import { credentialOf, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

/**
 * The hand-made robot whose place a credential takes (`robot.adopts`): before generation 1, whether that would have
 * the same rights; from then on, that the old robot is still alive. It is never deleted from here (rotation.md, "Adopt").
 */
export async function adoptedProblems(
  tools: Tools,
  name: string,
  ledger: HomeLedger | null,
): Promise<readonly Problem[]> {
  const credential = credentialOf(tools.config, name);
  const { adopts, permissions } = credential.robot;
  const inspection = tools.issuers[registryPortOf(credential)];
  if (adopts === undefined || inspection === undefined) return [];
  try {
    const robot = await inspection.robotNamed(adopts);
    const current = ledger?.current ?? null;
    if (robot === null) {
      const text = `${adopts}, whose place robot.adopts takes, is not at the registry: check the name, or take the key out`;
      return [{ code: "adopted-gone", text, blocks: false }];
    }
    if (current === null) return rightsAside(adopts, robot, rightsText(permissions));
    return [await stillAlive(tools, name, adopts, robot, current)];
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    // What else keeps the registry from being asked is told of elsewhere.
    if (error.reason !== "missing-right") return [];
    const text = `whether ${adopts}, whose place robot.adopts takes, is alive cannot be seen: ${error.message}`;
    return [{ code: "adopted-unseen", text, blocks: false }];
  }
}

function rightsAside(adopts: string, robot: NamedRobot, wanted: string): readonly Problem[] {
  const found = rightsDifference(wanted, rightsText(robot.permissions));
  if (found === null) return [];
  const text = `the first generation would have other rights than ${adopts}, ${differenceText(found)}: copy them into robot.permissions unless you mean it`;
  return [{ code: "adopted-rights-differ", text, blocks: false }];
}

async function stillAlive(
  tools: Tools,
  name: string,
  adopts: string,
  { disabled, expiresAtMs }: NamedRobot,
  current: Generation,
): Promise<Problem> {
  const port = tools.ports.registries[registryPortOf(credentialOf(tools.config, name))];
  const use = await port?.usedSince(adopts, current.promotedAtMs);
  const used =
    use?.verdict === "in-use"
      ? `last pulled with at ${new Date(use.lastSeenMs).toISOString()}`
      : use?.verdict === "quiet"
        ? `not pulled with since generation ${current.generation} was promoted`
        : "whether it is used cannot be told";
  const end = expiresAtMs === null ? "never expires" : `expires ${new Date(expiresAtMs).toISOString()}`;
  const state = disabled ? "is there still, disabled" : "is still alive";
  const text = `${adopts}, whose place was taken, ${state} (${end}, ${used}): it is never deleted from here; delete it at the registry when nothing needs it`;
  return { code: "adopted-alive", text, blocks: false };
}
