import type { Config, CredentialConfig } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding, PathSegment } from "../problem.ts";
import { isOwnLogin } from "./issuers.ts";

/** What Harbor would refuse at the first minting (harbor.md 1.2), and a proof that could never succeed. */
export function checkRobots(config: Config): readonly Finding[] {
  return Object.entries(config.credentials).flatMap(([name, credential]) => {
    const at = ["credentials", name];
    return [
      ...checkConsent(at, credential),
      ...checkPermissions(at, credential),
      ...checkProof(at, credential),
      ...checkAdopted(name, credential, config),
    ];
  });
}

/** The issuer's own robot is adopted by the credential that rotates it, and by no other. */
function checkAdopted(name: string, { robot, registry }: CredentialConfig, config: Config): readonly Finding[] {
  const logins = lookup(config.registries, registry);
  if (robot.adopts === undefined || logins === undefined || isOwnLogin(logins, name)) return [];
  if (![logins.issuer.username, logins.retirer?.username].includes(robot.adopts)) return [];
  const problem = "is the login that mints or deletes robots, which no consumer may hold";
  return [
    { path: ["credentials", name, "robot", "adopts"], problem, mend: "name the robot that pull Secrets hold now" },
  ];
}

/** Pulls that fail are nobody's default. */
function checkConsent(
  at: readonly PathSegment[],
  { strategy, acceptFailedPulls }: CredentialConfig,
): readonly Finding[] {
  if (strategy !== "in-place" || acceptFailedPulls) return [];
  return [
    {
      path: [...at, "strategy"],
      problem:
        "lets pulls fail at each rotation, from the refresh until all targets are served, and nobody has said that they may",
      mend: "write acceptFailedPulls: true beside it, or strategy: alternating",
    },
  ];
}

function checkPermissions(at: readonly PathSegment[], { robot }: CredentialConfig): readonly Finding[] {
  const findings: Finding[] = [];
  const list = [...at, "robot", "permissions"];
  if (robot.level === "project" && robot.permissions.length !== 1) {
    findings.push({
      path: list,
      problem: "has several entries, which Harbor refuses for a robot of level project",
      mend: "keep one project, or write level: system",
    });
  }
  robot.permissions.forEach((permission, index) => {
    const path = [...list, index, "namespace"];
    if (permission.kind === "system" && permission.namespace !== "/") {
      findings.push({ path, problem: "is not / although the kind is system", mend: "write namespace: /" });
    }
    if (permission.kind === "project" && permission.namespace === "/") {
      findings.push({
        path,
        problem: "is / although the kind is project",
        mend: "write a project's name, or kind: system",
      });
    }
    if (robot.level === "project" && (permission.kind === "system" || permission.namespace === "*")) {
      findings.push({
        path,
        problem: "reaches further than one project, which Harbor refuses for a robot of level project",
        mend: "write one project's name, or level: system",
      });
    }
    const seen = robot.permissions.findIndex(
      (other) => other.kind === permission.kind && other.namespace === permission.namespace,
    );
    if (seen !== index) {
      findings.push({ path, problem: "stands here twice", mend: "put all access of one namespace into one entry" });
    }
  });
  return findings;
}

function checkProof(at: readonly PathSegment[], { robot, proof }: CredentialConfig): readonly Finding[] {
  const project = proof.repository.split("/")[0] ?? "";
  const granted = robot.permissions.some(
    (permission) =>
      permission.kind === "project" &&
      (permission.namespace === "*" || permission.namespace === project) &&
      permission.access.some(({ resource, action }) => resource === "repository" && action === proof.action),
  );
  if (granted) return [];
  return [
    {
      path: [...at, "proof"],
      problem: `could never succeed: the robot has no right to ${proof.action} in that project`,
      mend: `choose a repository of a project of robot.permissions, or grant {resource: repository, action: ${proof.action}} there`,
    },
  ];
}
