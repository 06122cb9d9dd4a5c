import type { FuzzProperty } from "./property.ts";
import { openAws } from "./worlds/aws.ts";
import { openAzure } from "./worlds/azure.ts";
import { openGcp } from "./worlds/gcp.ts";
import { openHarbor } from "./worlds/harbor.ts";
import { openKubernetes } from "./worlds/kubernetes.ts";
import { portProperty } from "./worlds/world.ts";

/** All that is fuzzed, cheap ones first. */
export const properties: readonly FuzzProperty[] = [
  portProperty("Harbor's replies", openHarbor),
  portProperty("Kubernetes' replies", openKubernetes),
  portProperty("AWS' replies", openAws),
  portProperty("Azure's replies", openAzure),
  portProperty("Google Cloud's replies", openGcp),
];
