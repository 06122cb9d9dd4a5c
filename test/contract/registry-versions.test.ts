import { sandboxRegistry } from "./registry-sandbox.ts";
import { registryContract } from "./registry-suite.ts";

const noRobotIssuers = "up to 2.11 no robot can hold rights over robots: the issuer is a person";
const upTo211 = {
  "a robot with least rights mints, lists, reads and removes": noRobotIssuers,
  "an issuer hands out nothing that it does not hold": noRobotIssuers,
  "refresh and renew of an absent robot are not found, by a robot they are denied for the missing right":
    noRobotIssuers,
};

/** Version → what it cannot keep of the contract. 2.15.2 itself is in registry.test.ts. */
const versions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "v2.10.3": upTo211,
  "v2.11.2": upTo211,
  "v2.12.0": {
    "a robot with least rights mints, lists, reads and removes":
      "2.12.0 does not let rights on all projects (*) cover a named project",
  },
  "v2.12.4": {},
  "v2.13.5": {},
  "v2.14.0": {},
  "v2.14.1": {},
  "v2.15.0": {},
  "v2.16.0": {},
};

for (const [version, skips] of Object.entries(versions)) {
  registryContract(`Harbor driver against the sandbox as ${version}`, () => sandboxRegistry(version), skips);
}
