import { decodeValue } from "../../core/engine/value.ts";
import { Secret } from "../../core/secret.ts";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import type { CliFleet } from "../scenarios/cli-fleet.ts";

const storeName = "capstan-platform-pull";

/** What a fleet at rest must not be, in words; empty: one robot, all three stores with it under one epoch, every namespace with it. */
export function notClean(fleet: CliFleet): readonly string[] {
  const { clusters } = fleet.sandbox;
  const found: string[] = [];
  const [robot = "none", ...orphans] = fleet.robots();
  if (orphans.length > 0) found.push(`${orphans.length + 1} robots are left at Harbor`);

  const stores = inStores(fleet);
  for (const { store, username } of stores)
    if (username !== robot) found.push(`the store of ${store} holds ${username}, Harbor has ${robot}`);
  if (new Set(stores.map(({ epoch }) => epoch)).size !== 1)
    found.push(`the stores are at epochs ${stores.map(({ epoch }) => epoch).join(", ")}`);

  for (const cluster of clusters) {
    const held = cluster.secrets().filter((secret) => secret.name === pullSecretName);
    if (held.length === 0) found.push(`${cluster.name} holds no pull Secret`);
    for (const { namespace, data } of held)
      if (!data[".dockerconfigjson"]?.includes(JSON.stringify(robot)))
        found.push(`${cluster.name}/${namespace} does not hold ${robot}`);
  }
  return found;
}

/** The versions that readers get, of each store; two current ones at AWS are two rows. */
function inStores({ sandbox }: CliFleet) {
  const { aws, azure, gcp } = sandbox;
  const inAws = aws.secret(storeName)?.filter(({ stages }) => stages.includes("AWSCURRENT")) ?? [];
  const inGcp = gcp.secret(storeName);
  const values = [
    ...(inAws.length === 0 ? [["aws", undefined]] : inAws.map(({ value }) => ["aws", value])),
    ["azure", azure.secret(storeName)?.at(-1)?.value],
    ["gcp", inGcp?.versions.find(({ number }) => number === inGcp.aliases["current"])?.value],
  ] as const;
  return values.map(([store, text]) => {
    const decoded = decodeValue(new Secret(text ?? ""));
    const value = decoded.is === "ours" ? decoded.value : null;
    return { store, username: value?.login.username ?? decoded.is, epoch: value?.epoch ?? null };
  });
}
