import { PortError } from "../ports/errors.ts";
import type { Problem } from "../protocol/home-state.ts";
import type { Generation, HomeLedger, MadeOf } from "../protocol/state.ts";
import { differenceText, rightsDifference, rightsText } from "./rights.ts";
import { credentialOf, madeOfNow, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

/** What the file says otherwise than the generation was made: it is frozen, and the next one brings the change. `auto` tells of itself. */
function fileAhead({ generation, madeOf }: Generation, wanted: MadeOf, isAuto: boolean): readonly Problem[] {
  const changes: string[] = [];
  const rights = rightsDifference(wanted.rights, madeOf.rights);
  if (rights !== null) changes.push(`rights (${differenceText(rights)})`);
  if (!isAuto && wanted.strategy !== madeOf.strategy) changes.push(`strategy ${wanted.strategy}`);
  if (wanted.level !== madeOf.level) changes.push(`level ${wanted.level}`);
  if (wanted.durationDays !== madeOf.durationDays) changes.push(`durationDays ${wanted.durationDays}`);
  if (changes.length === 0) return [];
  const text = `the file wants other than generation ${generation} was made of: ${changes.join(", ")}. The next rotation brings it, or capstan rotate at once`;
  return [{ code: "change-waits", text, blocks: false }];
}

/** What somebody changed at the registry; a robot that is gone or out of sight is told of elsewhere. */
async function drift(tools: Tools, name: string, { generation, robot, madeOf }: Generation) {
  const inspection = tools.issuers[registryPortOf(credentialOf(tools.config, name))];
  if (inspection === undefined) return [];
  try {
    const held = await inspection.permissionsOf(robot.id);
    const found = rightsDifference(rightsText(held), madeOf.rights);
    if (found === null) return [];
    const text = `${robot.username} may do other than generation ${generation} was made with, ${differenceText(found)}: somebody changed it at the registry, or a project is gone. capstan rotate replaces it`;
    return [{ code: "rights-drifted", text, blocks: false }];
  } catch (error) {
    if (error instanceof PortError) return [];
    throw error;
  }
}

/** Rights compared as sets: the file with what the current generation was made of, and that with what its robot may do. */
export async function rightsProblems(
  tools: Tools,
  name: string,
  ledger: HomeLedger | null,
): Promise<readonly Problem[]> {
  const current = ledger?.current ?? null;
  if (current === null) return [];
  const credential = credentialOf(tools.config, name);
  const ahead = fileAhead(current, madeOfNow(credential), credential.strategy === "auto");
  return [...ahead, ...(await drift(tools, name, current))];
}
