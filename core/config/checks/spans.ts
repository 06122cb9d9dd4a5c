import { type Config, type CredentialConfig, drainMsOf } from "../complete.ts";
import { formatDuration } from "../duration.ts";
import type { Finding, PathSegment } from "../problem.ts";

const dayMs = 86_400_000;

/** The robot outlives its turn (rotation.md, "Due"), and limits that contradict each other. */
export function checkSpans(config: Config): readonly Finding[] {
  return Object.entries(config.credentials).flatMap(([name, credential]) => {
    const at = ["credentials", name];
    return [...checkHeadroom(at, credential), ...checkLimits(at, credential)];
  });
}

/** durationDays > every + distributionMax + drain + margin: else a robot would be due by its expiry at its birth, or die in use. */
function checkHeadroom(at: readonly PathSegment[], credential: CredentialConfig): readonly Finding[] {
  const everyMs = Math.min(...credential.rotate.rules.map((rule) => rule.everyMs));
  const drainMs = drainMsOf(credential.drain);
  const neededMs = everyMs + credential.distributionMaxMs + drainMs + credential.marginMs;
  const lifeMs = credential.robot.durationDays * dayMs;
  if (lifeMs > neededMs) return [];
  const sum = [everyMs, credential.distributionMaxMs, drainMs, credential.marginMs].map(formatDuration).join(" + ");
  return [
    {
      path: [...at, "robot", "durationDays"],
      problem: `leaves no headroom: ${credential.robot.durationDays}d is not more than every + distributionMax + drain + margin = ${sum} = ${formatDuration(neededMs)}`,
      mend: `write at least durationDays: ${Math.floor(neededMs / dayMs) + 1}, or shorten one of the others`,
    },
  ];
}

function checkLimits(
  at: readonly PathSegment[],
  { limits, distributionMaxMs, strategy }: CredentialConfig,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (limits.leaseMs < limits.tickDeadlineMs) {
    findings.push({
      path: [...at, "limits", "lease"],
      problem: `is shorter than a tick (${formatDuration(limits.leaseMs)} < ${formatDuration(limits.tickDeadlineMs)})`,
      mend: `write at least lease: ${formatDuration(limits.tickDeadlineMs)}, or shorten tickDeadline`,
    });
  }
  if (limits.requestTimeoutMs >= limits.tickDeadlineMs) {
    findings.push({
      path: [...at, "limits", "requestTimeout"],
      problem: "is not shorter than a whole tick",
      mend: `write less than ${formatDuration(limits.tickDeadlineMs)}`,
    });
  }
  if (limits.waves.length > 0 && strategy === "in-place") {
    findings.push({
      path: [...at, "limits", "waves"],
      problem: "are not for strategy: in-place, where every copy is dead until it is written",
      mend: "leave waves out, or take another strategy",
    });
  }
  if (limits.waves.length > 0 && limits.waveWaitMaxMs >= distributionMaxMs) {
    findings.push({
      path: [...at, "limits", "waveWaitMax"],
      problem: `is not shorter than distributionMax (${formatDuration(distributionMaxMs)}): a halt could outlast what is kept of a robot's life for handing out`,
      mend: `write less than ${formatDuration(distributionMaxMs)}, or a longer distributionMax`,
    });
  }
  for (const key of ["attemptBackoff", "emergencyGap"] as const) {
    if (limits[`${key}MaxMs`] >= limits[`${key}Ms`]) continue;
    findings.push({
      path: [...at, "limits", `${key}Max`],
      problem: `is shorter than ${key} (${formatDuration(limits[`${key}Ms`])})`,
      mend: `write at least ${formatDuration(limits[`${key}Ms`])}`,
    });
  }
  return findings;
}
